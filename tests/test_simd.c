// Which vector level is used: the processor's, the environment's, the caller's; and what is refused.
#include "check.h"

#include "engine/base/simd.h"

static entrain_simd widest_here(void) {
    int level = ENTRAIN_SIMD_AVX512;
    while (!entrain_simd_available((entrain_simd)level))
        level--;
    return (entrain_simd)level;
}

static void levels_have_names_and_sse2_is_everywhere(void **state) {
    (void)state;
    assert_string_equal(entrain_simd_name(ENTRAIN_SIMD_AUTO), "auto");
    assert_string_equal(entrain_simd_name(ENTRAIN_SIMD_SSE2), "sse2");
    assert_string_equal(entrain_simd_name(ENTRAIN_SIMD_AVX2), "avx2");
    assert_string_equal(entrain_simd_name(ENTRAIN_SIMD_AVX512), "avx512");
    assert_string_equal(entrain_simd_name((entrain_simd)17), "?");
    assert_true(entrain_simd_available(ENTRAIN_SIMD_AUTO) && entrain_simd_available(ENTRAIN_SIMD_SSE2));
    assert_false(entrain_simd_available((entrain_simd)17));
}

static void auto_takes_the_environments_word_and_else_the_widest(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_simd level = ENTRAIN_SIMD_AUTO;
    unsetenv("ENTRAIN_SIMD");
    CHECK_OK(entrain__simd_resolve(ENTRAIN_SIMD_AUTO, &level, &error), error);
    assert_int_equal(level, widest_here());
    const char *const words[] = {"", "auto"};
    for (int i = 0; i < 2; i++) {
        setenv("ENTRAIN_SIMD", words[i], 1);
        level = ENTRAIN_SIMD_AUTO;
        CHECK_OK(entrain__simd_resolve(ENTRAIN_SIMD_AUTO, &level, &error), error);
        assert_int_equal(level, widest_here());
    }
    for (int wanted = ENTRAIN_SIMD_SSE2; wanted <= (int)widest_here(); wanted++) {
        setenv("ENTRAIN_SIMD", entrain_simd_name((entrain_simd)wanted), 1);
        CHECK_OK(entrain__simd_resolve(ENTRAIN_SIMD_AUTO, &level, &error), error);
        assert_int_equal(level, wanted);
    }
    // A caller that names a level has the last word.
    setenv("ENTRAIN_SIMD", "nonsense", 1);
    for (int wanted = ENTRAIN_SIMD_SSE2; wanted <= (int)widest_here(); wanted++) {
        CHECK_OK(entrain__simd_resolve((entrain_simd)wanted, &level, &error), error);
        assert_int_equal(level, wanted);
    }
    unsetenv("ENTRAIN_SIMD");
}

static void what_cannot_be_is_refused_with_a_sentence(void **state) {
    (void)state;
    entrain_error error = {0};
    entrain_simd level = ENTRAIN_SIMD_SSE2;
    setenv("ENTRAIN_SIMD", "avx512f", 1);
    CHECK_REFUSED(entrain__simd_resolve(ENTRAIN_SIMD_AUTO, &level, &error), ENTRAIN_UNKNOWN, error,
                  "ENTRAIN_SIMD is \"avx512f\" (did you mean \"avx512\"?): set it to sse2, avx2 or avx512");
    setenv("ENTRAIN_SIMD", "quick", 1);
    CHECK_REFUSED(entrain__simd_resolve(ENTRAIN_SIMD_AUTO, &level, &error), ENTRAIN_UNKNOWN, error,
                  "ENTRAIN_SIMD is \"quick\": set it");
    CHECK_REFUSED(entrain__simd_resolve((entrain_simd)4, &level, &error), ENTRAIN_INVALID, error,
                  "level 4 is none");
    unsetenv("ENTRAIN_SIMD");
    for (int wanted = (int)widest_here() + 1; wanted <= ENTRAIN_SIMD_AVX512; wanted++)
        CHECK_REFUSED(entrain__simd_resolve((entrain_simd)wanted, &level, &error), ENTRAIN_UNSUPPORTED, error,
                      "this processor cannot run");
    assert_int_equal(level, ENTRAIN_SIMD_SSE2); // written only on success
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_have_names_and_sse2_is_everywhere),
        cmocka_unit_test(auto_takes_the_environments_word_and_else_the_widest),
        cmocka_unit_test(what_cannot_be_is_refused_with_a_sentence),
    };
    printf("widest level here: %s\n", entrain_simd_name(widest_here()));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
