// Workload: what patterns bring, how it travels, the breaker's table, what is refused. The gateway against
// one list is test_gateway.c; swarms are test_workload_swarm.c.
#include "check.h"

#include <math.h>

#include "actors/work.h"
#include "entrain/agent.h"
#include "entrain/engine.h"
#include "entrain/swarm.h"

// --- A swarm of bare workloads: phases turn uniformly, once in `turn` ticks, or never

typedef struct bare {
    entrain_engine *engine;
    entrain_population *population;
    entrain_workload *workload;
    entrain_error error;
    uint32_t turn;
    double busy_sum;
} bare;

static void bare_start(const entrain_range *range) {
    bare *all = range->context;
    entrain__work_start(all->workload, range, range->columns[ENTRAIN_AGENT_WORK]);
}

static void bare_step(const entrain_range *range, uint32_t stage) {
    (void)stage;
    bare *all = range->context;
    char *work = range->columns[ENTRAIN_AGENT_WORK];
    float *busy = range->columns[0];
    entrain__work_generate(all->workload, range, work, busy);
    for (uint32_t k = 0; k < range->count; k++)
        if (all->turn > 0 && (range->tick + range->indices[k]) % all->turn == 0)
            entrain__work_hand_over(all->workload, range, k,
                                    work + (size_t)k * entrain__work_bytes(all->workload));
}

static void bare_open(bare *all, const entrain_workload_config *config, uint32_t count, uint32_t turn,
                      uint64_t seed) {
    *all = (bare){.turn = turn};
    entrain_engine_config engine = entrain_engine_config_defaults();
    engine.scheduler.worker_count = 1;
    CHECK_OK(entrain_engine_create(&engine, &all->engine, &all->error), all->error);
    CHECK_OK(entrain_workload_create(config, seed, &all->workload, &all->error), all->error);
    entrain_column columns[ENTRAIN_AGENT_WORK + 1];
    for (uint32_t c = 0; c < ENTRAIN_AGENT_WORK; c++)
        columns[c] = (entrain_column){.name = "none", .bytes = 4};
    columns[ENTRAIN_AGENT_WORK] =
        (entrain_column){.name = "work", .bytes = entrain__work_bytes(all->workload), .fingerprint = true};
    const entrain_behavior behavior = {.name = "bare",
                                       .columns = columns,
                                       .column_count = ENTRAIN_AGENT_WORK + 1,
                                       .exchanges = 1,
                                       .step_sends_max = entrain__work_sends_max(all->workload),
                                       .start = bare_start,
                                       .step = bare_step};
    CHECK_OK(entrain_engine_add(all->engine, &behavior, all, count, &all->population, &all->error),
             all->error);
    CHECK_OK(entrain_workload_connect(all->workload, all->engine, all->population, &all->error), all->error);
    CHECK_OK(entrain_engine_start(all->engine, &all->error), all->error);
}

static void bare_close(bare *all) {
    entrain_engine_destroy(all->engine);
    entrain_workload_destroy(all->workload);
}

static const entrain__work_head *head_of(const bare *all, uint32_t index) {
    return entrain_population_at(all->population, index, ENTRAIN_AGENT_WORK);
}

static void bare_advance(bare *all, uint64_t ticks) {
    CHECK_OK(entrain_engine_advance(all->engine, ticks, &all->error), all->error);
}

static entrain_workload_totals bare_measure(bare *all) {
    entrain_workload_totals totals;
    CHECK_OK(entrain_workload_measure(all->workload, &totals), all->error);
    CHECK_OK(entrain_workload_check(&totals, &all->error), all->error);
    return totals;
}

// --- Patterns

// Requests made by each since `before`; their mean against the rate, within four standard errors as measured.
static void check_rate(bare *all, uint32_t count, const uint64_t *before, double seconds, double rate) {
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < count; i++) {
        const double made = (double)(head_of(all, i)->generated - before[i]);
        sum += made;
        squares += made * made;
    }
    const double mean = sum / count, error = sqrt(fmax(squares / count - mean * mean, 0) / count);
    CHECK_NEAR(mean, rate * seconds, 4 * error + 1e-9 * seconds);
    if (rate > 1 && seconds > 1)
        assert_true(4 * error < 0.1 * mean); // that it says something
}

static void test_rates(void **state) {
    (void)state;
    enum { COUNT = 1000, TICKS = 1500 };
    static uint64_t before[COUNT];
    for (int pattern = 0; pattern < ENTRAIN_PATTERN_COUNT; pattern++) {
        entrain_workload_config config = entrain_workload_config_defaults();
        config.pattern = (entrain_pattern)pattern;
        bare all;
        bare_open(&all, &config, COUNT, 0, 7 + (uint64_t)pattern);
        memset(before, 0, sizeof before);
        bare_advance(&all, 100); // from the first second on: nothing has to settle
        check_rate(&all, COUNT, before, 1, entrain_pattern_rate(config.pattern));
        bare_advance(&all, TICKS - 100);
        check_rate(&all, COUNT, before, TICKS * 0.01, entrain_pattern_rate(config.pattern));
        double busy = 0; // its mean is a quarter, where nothing is cut
        for (uint32_t i = 0; i < COUNT; i++)
            busy += head_of(&all, i)->busy / COUNT;
        CHECK_NEAR(busy, 0.25, config.pattern == ENTRAIN_PATTERN_SPARSE ? 0.12 : 0.03);
        // Three times the load, from the very next tick; and none.
        for (uint32_t i = 0; i < COUNT; i++)
            before[i] = head_of(&all, i)->generated;
        config.load = 3;
        CHECK_OK(entrain_workload_change(all.workload, &config, &all.error), all.error);
        bare_advance(&all, TICKS / 3);
        check_rate(&all, COUNT, before, TICKS / 3 * 0.01, 3 * entrain_pattern_rate(config.pattern));
        config.load = 0;
        CHECK_OK(entrain_workload_change(all.workload, &config, &all.error), all.error);
        for (uint32_t i = 0; i < COUNT; i++)
            before[i] = head_of(&all, i)->generated;
        bare_advance(&all, 100);
        check_rate(&all, COUNT, before, 1, 0);
        bare_close(&all);
    }
}

// What the first requests of a queue look like: events, and how many at once. Nobody hands over.
static void test_shapes(void **state) {
    (void)state;
    static const struct {
        uint32_t least, most;     // ticks between two events
        uint32_t fewest, longest; // requests at once
    } shapes[ENTRAIN_PATTERN_COUNT] = {
        {5, 10, 2, 4}, {10, 10, 3, 7}, {50, 50, 1, 1}, {20, 100, 1, 3}, {200, 400, 1, 1}};
    static const uint64_t ticks[ENTRAIN_PATTERN_COUNT] = {75, 85, 600, 600, 8000}; // no queue is full
    for (int pattern = 0; pattern < ENTRAIN_PATTERN_COUNT; pattern++) {
        entrain_workload_config config = entrain_workload_config_defaults();
        config.pattern = (entrain_pattern)pattern;
        bare all;
        bare_open(&all, &config, 40, 0, 3);
        bare_advance(&all, ticks[pattern]);
        uint32_t fewest = UINT32_MAX, longest = 0, least = UINT32_MAX;
        for (uint32_t i = 0; i < 40; i++) {
            const entrain__work_head *its = head_of(&all, i);
            const uint32_t *queue = entrain__work_queue((entrain__work_head *)(uintptr_t)its);
            assert_int_equal(its->generated, its->shed + its->held);
            for (uint32_t r = 0; r < its->held;) {
                uint32_t at_once = 1;
                while (r + at_once < its->held && queue[r + at_once] == queue[r])
                    at_once++;
                const bool whole = r + at_once < ENTRAIN__WORK_QUEUE_MAX; // not cut by the queue's end
                if (whole) {
                    fewest = at_once < fewest ? at_once : fewest;
                    longest = at_once > longest ? at_once : longest;
                }
                if (r + at_once < its->held) {
                    const uint32_t gap = queue[r + at_once] - queue[r];
                    least = gap < least ? gap : least;
                    // Events that bring nothing lie between: gaps add up, and a tick rounds.
                    const uint32_t n = (gap + shapes[pattern].most) / shapes[pattern].most;
                    assert_true(gap + n >= shapes[pattern].least);
                    if (pattern == ENTRAIN_PATTERN_HIGH_FREQUENCY)
                        assert_true(gap <= shapes[pattern].most);
                    if (pattern == ENTRAIN_PATTERN_STEADY)
                        assert_int_equal(gap, 50);
                }
                r += at_once;
            }
        }
        assert_int_equal(fewest, shapes[pattern].fewest);
        assert_int_equal(longest, shapes[pattern].longest);
        assert_true(least <= shapes[pattern].least * 3 / 2);
        bare_close(&all);
    }
}

// A new pattern is everybody's within one of its own gaps.
static void test_repattern(void **state) {
    (void)state;
    entrain_workload_config config = entrain_workload_config_defaults();
    config.pattern = ENTRAIN_PATTERN_SPARSE;
    bare all;
    bare_open(&all, &config, 200, 0, 5);
    bare_advance(&all, 100);
    uint64_t before[200];
    for (uint32_t i = 0; i < 200; i++)
        before[i] = head_of(&all, i)->generated;
    config.pattern = ENTRAIN_PATTERN_HIGH_FREQUENCY;
    CHECK_OK(entrain_workload_change(all.workload, &config, &all.error), all.error);
    bare_advance(&all, 10);
    for (uint32_t i = 0; i < 200; i++)
        assert_true(head_of(&all, i)->generated > before[i]);
    config.queue = 3;
    CHECK_REFUSED(entrain_workload_change(all.workload, &config, &all.error), ENTRAIN_INVALID, all.error,
                  "queue cannot change");
    bare_close(&all);
}

// --- Messages

static void check_pack(const uint32_t *ticks, uint32_t count, uint32_t now, uint32_t late) {
    for (uint32_t done = 0; done < count;) {
        entrain_message message = {.kind = ENTRAIN__WORK_REQUESTS};
        uint64_t out[ENTRAIN__WORK_QUEUE_MAX];
        const uint32_t taken =
            entrain__work_pack(ticks + done, count - done, now, &message.flags, message.payload);
        assert_true(taken >= 1 && (taken >= 8 || taken == count - done));
        assert_int_equal(entrain__work_packed(message.flags), taken);
        const uint64_t there = UINT64_C(0x300000000) + now + late; // ticks in full
        assert_int_equal(entrain__work_unpack(&message, there, out), taken);
        for (uint32_t k = 0; k < taken; k++) {
            const uint32_t age = now - ticks[done + k];
            const uint32_t told = age < ENTRAIN__WORK_AGE_MAX ? age : ENTRAIN__WORK_AGE_MAX;
            assert_int_equal(there - out[k], (uint64_t)told + late);
        }
        bool near = true;
        for (uint32_t k = 1; k < 15 && done + k < count; k++)
            near = near && ticks[done + k] - ticks[done + k - 1] < 256 &&
                   now - ticks[done] <= ENTRAIN__WORK_AGE_MAX;
        assert_true(!near || taken >= 15 || taken == count - done);
        done += taken;
    }
}

static void test_pack(void **state) {
    (void)state;
    const entrain_random key = entrain_random_key(11, ENTRAIN_STREAM_USER);
    for (uint32_t round = 0; round < 20000; round++) {
        uint32_t ticks[ENTRAIN__WORK_QUEUE_MAX];
        const uint32_t count = 1 + (uint32_t)entrain_random_below(key, 64, round, 0, 0);
        const uint32_t scale = 1u << entrain_random_below(key, 17, round, 0, 1);
        // Ticks' low halves run over in some.
        const uint32_t now = (uint32_t)entrain_random_draw(key, round, 0, 2).bits[0];
        uint32_t tick = now;
        for (uint32_t k = count; k-- > 0;) {
            ticks[k] = tick;
            tick -= (uint32_t)entrain_random_below(key, (round & 1) != 0 ? scale : 2, round, k, 3) *
                    ((round & 2) != 0 ? 7u : 1u);
        }
        // Less than 2^21 ticks after the oldest that is told.
        check_pack(ticks, count, now, (uint32_t)entrain_random_below(key, 2000000, round, 0, 4));
    }
    uint32_t same[ENTRAIN__WORK_QUEUE_MAX] = {0};
    uint16_t flags;
    entrain_payload payload[2];
    assert_int_equal(entrain__work_pack(same, 64, 5, &flags, payload), 64);
}

// --- The breaker's table

static void test_breaker(void **state) {
    (void)state;
    enum { C = ENTRAIN_BREAKER_CLOSED, O = ENTRAIN_BREAKER_OPEN, H = ENTRAIN_BREAKER_HALF_OPEN };
    enum {
        S = ENTRAIN__BREAKER_SUCCESS,
        F = ENTRAIN__BREAKER_FAILURE,
        L = ENTRAIN__BREAKER_LIMITED,
        R = ENTRAIN__BREAKER_RESTED
    };
    static const struct {
        int from;
        uint32_t failures;
        int event, to;
        uint32_t left;
        bool opens;
    } rows[] = {
        {C, 0, S, C, 0, false}, {C, 2, S, C, 0, false}, {C, 0, F, C, 1, false}, {C, 2, F, O, 0, true},
        {C, 2, L, C, 2, false}, {C, 1, R, C, 1, false}, {O, 0, S, O, 0, false}, {O, 0, F, O, 0, false},
        {O, 0, L, O, 0, false}, {O, 0, R, H, 0, false}, {H, 0, S, C, 0, false}, {H, 0, F, O, 0, true},
        {H, 0, L, H, 0, false}, {H, 0, R, H, 0, false},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        entrain__breaker breaker = {(entrain_breaker)rows[r].from, rows[r].failures};
        assert_int_equal(entrain__breaker_tell(&breaker, (entrain__breaker_event)rows[r].event, 3),
                         rows[r].opens);
        assert_int_equal(breaker.state, rows[r].to);
        assert_int_equal(breaker.failures, rows[r].left);
    }
    assert_string_equal(entrain_breaker_name(ENTRAIN_BREAKER_HALF_OPEN), "half-open");
    assert_null(entrain_breaker_name(ENTRAIN_BREAKER_COUNT));
}

static void test_sizes(void **state) {
    (void)state;
    uint32_t before = 0;
    for (uint64_t size = 1; size < UINT64_C(1) << 40; size += 1 + size / 100) {
        const uint32_t bin = entrain__size_bin(size);
        assert_true(bin >= before && bin < ENTRAIN__SIZE_BINS);
        const uint64_t most = entrain__size_of_bin(bin);
        assert_true(most >= size && most - size <= size / 64);
        assert_true(bin == 0 || entrain__size_of_bin(bin - 1) < size);
        before = bin;
    }
}

// --- What is refused

static void test_refused(void **state) {
    (void)state;
    entrain_error error;
    entrain_workload *workload;
#define REFUSED(change, words)                                                                               \
    do {                                                                                                     \
        entrain_workload_config config = entrain_workload_config_defaults();                                 \
        change;                                                                                              \
        CHECK_REFUSED(entrain_workload_create(&config, 1, &workload, &error), ENTRAIN_INVALID, error,        \
                      words);                                                                                \
    } while (0)
    REFUSED(config.pattern = ENTRAIN_PATTERN_COUNT, "pattern 5");
    REFUSED(config.load = -1, "load is -1");
    REFUSED(config.load = NAN, "load is nan");
    REFUSED(config.queue = 65, "queue is 65; it must be at least 1 and at most 64");
    REFUSED(config.queue = 0, "queue is 0");
    REFUSED(config.calls_max = 65, "calls_max is 65");
    REFUSED(config.failure = 1.5, "failure is 1.5");
    REFUSED(config.silence = -0.5, "silence");
    REFUSED(config.timeout_s = 0, "timeout_s is 0; it must be above 0");
    REFUSED(config.breaker_limit = 0, "breaker_limit is 0");
    REFUSED(config.latency_s = 0.01, "latency_spread_s is 0.02, more than latency_s");
    REFUSED(config.window_s = INFINITY, "window_s is inf");
    for (int p = 0; p < ENTRAIN_PATTERN_COUNT; p++)
        assert_true(entrain_pattern_name((entrain_pattern)p) != NULL &&
                    entrain_pattern_summary((entrain_pattern)p) != NULL);
    assert_null(entrain_pattern_name(ENTRAIN_PATTERN_COUNT));
}

// --- A day in the life: full queues, windows, waits

static void test_waits(void **state) {
    (void)state;
    entrain_workload_config config = entrain_workload_config_defaults();
    config.pattern = ENTRAIN_PATTERN_STEADY;
    config.failure = 0;
    config.latency_s = 0.05;
    config.latency_spread_s = 0;
    bare all;
    bare_open(&all, &config, 100, 50, 1); // each hands over every half second, evenly: two a tick
    bare_advance(&all, 1000);
    const entrain_workload_totals totals = bare_measure(&all);
    assert_int_equal(totals.shed, 0);
    assert_int_equal(totals.generated, 2000);
    // A window of ten ticks is over before the mail of the tenth after: 20 requests.
    assert_true(totals.batch_max == 20 && totals.batch_p95 == 20 && totals.calls_failed == 0);
    assert_true(totals.calls * 20 >= totals.delivered && totals.calls <= 100);
    // In the queue for up to 50 ticks, in the window for up to 10, one to the service, 5 there, and one for
    // each message: at least what the latency takes, at most all of it.
    assert_true(totals.wait_max_s <= 0.50 + 0.10 + 0.05 + 0.03 && totals.wait_p50_s >= 0.05);
    CHECK_NEAR(totals.wait_mean_s, 0.245 + 0.05 + 0.07, 0.03);
    CHECK_NEAR(totals.cost, (double)totals.calls + 0.01 * (double)totals.delivered, 1e-6);
    bare_close(&all);
    // No phase comes round: a full queue is handed over before anything is shed, and what comes faster is.
    config.pattern = ENTRAIN_PATTERN_HIGH_FREQUENCY;
    config.queue = 10;
    bare_open(&all, &config, 10, 0, 1);
    bare_advance(&all, 300);
    const entrain_workload_totals full = bare_measure(&all);
    assert_true(full.shed == 0 && full.queued_agents <= 100 && full.delivered > full.generated / 2);
    bare_close(&all);
    config.queue = 1;
    config.load = 5;
    bare_open(&all, &config, 10, 0, 1);
    bare_advance(&all, 300);
    const entrain_workload_totals faster = bare_measure(&all);
    assert_true(faster.shed_queue == faster.shed && faster.shed > faster.generated / 3);
    bare_close(&all);
}

// --- Memory

static entrain_status try_all(const entrain_workload_config *config) {
    entrain_error error;
    entrain_swarm *swarm = NULL;
    entrain_swarm_config wanted = entrain_swarm_config_defaults();
    wanted.kind = ENTRAIN_SWARM_AGENTS;
    wanted.size = 20;
    wanted.has_workload = true;
    wanted.workload = *config;
    wanted.engine.scheduler.worker_count = 1;
    entrain_status status = entrain_swarm_create(&wanted, &swarm, &error);
    if (status == ENTRAIN_OK)
        status = entrain_swarm_advance(swarm, 3, &error);
    entrain_workload_totals totals;
    if (status == ENTRAIN_OK)
        status = entrain_workload_measure(entrain_swarm_workload(swarm), &totals);
    entrain_swarm_destroy(swarm);
    return status;
}

// Any block may be missing: a status, and nothing is left behind. And while it runs, it takes none.
static void test_memory(void **state) {
    (void)state;
    const int64_t live = entrain__memory_live();
    const entrain_workload_config config = entrain_workload_config_defaults();
    entrain_status status;
    uint64_t n = 0;
    do {
        entrain__memory_fail_at(++n);
        status = try_all(&config);
        entrain__memory_fail_at(0);
        assert_true(status == ENTRAIN_OK || status == ENTRAIN_NO_MEMORY);
        assert_int_equal(entrain__memory_live(), live);
    } while (status != ENTRAIN_OK);
    assert_true(n > 30);
    bare all;
    bare_open(&all, &config, 50, 10, 1);
    bare_measure(&all); // takes the partials
    const uint64_t taken = entrain__memory_taken();
    bare_advance(&all, 300);
    assert_true(bare_measure(&all).delivered > 0);
    assert_int_equal(entrain__memory_taken(), taken);
    bare_close(&all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),   cmocka_unit_test(test_shapes),  cmocka_unit_test(test_repattern),
        cmocka_unit_test(test_pack),    cmocka_unit_test(test_breaker), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_waits),   cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
