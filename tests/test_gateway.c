// A gateway and its service against one list: every request by itself, every timer in one list, in random
// worlds. Arrivals come from outside, so that what agents do is no part of it.
#include "check.h"

#include <math.h>

#include "actors/work.h"
#include "entrain/agent.h"
#include "entrain/engine.h"

#define STEP_S 0.015625 // times add up without rounding

enum { TICKS = 900, REQUESTS_MAX = 20000, BATCHES_MAX = 4000, EVENTS_MAX = 20000, TELLS_MAX = 8 };

// --- The list

typedef struct request {
    uint64_t tick;
    uint32_t batch; // 0: pending
    bool done;
} request;

typedef struct heap_event {
    double time_s;
    uint64_t tick; // in which it comes
    uint16_t kind;
    uint32_t batch;
    uint64_t call;
    uint32_t outcome;
    bool gone;
} heap_event;

typedef struct naive_batch {
    uint64_t call; // the latest; under way: `calling`
    uint32_t tries;
    bool calling, due, done;
} naive_batch;

static struct {
    entrain_workload_config config;
    entrain_random service;
    request requests[REQUESTS_MAX];
    uint32_t request_count;
    naive_batch batches[BATCHES_MAX]; // from 1, by number
    uint32_t batch_count;
    heap_event events[EVENTS_MAX]; // in the order registered
    uint32_t event_count, event_first;
    struct {
        uint32_t batch;
        uint64_t call;
    } asked[128]; // calls of this tick, handled by the service in the next
    uint32_t asked_count;
    double tokens;
    uint64_t tokens_tick;
    entrain_breaker breaker;
    uint32_t failures;
    uint64_t trial;
    bool window, flushing;
    uint64_t now;
    uint64_t delivered, shed, calls, succeeded, failed, timed_out, limited, late, opened, wait_sum, wait_max;
    uint64_t open_ticks, batch_max;
} list;

static double whole_tick(double time_s) {
    const double ticks = time_s / STEP_S;
    return fabs(ticks - nearbyint(ticks)) <= 1e-6 ? nearbyint(ticks) * STEP_S : time_s;
}

static void later(double delay_s, uint16_t kind, uint32_t batch, uint64_t call, uint32_t outcome) {
    assert_true(list.event_count < EVENTS_MAX);
    const double time_s = whole_tick((double)list.now * STEP_S + delay_s);
    uint64_t tick = (uint64_t)ceil(time_s / STEP_S);
    tick = tick > list.now ? tick : list.now + 1;
    list.events[list.event_count++] = (heap_event){time_s, tick, kind, batch, call, outcome, false};
}

static uint32_t pending(void) {
    uint32_t count = 0;
    for (uint32_t r = 0; r < list.request_count; r++)
        count += list.requests[r].batch == 0;
    return count;
}

static uint32_t held(void) {
    uint32_t count = 0;
    for (uint32_t r = 0; r < list.request_count; r++)
        count += !list.requests[r].done;
    return count;
}

static uint32_t batches_made(void) {
    uint32_t count = 0;
    for (uint32_t b = 1; b <= list.batch_count; b++)
        count += !list.batches[b].done;
    return count;
}

static uint32_t make_batch(void) {
    const uint32_t number = ++list.batch_count,
                   most = list.config.batch_max > 0 ? list.config.batch_max : UINT32_MAX;
    assert_true(number < BATCHES_MAX);
    for (uint32_t taken = 0; taken < most; taken++) {
        uint32_t oldest = UINT32_MAX;
        for (uint32_t r = 0; r < list.request_count; r++)
            if (list.requests[r].batch == 0 &&
                (oldest == UINT32_MAX || list.requests[r].tick < list.requests[oldest].tick))
                oldest = r;
        if (oldest == UINT32_MAX)
            break;
        list.requests[oldest].batch = number;
    }
    if (pending() == 0)
        list.flushing = false;
    return number;
}

static uint32_t size_of(uint32_t batch) {
    uint32_t count = 0;
    for (uint32_t r = 0; r < list.request_count; r++)
        count += list.requests[r].batch == batch;
    return count;
}

static void go_on(void) {
    for (;;) {
        if (list.breaker == ENTRAIN_BREAKER_OPEN ||
            (list.breaker == ENTRAIN_BREAKER_HALF_OPEN && list.trial != 0))
            return;
        uint32_t batch = 1;
        while (batch <= list.batch_count && !list.batches[batch].due)
            batch++;
        if (batch > list.batch_count) {
            if (!list.flushing || batches_made() >= list.config.calls_max)
                return;
            batch = make_batch();
        }
        naive_batch *its = &list.batches[batch];
        its->due = false;
        its->calling = true;
        its->call = ++list.calls;
        list.batch_max = size_of(batch) > list.batch_max ? size_of(batch) : list.batch_max;
        if (list.breaker == ENTRAIN_BREAKER_HALF_OPEN)
            list.trial = its->call;
        list.asked[list.asked_count].batch = batch;
        list.asked[list.asked_count++].call = its->call;
        later(list.config.timeout_s, ENTRAIN__WORK_TIMEOUT, batch, its->call, 0);
    }
}

static void open_breaker(void) {
    list.breaker = ENTRAIN_BREAKER_OPEN;
    list.failures = 0;
    list.opened++;
    later(list.config.breaker_open_s, ENTRAIN__WORK_REST, 0, list.now, 0);
}

static void judge(uint64_t call, uint32_t outcome) {
    if (list.breaker == ENTRAIN_BREAKER_OPEN)
        return;
    if (list.breaker == ENTRAIN_BREAKER_HALF_OPEN) {
        if (call != list.trial)
            return;
        list.trial = 0;
        if (outcome == ENTRAIN__WORK_OK)
            list.breaker = ENTRAIN_BREAKER_CLOSED;
        else if (outcome == ENTRAIN__WORK_FAILED)
            open_breaker();
        return;
    }
    if (outcome == ENTRAIN__WORK_OK)
        list.failures = 0;
    else if (outcome == ENTRAIN__WORK_FAILED && ++list.failures >= list.config.breaker_limit)
        open_breaker();
}

static void come_to_nothing(uint32_t batch) {
    static const double rests[] = {0.1, 0.2, 0.4, 0.8, 1.6, 3.2};
    naive_batch *its = &list.batches[batch];
    its->calling = false;
    later(rests[its->tries < 5 ? its->tries : 5], ENTRAIN__WORK_RETRY, batch, its->call, 0);
    its->tries++;
}

static void answered(const heap_event *event) {
    naive_batch *its = &list.batches[event->batch];
    if (!its->calling || its->call != event->call) {
        list.late++;
        return;
    }
    for (uint32_t e = list.event_first; e < list.event_count; e++)
        if (list.events[e].kind == ENTRAIN__WORK_TIMEOUT && list.events[e].call == its->call)
            list.events[e].gone = true;
    if (event->outcome == ENTRAIN__WORK_OK) {
        list.succeeded++;
        its->calling = false;
        its->done = true;
        for (uint32_t r = 0; r < list.request_count; r++) {
            if (list.requests[r].batch != event->batch)
                continue;
            const uint64_t wait = list.now - list.requests[r].tick;
            list.requests[r].done = true;
            list.delivered++;
            list.wait_sum += wait;
            list.wait_max = wait > list.wait_max ? wait : list.wait_max;
        }
    } else {
        list.failed += event->outcome == ENTRAIN__WORK_FAILED;
        list.limited += event->outcome == ENTRAIN__WORK_LIMITED;
        come_to_nothing(event->batch);
    }
    judge(event->call, event->outcome);
}

static void own_event(const heap_event *event) {
    switch (event->kind) {
    case ENTRAIN__WORK_WINDOW:
        list.window = false;
        list.flushing = true;
        break;
    case ENTRAIN__WORK_TIMEOUT:
        list.timed_out++;
        come_to_nothing(event->batch);
        judge(event->call, ENTRAIN__WORK_FAILED);
        break;
    case ENTRAIN__WORK_RETRY:
        list.batches[event->batch].due = true;
        break;
    default:
        list.breaker = ENTRAIN_BREAKER_HALF_OPEN;
        list.trial = 0;
        list.open_ticks += list.now - event->call;
        break;
    }
    go_on();
}

// All of one tick's, own or the service's, by time, then as registered.
static void handle_events(bool own) {
    for (;;) {
        heap_event *next = NULL;
        for (uint32_t e = list.event_first; e < list.event_count; e++) {
            heap_event *its = &list.events[e];
            if (!its->gone && its->tick == list.now && (its->kind != ENTRAIN__WORK_ANSWER) == own &&
                (next == NULL || its->time_s < next->time_s))
                next = its;
        }
        if (next == NULL)
            return;
        next->gone = true;
        const heap_event event = *next;
        if (own) {
            own_event(&event);
        } else {
            answered(&event);
            go_on();
        }
    }
}

static void serve(uint32_t batch, uint64_t call) {
    const entrain_random_block drawn = entrain_random_draw(list.service, 0, call, 0);
    const double u = ((double)(drawn.bits[0] >> 12) + 0.5) / 4503599627370496.0;
    const double latency = list.config.latency_s + list.config.latency_spread_s * (2 * u - 1);
    const double size = fmax(list.config.rate, 1);
    list.tokens = fmin(size, list.tokens + (double)(list.now - list.tokens_tick) * STEP_S * list.config.rate);
    list.tokens_tick = list.now;
    uint32_t outcome = ENTRAIN__WORK_OK;
    if (list.config.rate > 0 && list.tokens < 1)
        outcome = ENTRAIN__WORK_LIMITED;
    else if (((double)(drawn.bits[1] >> 32) + 0.5) / 4294967296.0 < list.config.silence)
        outcome = 99;
    else if (((double)(uint32_t)drawn.bits[1] + 0.5) / 4294967296.0 < list.config.failure)
        outcome = ENTRAIN__WORK_FAILED;
    if (outcome != ENTRAIN__WORK_LIMITED)
        list.tokens -= 1;
    if (outcome != 99)
        later(latency, ENTRAIN__WORK_ANSWER, batch, call, outcome);
}

static void arrive(const uint32_t *ticks, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        if (list.config.pending_max > 0 && held() >= list.config.pending_max) {
            list.shed++;
            continue;
        }
        assert_true(list.request_count < REQUESTS_MAX);
        list.requests[list.request_count++] = (request){.tick = ticks[k]};
        if (!list.window && !list.flushing) {
            list.window = true;
            later(list.config.window_s, ENTRAIN__WORK_WINDOW, 0, 0, 0);
        }
    }
    go_on();
}

static void list_tick(uint32_t (*tells)[ENTRAIN__WORK_QUEUE_MAX], const uint32_t *counts,
                      uint32_t tell_count) {
    const uint32_t asked = list.asked_count;
    uint32_t batches[128];
    uint64_t calls[128];
    for (uint32_t a = 0; a < asked; a++) {
        batches[a] = list.asked[a].batch;
        calls[a] = list.asked[a].call;
    }
    list.asked_count = 0;
    handle_events(true);
    for (uint32_t t = 0; t < tell_count; t++)
        arrive(tells[t], counts[t]);
    handle_events(false);
    for (uint32_t a = 0; a < asked; a++)
        serve(batches[a], calls[a]);
    while (list.event_first < list.event_count && list.events[list.event_first].gone)
        list.event_first++;
    uint32_t kept = 0; // requests that are done are forgotten
    for (uint32_t r = 0; r < list.request_count; r++)
        if (!list.requests[r].done)
            list.requests[kept++] = list.requests[r];
    list.request_count = kept;
    list.now++;
}

// --- The actors

static void idle_step(const entrain_range *range, uint32_t stage) { (void)range, (void)stage; }

typedef struct actors {
    entrain_engine *engine;
    entrain_workload *workload;
    entrain_error error;
} actors;

static void open_actors(actors *all, uint64_t seed) {
    entrain_engine_config engine = entrain_engine_config_defaults();
    entrain_population *population;
    engine.scheduler.worker_count = 1;
    engine.step_s = STEP_S;
    CHECK_OK(entrain_engine_create(&engine, &all->engine, &all->error), all->error);
    CHECK_OK(entrain_workload_create(&list.config, seed, &all->workload, &all->error), all->error);
    entrain_column columns[ENTRAIN_AGENT_WORK + 1];
    for (uint32_t c = 0; c < ENTRAIN_AGENT_WORK; c++)
        columns[c] = (entrain_column){.name = "none", .bytes = 4};
    columns[ENTRAIN_AGENT_WORK] =
        (entrain_column){.name = "work", .bytes = entrain__work_bytes(all->workload)};
    const entrain_behavior behavior = {.name = "idle",
                                       .columns = columns,
                                       .column_count = ENTRAIN_AGENT_WORK + 1,
                                       .exchanges = 1,
                                       .step = idle_step};
    CHECK_OK(entrain_engine_add(all->engine, &behavior, NULL, 1, &population, &all->error), all->error);
    CHECK_OK(entrain_workload_connect(all->workload, all->engine, population, &all->error), all->error);
    CHECK_OK(entrain_engine_start(all->engine, &all->error), all->error);
}

static void tell(actors *all, const uint32_t *ticks, uint32_t count) {
    uint16_t flags;
    entrain_payload payload[2];
    assert_int_equal(entrain__work_pack(ticks, count, (uint32_t)list.now, &flags, payload), count);
    const entrain_id to = entrain_population_id(all->workload->gateway_population, 0);
    assert_int_equal(
        entrain_engine_tell(all->engine, to, ENTRAIN__WORK_REQUESTS, flags, payload[0], payload[1]),
        ENTRAIN_OK);
}

static void compare(actors *all, uint64_t seed) {
    const entrain__gateway *own = &all->workload->gateways[0];
    const uint64_t theirs[] = {own->delivered, own->shed,      own->pending_count, own->batched,
                               own->calls,     own->succeeded, own->failed,        own->timed_out,
                               own->limited,   own->late,      own->opened,        own->breaker.state,
                               own->wait_max,  own->batch_max, own->open_ticks,    (uint64_t)own->wait_sum};
    const uint64_t ours[] = {list.delivered, list.shed,      pending(),       held() - pending(),
                             list.calls,     list.succeeded, list.failed,     list.timed_out,
                             list.limited,   list.late,      list.opened,     list.breaker,
                             list.wait_max,  list.batch_max, list.open_ticks, list.wait_sum};
    static const char *const names[] = {
        "delivered", "shed", "pending", "in calls", "calls",    "succeeded", "failed",     "timed out",
        "limited",   "late", "opened",  "breaker",  "wait max", "batch max", "open ticks", "wait sum"};
    for (size_t f = 0; f < sizeof ours / sizeof *ours; f++)
        if (theirs[f] != ours[f])
            fail_msg("world %llu, tick %llu: %s is %llu, one list says %llu", (unsigned long long)seed,
                     (unsigned long long)list.now, names[f], (unsigned long long)theirs[f],
                     (unsigned long long)ours[f]);
}

// --- Worlds

static entrain_random worlds;
static double drawn(uint64_t seed, uint32_t what) { return entrain_random_uniform(worlds, 0, seed, what); }

static void draw_config(uint64_t seed) {
    entrain_workload_config *config = &list.config;
    *config = entrain_workload_config_defaults();
    config->load = 0;
    config->window_s = drawn(seed, 1) < 0.2 ? 0 : 0.4 * drawn(seed, 1);
    config->batch_max = drawn(seed, 2) < 0.3 ? 0 : 1 + (uint32_t)(20 * drawn(seed, 3));
    config->pending_max = drawn(seed, 4) < 0.5 ? 0 : 5 + (uint64_t)(60 * drawn(seed, 5));
    config->calls_max = 1 + (uint32_t)(drawn(seed, 6) < 0.5 ? 3 * drawn(seed, 7) : 64 * drawn(seed, 7));
    config->latency_s = 0.3 * drawn(seed, 8);
    config->latency_spread_s = config->latency_s * drawn(seed, 9);
    config->rate = drawn(seed, 10) < 0.6 ? 0 : 1 + floor(12 * drawn(seed, 11));
    config->failure = drawn(seed, 12) < 0.3 ? 0 : drawn(seed, 12) < 0.9 ? 0.5 * drawn(seed, 13) : 1;
    config->silence = drawn(seed, 14) < 0.5 ? 0 : 0.4 * drawn(seed, 15);
    config->timeout_s = 0.02 + 0.5 * drawn(seed, 16);
    config->breaker_limit = 1 + (uint32_t)(5 * drawn(seed, 17));
    config->breaker_open_s = 1.5 * drawn(seed, 18);
}

static void test_against_one_list(void **state) {
    (void)state;
    uint64_t sums[8] = {0};
    worlds = entrain_random_key(77, ENTRAIN_STREAM_USER);
    for (uint64_t seed = 1; seed <= 240; seed++) {
        memset(&list, 0, sizeof list);
        draw_config(seed);
        list.tokens = fmax(list.config.rate, 1);
        list.service = entrain_random_key(seed, ENTRAIN_STREAM_SERVICE);
        actors all;
        open_actors(&all, seed);
        const double crowd = 1.2 * drawn(seed, 19);
        const uint64_t ticks = seed % 8 == 0 ? TICKS : TICKS / 2; // a long one sees the longest rests, too
        for (uint64_t tick = 0; tick < ticks; tick++) {
            uint32_t tells[TELLS_MAX][ENTRAIN__WORK_QUEUE_MAX], counts[TELLS_MAX], tell_count = 0;
            if (tick < ticks * 2 / 3) // then it may come to an end
                while (tell_count < TELLS_MAX && entrain_random_uniform(worlds, 1, seed * TICKS + tick,
                                                                        10 + tell_count) < crowd * 0.5) {
                    const uint64_t at = seed * TICKS + tick;
                    const uint32_t count = 1 + (uint32_t)entrain_random_below(worlds, 6, 2, at, tell_count);
                    uint32_t made = (uint32_t)tick;
                    for (uint32_t k = count; k-- > 0;) {
                        tells[tell_count][k] = made;
                        const uint32_t back =
                            (uint32_t)entrain_random_below(worlds, 6, 3 + k, at, tell_count);
                        made -= back < made ? back : made;
                    }
                    counts[tell_count] = count;
                    tell(&all, tells[tell_count], count);
                    tell_count++;
                }
            list_tick(tells, counts, tell_count);
            CHECK_OK(entrain_engine_advance(all.engine, 1, &all.error), all.error);
            compare(&all, seed);
        }
        const uint64_t seen[8] = {list.delivered, list.shed, list.failed, list.timed_out,
                                  list.limited,   list.late, list.opened, list.batch_max > 20};
        for (int s = 0; s < 8; s++)
            sums[s] += seen[s];
        entrain_engine_destroy(all.engine);
        entrain_workload_destroy(all.workload);
    }
    for (int s = 0; s < 8; s++) // that all of it happened
        assert_true(sums[s] > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_one_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
