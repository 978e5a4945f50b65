// `entrain verify` must see what an honest run never shows. The sampler is wrapped at link time and tells a
// lie, one bit in one sample of one combination; verify must stop there, name it, and answer 3.
#include "tests/command_check.h"

#include <signal.h>

#include "entrain/swarm.h"
#include "sims/interrupt.h"

entrain_status __real_entrain_swarm_sample(entrain_swarm *swarm, entrain_phase_sample *sample_out);
entrain_status __wrap_entrain_swarm_sample(entrain_swarm *swarm, entrain_phase_sample *sample_out);

entrain_status __real_entrain_engine_advance(entrain_engine *engine, uint64_t ticks,
                                             entrain_error *error_out);
entrain_status __wrap_entrain_engine_advance(entrain_engine *engine, uint64_t ticks,
                                             entrain_error *error_out);

// LIE_CTRL_C is none: a signal one tick after a sample.
typedef enum lie { LIE_NONE, LIE_FINGERPRINT, LIE_WINDING, LIE_FAILURE, LIE_CTRL_C } lie;
static lie told;

static bool chosen(entrain_engine *engine) { // where `shared` runs on 3 workers
    const entrain_scheduler *scheduler = entrain_engine_scheduler(engine);
    return entrain_scheduler_worker_count(scheduler) == 3 &&
           strcmp(entrain_scheduler_policy(scheduler), "shared") == 0;
}

entrain_status __wrap_entrain_engine_advance(entrain_engine *engine, uint64_t ticks,
                                             entrain_error *error_out) {
    if (told != LIE_CTRL_C || !chosen(engine))
        return __real_entrain_engine_advance(engine, ticks, error_out);
    entrain_status status = __real_entrain_engine_advance(engine, 1, error_out);
    if (status == ENTRAIN_OK)
        raise(SIGINT);
    return status == ENTRAIN_OK ? __real_entrain_engine_advance(engine, 1, error_out) : status;
}

// At tick 20.
entrain_status __wrap_entrain_swarm_sample(entrain_swarm *swarm, entrain_phase_sample *sample_out) {
    entrain_status status = __real_entrain_swarm_sample(swarm, sample_out);
    if (status != ENTRAIN_OK || sample_out->tick != 20 || !chosen(entrain_swarm_engine(swarm)))
        return status;
    if (told == LIE_FINGERPRINT)
        sample_out->fingerprint ^= 1;
    if (told == LIE_WINDING)
        sample_out->winding = -sample_out->winding - 1;
    return told == LIE_FAILURE ? ENTRAIN_SYSTEM : status;
}

static char path[] = "/tmp/entrain-verify-XXXXXX.json";

static int set_up(void **state) {
    (void)state;
    int fd = mkstemps(path, 5);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    if (to == NULL)
        return -1;
    fputs("{\"swarm\": {\"size\": 40, \"topology\": {\"kind\": \"ring\"}}, \"time\": {\"step\": 0.01, "
          "\"duration\": 0.4},"
          " \"record\": {\"every\": 0.1}}",
          to);
    return fclose(to);
}

static int tear_down(void **state) {
    (void)state;
    return unlink(path);
}

// Runs verify with stdout and stderr in @p said_out; returns its exit code.
static int verify(lie what, char *said_out, size_t size) {
    char program[] = "entrain", name[] = "verify", *words[] = {program, name, path};
    told = what;
    return run_command(3, words, said_out, size);
}

static void expect(lie what, int code, const char *const *words) {
    static char said[16384];
    int got = verify(what, said, sizeof said);
    if (got != code)
        fail_msg("exit code %d, not %d; it said:\n%s", got, code, said);
    for (; *words != NULL; words++)
        if (strstr(said, *words) == NULL)
            fail_msg("it does not say \"%s\":\n%s", *words, said);
}

static void test_honest(void **state) {
    (void)state;
    expect(LIE_NONE, EXIT_DONE, (const char *const[]){"runs agree", NULL});
}

static void test_fingerprint_differs(void **state) {
    (void)state;
    expect(LIE_FINGERPRINT, EXIT_MISMATCH,
           (const char *const[]){"policy shared, 3 workers, transport mailbox",
                                 "tick 20 differs in fingerprint", "DIFF", "MISMATCH", NULL});
}

// A measure may differ although the state does not: that is a mismatch too.
static void test_measure_differs(void **state) {
    (void)state;
    expect(LIE_WINDING, EXIT_MISMATCH, (const char *const[]){"tick 20 differs in winding", NULL});
}

static void test_run_fails(void **state) {
    (void)state;
    expect(LIE_FAILURE, EXIT_FAILED, (const char *const[]){"could not be measured", "Not finished", NULL});
}

// The state between two samples, where it was stopped, is nothing to compare. Last: a signal stays requested.
static void test_interrupted(void **state) {
    (void)state;
    uint32_t before = 0; // each policy before `shared` has a row: four numbers of workers, two transports
    while (strcmp(entrain_policy_at(before)->name, "shared") != 0)
        before++;
    char finished[40];
    snprintf(finished, sizeof finished, "Not finished: %u of", before * 8 + 2);
    interrupt_install();
    expect(LIE_CTRL_C, EXIT_INTERRUPTED, (const char *const[]){finished, "all of them agree", NULL});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),          cmocka_unit_test(test_fingerprint_differs),
        cmocka_unit_test(test_measure_differs), cmocka_unit_test(test_run_fails),
        cmocka_unit_test(test_interrupted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
