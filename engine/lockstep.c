// Lockstep: all of tick t before tick t+1.
//
//   boundary --(mail)--> RECEIVE --+
//      |                           v
//      +------(no mail)------> EXCHANGE stage 0 --> ... --> EXCHANGE stage n-1 --> boundary of the next tick
//
// One phase per exchange: a cohort's task hears what was published before the barrier, steps, and publishes
// for the exchange after it into the other buffer. That is why one barrier an exchange is enough, and why
// nobody can ever see a neighbour half-way through a tick.
//
// Under a policy that runs ahead several exchanges follow one another without a serial part, each cohort
// waiting only for those that it hears or is heard by. Nothing but the exchange itself may then happen in
// between.
#include <inttypes.h>
#include <string.h>

#include "engine/delays.h"
#include "engine/virtual_time.h"

// The cohort whose task this thread is in, and whose it is: behaviors may ask their engine for the tick, and
// where policies run ahead that is the cohort's own.
typedef struct work {
    const entrain_engine *engine;
    entrain__cohort *cohort;
} work;
static _Thread_local work at_work;

uint64_t entrain_engine_tick(const entrain_engine *engine) {
    return at_work.engine == engine ? at_work.cohort->tick : engine->tick;
}

entrain__cohort *entrain__cohort_at_work(const entrain_engine *engine) {
    return at_work.engine == engine ? at_work.cohort : NULL;
}

enum { SPAN_TICKS_MAX = 1024 };
#define SPAN_NS UINT64_C(250000000)

// In place: a range is too large to be handed on twice in every task.
static inline __attribute__((always_inline)) entrain_range
range_at(entrain_engine *engine, const entrain_population *population, uint32_t column, uint32_t count,
         uint32_t worker, uint64_t tick, uint32_t now) {
    uint32_t place = population->first + column;
    entrain_range range = {
        .engine = engine,
        .context = population->context,
        .first = column,
        .count = count,
        .ids = engine->ids + place,
        .indices = population->index_of_column + column,
        .tick = tick,
        .worker = worker,
        .simd = engine->simd,
        .sum_unit = engine->sum_unit,
    };
    for (uint32_t c = 0; c < population->behavior.column_count; c++)
        range.columns[c] = population->columns[c] + (size_t)column * population->column_specs[c].bytes;
    if (population->behavior.words > 0)
        range.published = engine->publications[now] + (size_t)place * engine->words;
    return range;
}

entrain_range entrain__range_make(entrain_engine *engine, const entrain_population *population,
                                  uint32_t column, uint32_t count, uint32_t worker) {
    return range_at(engine, population, column, count, worker, engine->tick, engine->now);
}

void entrain__cohort_runs(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker,
                          entrain__run_body *body, void *context) {
    const entrain_population *population = cohort->population;
    uint32_t end = cohort->first + cohort->count;
    if (cohort->stopped == 0) {
        entrain_range range =
            range_at(engine, population, cohort->first, cohort->count, worker, cohort->tick, cohort->now);
        body(engine, cohort, &range, context);
        return;
    }
    const entrain_id *ids = engine->ids + population->first;
    for (uint32_t column = cohort->first; column < end;) {
        uint32_t first = column;
        while (column < end && ids[column] != ENTRAIN_ID_NONE)
            column++;
        if (column > first) {
            entrain_range range =
                range_at(engine, population, first, column - first, worker, cohort->tick, cohort->now);
            body(engine, cohort, &range, context);
        }
        while (column < end && ids[column] == ENTRAIN_ID_NONE)
            column++;
    }
}

// Publishes a range for the exchange `stage` into the given buffer.
static void publish_range(entrain_engine *engine, const entrain__cohort *cohort, const entrain_range *range,
                          uint32_t stage, int64_t *publications) {
    const entrain_population *population = cohort->population;
    int64_t *words = publications + (size_t)(population->first + range->first) * engine->words;
    population->behavior.publish(range, stage, words);
}

// Hear, step, publish: one exchange of one run of actors.
static void exchange_run(entrain_engine *engine, entrain__cohort *cohort, entrain_range *range,
                         void *context) {
    (void)context;
    const entrain_behavior *behavior = &cohort->population->behavior;
    uint32_t place = cohort->population->first + range->first;
    uint32_t next_stage = cohort->stage + 1 == engine->exchanges ? 0 : cohort->stage + 1;
    if (behavior->words > 0) {
        entrain__scratch *scratch = &engine->scratch[range->worker];
        uint32_t *heard = behavior->wants_heard ? scratch->heard : NULL;
        if (engine->config.transport == ENTRAIN_TRANSPORT_MAILBOX) {
            entrain__deliver(engine, cohort, place, range->count, scratch->sums, heard);
        } else {
            uint32_t *arrived = engine->disturbed.thins ? scratch->heard : heard;
            entrain__gather(engine, cohort, place, range->count, scratch->sums, arrived);
            cohort->observations += entrain__gather_arrivals(engine, cohort, place, range->count, arrived);
        }
        range->sums = scratch->sums;
        range->heard = heard;
    }
    if (behavior->step != NULL) {
        if (behavior->step_sends_max > 0)
            cohort->step = (entrain__step_sends){.range = range, .first = cohort->outbox_count};
        behavior->step(range, cohort->stage);
        cohort->step.range = NULL;
        if (next_stage == 0 && cohort->population->guarded_count > 0 &&
            !entrain__finite_range(cohort->population, range))
            entrain__supervise_guarded(engine, cohort, range);
    }
    if (behavior->words > 0) {
        if (next_stage == 0)
            range->tick++; // what is published now is heard in the next tick
        publish_range(engine, cohort, range, next_stage, engine->publications[cohort->now + 1]);
    }
}

static void publish_run(entrain_engine *engine, entrain__cohort *cohort, entrain_range *range,
                        void *context) {
    (void)context;
    publish_range(engine, cohort, range, 0, engine->publications[engine->now]);
}

// What @p range says anew counts in the field instead of what it said.
static void publish_again(entrain_engine *engine, entrain__cohort *cohort, const entrain_range *range) {
    int64_t *publications = engine->publications[engine->now];
    const int64_t *words = publications + (size_t)(cohort->population->first + range->first) * engine->words;
    entrain__int128 before[ENTRAIN_WORDS_MAX], after[ENTRAIN_WORDS_MAX];
    if (engine->graph.complete)
        entrain__words_sum(engine->words, words, range->count, before);
    publish_range(engine, cohort, range, 0, publications);
    if (!engine->graph.complete)
        return;
    entrain__words_sum(engine->words, words, range->count, after);
    for (uint32_t w = 0; w < engine->words; w++)
        cohort->field[w] += after[w] - before[w];
}

static inline bool has_bit(const uint64_t *bits, uint32_t k) { return (bits[k / 64] >> k % 64 & 1) != 0; }

// Those publish again who may have been called: each run of them that live.
static void publish_called(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker) {
    const entrain_population *population = cohort->population;
    const uint64_t *called = engine->scratch[worker].called;
    const entrain_id *ids = engine->ids + population->first + cohort->first;
    for (uint32_t k = 0; k < cohort->count; k++) {
        const uint64_t rest = called[k / 64] >> k % 64;
        if (rest == 0) {
            k |= 63; // nobody in the rest of this word
            continue;
        }
        k += (uint32_t)__builtin_ctzll(rest);
        const uint32_t first = k;
        while (k < cohort->count && has_bit(called, k) && ids[k] != ENTRAIN_ID_NONE)
            k++;
        if (k > first) {
            const entrain_range range = range_at(engine, population, cohort->first + first, k - first, worker,
                                                 cohort->tick, cohort->now);
            publish_again(engine, cohort, &range);
        }
    }
}

static void start_run(entrain_engine *engine, entrain__cohort *cohort, entrain_range *range, void *context) {
    const entrain_behavior *behavior = &cohort->population->behavior;
    if (behavior->start != NULL)
        behavior->start(range);
    if (behavior->begins)
        for (uint32_t k = 0; k < range->count; k++)
            entrain__virtual_begin(engine, cohort, range->first + k);
    if (behavior->words > 0)
        publish_run(engine, cohort, range, context);
    if (behavior->words > 0 && engine->delay_most > 0)
        entrain__past_range(engine, cohort, range);
}

static void visit_run(entrain_engine *engine, entrain__cohort *cohort, entrain_range *range, void *context) {
    (void)context;
    if (engine->visit_sums && cohort->population->behavior.words > 0) {
        entrain__scratch *scratch = &engine->scratch[range->worker];
        entrain__gather(engine, cohort, cohort->population->first + range->first, range->count, scratch->sums,
                        scratch->heard);
        range->sums = scratch->sums;
        range->heard = scratch->heard;
    }
    engine->visit(engine->visit_context, range, (uint32_t)(cohort - engine->cohorts));
}

// Puts a cohort where the engine is, and @p step exchanges further.
static void move_cohort(const entrain_engine *engine, entrain__cohort *cohort, uint32_t step) {
    if (engine->ring == 2) {
        cohort->now = cohort->hears = (engine->now + step) & 1;
    } else {
        cohort->now = (engine->now + step) % engine->ring;
        cohort->hears =
            cohort->now + engine->ring - (engine->graph.delay + engine->disturbed.delay) * engine->exchanges;
    }
    cohort->tick = engine->tick;
    cohort->stage = engine->stage + step;
    if (step > 0) {
        cohort->tick += cohort->stage / engine->exchanges;
        cohort->stage %= engine->exchanges;
    }
}

static void run_cohort(entrain_engine *engine, entrain__cohort *cohort, uint32_t phase, uint32_t worker) {
    bool publishes = cohort->population->behavior.words > 0;
    switch ((entrain__phase)phase) {
    case ENTRAIN__PHASE_START:
        entrain__cohort_runs(engine, cohort, worker, start_run, NULL);
        if (publishes && engine->graph.complete)
            entrain__field_part(engine, cohort, engine->publications[engine->now]);
        break;
    case ENTRAIN__PHASE_RECEIVE:
        if (cohort->lane_count == 0 && cohort->kept == 0 && cohort->notices == 0 &&
            !entrain__timers_rung(engine, cohort))
            break;
        entrain__letters_receive(engine, cohort, worker);
        if (publishes) // what a message changed is heard in this very tick
            publish_called(engine, cohort, worker);
        memset(engine->scratch[worker].called, 0, ((size_t)cohort->count + 63) / 64 * sizeof(uint64_t));
        break;
    case ENTRAIN__PHASE_EXCHANGE:
        if (publishes && engine->lives_kept) {
            if (cohort->stage == 0)
                entrain__lives_note(engine, cohort);
            if (cohort->stopped > 0)
                entrain__silence(engine, cohort, engine->publications[cohort->now + 1]);
        }
        entrain__cohort_runs(engine, cohort, worker, exchange_run, NULL);
        if (publishes && engine->graph.complete)
            entrain__field_part(engine, cohort, engine->publications[cohort->now + 1]);
        break;
    case ENTRAIN__PHASE_VISIT:
        if (engine->visited == NULL || engine->visited == cohort->population)
            entrain__cohort_runs(engine, cohort, worker, visit_run, NULL);
        break;
    }
}

static void run_step(void *context, uint32_t phase, uint32_t step, uint32_t task, uint32_t worker) {
    entrain_engine *engine = context;
    entrain__cohort *cohort = &engine->cohorts[task];
    const work before = at_work; // another engine's, when one of its behaviors runs this engine
    move_cohort(engine, cohort, step);
    at_work.engine = engine;
    at_work.cohort = cohort;
    run_cohort(engine, cohort, phase, worker);
    at_work = before;
}

static void run_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    run_step(context, phase, 0, task, worker);
}

static const char *phase_name(void *context, uint32_t phase) {
    (void)context;
    switch ((entrain__phase)phase) {
    case ENTRAIN__PHASE_START:
        return "start";
    case ENTRAIN__PHASE_RECEIVE:
        return "receive";
    case ENTRAIN__PHASE_EXCHANGE:
        return "exchange";
    case ENTRAIN__PHASE_VISIT:
        return "visit";
    }
    return NULL;
}

// At a tick boundary: go on, or why not.
static bool boundary_ends(entrain_engine *engine) {
    if (entrain__supervise_pending(engine))
        entrain__supervise_boundary(engine);
    if (engine->supervise.escalated.end.reason != ENTRAIN_REASON_NONE) {
        engine->ended = ENTRAIN_FAILED;
        return true;
    }
    if (engine->tick == engine->tick_end) {
        engine->ended = ENTRAIN_OK;
        return true;
    }
    if (engine->waiting_count > 0 && entrain__wait_check(engine, NULL) != ENTRAIN_OK) {
        engine->ended = ENTRAIN_DEADLOCK;
        return true;
    }
    // Pairs with the store in entrain_engine_cancel().
    if (entrain__load_acquire_u32(&engine->cancelled) != 0) {
        engine->ended = ENTRAIN_CANCELLED;
        return true;
    }
    if (engine->deadline_ns != 0 && entrain__now_ns() >= engine->deadline_ns) {
        engine->ended = ENTRAIN_TIMEOUT;
        return true;
    }
    return false;
}

// So many ticks are over since the last time. One look at the clock serves them all.
static void count_ticks(entrain_engine *engine, uint32_t ticks) {
    uint64_t now_ns = entrain__now_ns();
    engine->tick += ticks;
    engine->tick_ns = (now_ns - engine->tick_began_ns) / ticks;
    engine->tick_began_ns = now_ns;
    entrain__latency_add(&engine->latency, engine->tick_ns, ticks);
}

static uint32_t begin_tick(entrain_engine *engine) {
    for (;;) {
        if (boundary_ends(engine))
            return ENTRAIN_PHASE_END;
        if (engine->has_mail && (entrain__letters_pending(engine) || entrain__timers_due(engine))) {
            entrain__letters_route(engine);
            return ENTRAIN__PHASE_RECEIVE;
        }
        if (engine->exchanges > 0)
            return ENTRAIN__PHASE_EXCHANGE;
        count_ticks(engine, 1); // nobody steps and nobody has mail: time passes
    }
}

// After engine->span exchanges.
static uint32_t end_exchanges(entrain_engine *engine) {
    uint32_t stage = engine->stage + engine->span;
    engine->now = (engine->now + engine->span) % engine->ring;
    engine->field_now = engine->field_now + 1 < engine->field_ring ? engine->field_now + 1 : 0;
    entrain__field_sum(engine);
    engine->stage = stage % engine->exchanges;
    if (stage < engine->exchanges)
        return ENTRAIN__PHASE_EXCHANGE;
    count_ticks(engine, stage / engine->exchanges);
    return begin_tick(engine);
}

static uint32_t end_receive(entrain_engine *engine) {
    entrain__field_sum(engine);
    entrain__timers_look(engine);
    if (engine->exchanges > 0)
        return ENTRAIN__PHASE_EXCHANGE;
    count_ticks(engine, 1);
    return begin_tick(engine);
}

static uint32_t next_phase(entrain_engine *engine) {
    if (engine->stage == UINT32_MAX) {
        engine->stage = 0;
        return ENTRAIN__PHASE_START;
    }
    if (engine->phase == ENTRAIN__PHASE_START) { // everybody started and published
        entrain__field_sum(engine);
        entrain__past_done(engine);
        entrain__supervise_began_all(engine);
        return ENTRAIN_PHASE_END;
    }
    if (engine->first_advance) {
        engine->first_advance = false;
        return engine->visit != NULL ? (uint32_t)ENTRAIN__PHASE_VISIT : begin_tick(engine);
    }
    if (engine->phase == ENTRAIN__PHASE_VISIT)
        return ENTRAIN_PHASE_END;
    return engine->phase == ENTRAIN__PHASE_RECEIVE ? end_receive(engine) : end_exchanges(engine);
}

// The serial part: the last worker at the barrier runs it, alone. engine->stage says where in the tick the
// engine stands; UINT32_MAX: not started yet.
static uint32_t advance(void *context) {
    entrain_engine *engine = context;
    engine->phase = next_phase(engine);
    engine->span = 1;
    return engine->phase;
}

// How many exchanges may follow one another without a serial part: to the horizon, that is the end of this
// run of ticks, or about a quarter of a second, so that a request to stop is heard; to the end of this tick
// where messages may have to be routed, or failures mended; one where everybody hears the whole swarm. The
// first tick goes alone: it tells how long one takes.
static uint32_t steps(void *context) {
    entrain_engine *engine = context;
    if (engine->phase != ENTRAIN__PHASE_EXCHANGE || engine->graph.complete)
        return 1;
    uint64_t ticks = engine->has_mail || engine->supervise.mends ? 1 : engine->tick_end - engine->tick;
    uint64_t most = engine->tick_ns > 0 ? SPAN_NS / engine->tick_ns + 1 : 1;
    if (most > SPAN_TICKS_MAX)
        most = SPAN_TICKS_MAX;
    if (ticks > most)
        ticks = most;
    engine->span = (uint32_t)ticks * engine->exchanges - engine->stage;
    return engine->span;
}

const entrain_job entrain__lockstep = {
    .advance = advance, .task = run_task, .steps = steps, .task_at = run_step, .phase_name = phase_name};

static entrain_status run(entrain_engine *engine, entrain_error *error_out) {
    entrain_job job = entrain__lockstep;
    job.context = engine;
    engine->first_advance = true;
    engine->running = true;
    entrain_status status = entrain_scheduler_run(engine->scheduler, &job, error_out);
    engine->running = false;
    return status;
}

// An actor's failure ended the run. Where it is known only after a tick, others may have gone on from there,
// under a policy that runs ahead: then the state is not to be continued from, under any policy.
static entrain_status failed(entrain_engine *engine, entrain_error *error_out) {
    const bool stepped = engine->supervise.control == NULL;
    const entrain_status status = entrain__supervise_sentence(engine, error_out);
    engine->broken = stepped || status == ENTRAIN_LIMIT;
    return status;
}

uint64_t entrain__serial_ns(const entrain_engine *engine) {
    uint64_t sum = 0;
    for (uint32_t w = 0; w < entrain_scheduler_worker_count(engine->scheduler); w++) {
        entrain_worker_stats stats;
        entrain_scheduler_worker(engine->scheduler, w, &stats);
        sum += stats.serial_ns;
    }
    return sum;
}

entrain_status entrain_engine_advance(entrain_engine *engine, uint64_t ticks, entrain_error *error_out) {
    ENTRAIN_ASSERT(!engine->running); // not from within a behavior or a visitor
    if (!engine->started)
        return entrain_error_set(error_out, ENTRAIN_ORDER, "The engine was advanced before it was started.");
    if (engine->broken)
        return entrain_error_set(
            error_out, ENTRAIN_ORDER,
            "The engine was advanced after a run that failed; destroy it and begin anew.");
    if (engine->config.execution != ENTRAIN_EXECUTION_LOCKSTEP)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "The engine's execution is %s, which knows no ticks: use entrain_engine_run().",
            entrain_execution_name(engine->config.execution));
    if (ticks > UINT64_MAX - engine->tick)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "%" PRIu64 " more ticks would overflow the tick count.", ticks);
    uint64_t began = entrain__now_ns(), tick_began = engine->tick, serial_began = entrain__serial_ns(engine);
    engine->tick_began_ns = began;
    engine->tick_end = engine->tick + ticks;
    engine->ended = ENTRAIN_OK;
    entrain_status status = run(engine, error_out);
    engine->stats.advance_ns += entrain__now_ns() - began;
    engine->stats.serial_ns += entrain__serial_ns(engine) - serial_began;
    engine->stats.ticks += engine->tick - tick_began;
    if (status != ENTRAIN_OK) {
        engine->broken = true;
        return status;
    }
    if (engine->ended == ENTRAIN_FAILED)
        return failed(engine, error_out);
    if (engine->ended == ENTRAIN_DEADLOCK)
        return entrain__wait_check(engine, error_out);
    if (engine->ended != ENTRAIN_OK)
        return entrain_error_set(error_out, engine->ended, "The run stopped %s after tick %" PRIu64 ".",
                                 engine->ended == ENTRAIN_CANCELLED ? "on request" : "at its deadline",
                                 engine->tick);
    return ENTRAIN_OK;
}

entrain_status entrain_engine_visit(entrain_engine *engine, entrain_population *population, bool with_sums,
                                    void (*visit)(void *context, const entrain_range *range, uint32_t task),
                                    void *context) {
    ENTRAIN_ASSERT(visit != NULL && !engine->running);
    ENTRAIN_ASSERT(population == NULL || population->engine == engine);
    if (!engine->started)
        return ENTRAIN_ORDER;
    engine->visited = population;
    engine->visit_sums = with_sums;
    engine->visit = visit;
    engine->visit_context = context;
    entrain_status status = run(engine, NULL);
    engine->visit = NULL;
    if (status != ENTRAIN_OK)
        engine->broken = true;
    return status;
}
