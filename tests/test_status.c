// The status table and the sentences.
#include "check.h"

static void every_status_has_a_name_and_a_text(void **state) {
    (void)state;
    for (int status = 0; status < ENTRAIN_STATUS_COUNT; status++) {
        assert_true(strlen(entrain_status_name((entrain_status)status)) > 1);
        assert_true(strlen(entrain_status_text((entrain_status)status)) > 3);
    }
    assert_string_equal(entrain_status_name(ENTRAIN_NO_MEMORY), "NO_MEMORY");
    assert_string_equal(entrain_status_name((entrain_status)-1), "?");
    assert_string_equal(entrain_status_name(ENTRAIN_STATUS_COUNT), "?");
}

static void a_sentence_is_cut_not_overrun_and_may_quote_itself(void **state) {
    (void)state;
    entrain_error error = {0};
    assert_int_equal(entrain_error_set(&error, ENTRAIN_IO, "file %d", 7), ENTRAIN_IO);
    assert_string_equal(error.sentence, "file 7");
    assert_int_equal(entrain_error_set(&error, ENTRAIN_PARSE, "in that: %s", error.sentence), ENTRAIN_PARSE);
    assert_string_equal(error.sentence, "in that: file 7");
    char long_text[4096];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    entrain_error_set(&error, ENTRAIN_IO, "%s", long_text);
    assert_int_equal(strlen(error.sentence), sizeof error.sentence - 1);
    assert_int_equal(entrain_error_set(NULL, ENTRAIN_FULL, "nobody listens"), ENTRAIN_FULL);
}

static void the_nearest_word_is_found_and_a_far_one_is_not_suggested(void **state) {
    (void)state;
    const char *const words[] = {"coupling", "frequency", "degree", "size", NULL};
    assert_string_equal(entrain_nearest_word("cuopling", words), "coupling");
    assert_string_equal(entrain_nearest_word("frequncy", words), "frequency");
    assert_string_equal(entrain_nearest_word("sise", words), "size");
    assert_null(entrain_nearest_word("banana", words));
    assert_null(entrain_nearest_word("xy", words));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name_and_a_text),
        cmocka_unit_test(a_sentence_is_cut_not_overrun_and_may_quote_itself),
        cmocka_unit_test(the_nearest_word_is_found_and_a_far_one_is_not_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
