// Expressions: what they mean, how names are found, and what is refused with which sentence.
#include "check.h"

#include "sims/expression.h"

static const char *const names[] = {"swarm.size",          "model.coupling", "model.second.coupling",
                                    "swarm.topology.kind", "coherence",      NULL};
// Of two kinds: those before the empty name come first.
static const char *const tiers[] = {"model.coupling",        "replica",   "",
                                    "model.second.coupling", "time.step", NULL};

static bool truth(const char *text, const char *const *known) {
    expression *made = NULL;
    entrain_error error = {0};
    bool is = false;
    json_t *values = json_pack("{s:i, s:f, s:f, s:s, s:f, s:n}", "swarm.size", 200, "model.coupling", 1.5,
                               "model.second.coupling", -1.0, "swarm.topology.kind", "ring", "coherence",
                               0.75, "time.step");
    CHECK_OK(expression_make(text, "--only", known, &made, &error), error);
    CHECK_OK(expression_true(made, values, &is, &error), error);
    bool again = !is; // the same when asked again
    CHECK_OK(expression_true(made, values, &again, &error), error);
    assert_true(is == again);
    expression_free(made);
    json_decref(values);
    return is;
}

static void means_what_it_says(void **state) {
    (void)state;
    assert_true(truth("size > 100", names));
    assert_false(truth("size > 200", names));
    assert_true(truth("swarm.size >= 200 and model.coupling <= 1.5", names));
    assert_true(truth("model.coupling<1.6 and not(size<100)", names));
    assert_true(truth("kind == \"ring\"", names));
    assert_true(truth("topology.kind ~= 'size'", names));
    assert_true(truth("second.coupling < 0", names));
    assert_true(truth("size % 100 == 0 and coherence * 2 == 1.5e0", names));
    assert_true(truth("math.floor(coherence * 4) == 3", names));
    assert_true(truth("kind:sub(1, 2) == \"ri\"", names));
    assert_true(truth("size", names)); // whatever is not nil or false
    assert_false(truth("nil", names));
    assert_true(truth("coupling == 1.5", tiers)); // ambiguous among all, not among the first
    assert_true(truth("step == nil", tiers));
    assert_false(truth("0/0 == 0/0", names));
}

static void refuse(const char *text, entrain_status status, const char *words) {
    expression *made = NULL;
    entrain_error error = {0};
    CHECK_REFUSED(expression_make(text, "--only", names, &made, &error), status, error, words);
    assert_null(made);
}

static void refuses_with_a_sentence(void **state) {
    (void)state;
    refuse("siz > 2", ENTRAIN_UNKNOWN, "did you mean size?");
    refuse("swarm.sise > 2", ENTRAIN_UNKNOWN, "did you mean swarm.size?");
    refuse("coupling > 1", ENTRAIN_INVALID, "may be model.coupling or model.second.coupling");
    refuse("size = 200", ENTRAIN_PARSE, "write == to compare");
    refuse("size != 200", ENTRAIN_PARSE, "~=");
    refuse("size > 2 && size < 3", ENTRAIN_PARSE, "write and");
    refuse("size > 2 || size < 3", ENTRAIN_PARSE, "write or");
    refuse("  ", ENTRAIN_INVALID, "is empty");
    refuse("size >", ENTRAIN_PARSE, "--only \"size >\": it breaks off; write it as in");
    refuse("(size >)", ENTRAIN_PARSE, "unexpected symbol near ')'; write it as in");
    refuse("(size > 2", ENTRAIN_PARSE, "not closed");
    refuse("size > 2) or (true", ENTRAIN_PARSE, "one ) too many");
    refuse("kind == \"ring", ENTRAIN_PARSE, "add \" at its end");
    refuse("while true do end", ENTRAIN_INVALID, "statement");
    refuse("(function() return 1 end)()", ENTRAIN_INVALID, "statement");
    refuse("io.open('x')", ENTRAIN_UNKNOWN, "nothing called io.open");
    refuse("print(1)", ENTRAIN_UNKNOWN, "nothing called print");
    refuse("size > 1 -- and so on", ENTRAIN_PARSE, "comment");
}

// What is missing, and what never ends, is told and does not hang.
static void evaluation_can_fail(void **state) {
    (void)state;
    expression *made = NULL;
    entrain_error error = {0};
    bool is;
    json_t *values = json_pack("{s:i, s:n}", "swarm.size", 200, "coherence");
    CHECK_OK(expression_make("coherence > 0.5", "find", names, &made, &error), error);
    CHECK_REFUSED(expression_true(made, values, &is, &error), ENTRAIN_INVALID, error,
                  "find \"coherence > 0.5\": attempt to compare number with nil");
    expression_free(made);
    CHECK_OK(expression_make("(\"a\"):rep(1e9) == \"\"", "find", names, &made, &error), error);
    assert_int_not_equal(expression_true(made, values, &is, &error), ENTRAIN_OK);
    expression_free(made);
    json_decref(values);
    expression_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_what_it_says),
        cmocka_unit_test(refuses_with_a_sentence),
        cmocka_unit_test(evaluation_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
