// The clock stands outside: a benchmark does not take its subject's word for the time. What only the
// subject can know (waits, steals, serial part) is read as differences around each measurement, so that
// fingerprints taken in between do not count.
#include "sims/bench_cell.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sims/interrupt.h"
#include "sims/say.h"
#include "sims/words.h"

static void end_as(bench_cell *cell, bench_cell_state state, const char *sentence) {
    cell->state = state;
    words_line(sentence, cell->why, sizeof cell->why);
}

void bench_cell_create(bench_cell *cell, const entrain_swarm_config *config) {
    entrain_swarm_config own = *config;
    entrain_error error = {0};
    own.engine.scheduler.policy = cell->policy;
    own.engine.scheduler.worker_count = cell->workers;
    entrain_status status = entrain_swarm_create(&own, &cell->swarm, &error);
    if (status != ENTRAIN_OK)
        cell->swarm = NULL;
    if (status == ENTRAIN_OK)
        status = event_run_begin(&cell->events, cell->planned, cell->swarm, NULL, &error);
    if (status == ENTRAIN_OK)
        status = event_run_happen(&cell->events, &error);
    if (status == ENTRAIN_OK)
        return;
    bench_cell_destroy(cell);
    bool unsupported = status == ENTRAIN_UNSUPPORTED || status == ENTRAIN_LIMIT;
    end_as(cell, unsupported ? BENCH_CELL_LEFT_OUT : BENCH_CELL_FAILED, error.sentence);
}

void bench_cell_destroy(bench_cell *cell) {
    event_run_end(&cell->events);
    entrain_swarm_destroy(cell->swarm);
    cell->swarm = NULL;
}

void bench_cell_leave_out(bench_cell *cell, const char *why) { end_as(cell, BENCH_CELL_LEFT_OUT, why); }

static bench_cell_totals read_totals(const bench_cell *cell) {
    const entrain_engine *engine = entrain_swarm_engine(cell->swarm);
    const entrain_scheduler *scheduler = entrain_engine_scheduler(engine);
    entrain_engine_stats stats;
    entrain_engine_stats_read(engine, &stats);
    bench_cell_totals totals = {.ticks = entrain_swarm_tick(cell->swarm),
                                .advance_ns = stats.advance_ns,
                                .serial_ns = stats.serial_ns};
    for (uint32_t w = 0; w < entrain_scheduler_worker_count(scheduler); w++) {
        entrain_worker_stats worker;
        entrain_scheduler_worker(scheduler, w, &worker);
        totals.busy_ns += worker.busy_ns;
        totals.barrier_wait_ns += worker.barrier_wait_ns;
        totals.worker_serial_ns += worker.serial_ns;
        totals.steals_tried += worker.steals_tried;
        totals.steals_won += worker.steals_won;
        totals.parks += worker.parks;
        totals.yields += worker.yields;
    }
    return totals;
}

static void add_difference(bench_cell_totals *to, const bench_cell_totals *before,
                           const bench_cell_totals *after) {
    to->ticks += after->ticks - before->ticks;
    to->advance_ns += after->advance_ns - before->advance_ns;
    to->serial_ns += after->serial_ns - before->serial_ns;
    to->busy_ns += after->busy_ns - before->busy_ns;
    to->barrier_wait_ns += after->barrier_wait_ns - before->barrier_wait_ns;
    to->worker_serial_ns += after->worker_serial_ns - before->worker_serial_ns;
    to->steals_tried += after->steals_tried - before->steals_tried;
    to->steals_won += after->steals_won - before->steals_won;
    to->parks += after->parks - before->parks;
    to->yields += after->yields - before->yields;
}

// ENTRAIN_MISMATCH: the policy lost or doubled a task. Anything else is this machine's or the scenario's.
static void take_failure(bench_cell *cell, entrain_status status, const entrain_error *error) {
    const char *sentence = *error->sentence != '\0' ? error->sentence : entrain_status_text(status);
    end_as(cell, status == ENTRAIN_MISMATCH ? BENCH_CELL_WRONG : BENCH_CELL_FAILED, sentence);
}

entrain_status bench_cell_advance(bench_cell *cell, uint64_t ticks, bool count, double *ns_out) {
    entrain_engine *engine = entrain_swarm_engine(cell->swarm);
    entrain_error error = {0};
    bench_cell_totals before = read_totals(cell);
    if (count && cell->totals.ticks == 0)
        entrain_engine_tick_ns_forget(engine); // what it did to warm up
    interrupt_watch(engine);
    double begun_s = wall_now_s();
    entrain_status status = event_run_advance(&cell->events, ticks, &error);
    double took_s = wall_now_s() - begun_s;
    interrupt_watch(NULL);
    if (status == ENTRAIN_OK && count) {
        bench_cell_totals after = read_totals(cell);
        add_difference(&cell->totals, &before, &after);
    }
    if (status == ENTRAIN_OK)
        *ns_out = took_s * 1e9;
    else if (status != ENTRAIN_CANCELLED)
        take_failure(cell, status, &error);
    return status;
}

void bench_cell_check(bench_cell *cell, const bench_cell *reference) {
    entrain_engine *engine = entrain_swarm_engine(cell->swarm);
    entrain_message_count messages;
    char sentence[sizeof cell->why];
    cell->fingerprint = entrain_engine_fingerprint(engine);
    cell->checked_tick = entrain_swarm_tick(cell->swarm);
    entrain_engine_count(engine, &messages);
    int64_t residual = entrain_message_count_residual(&messages);
    if (residual != 0) {
        snprintf(sentence, sizeof sentence, "%" PRId64 " messages are unaccounted for at tick %" PRIu64,
                 residual, cell->checked_tick);
        end_as(cell, BENCH_CELL_WRONG, sentence);
    }
    if (reference == NULL ||
        (cell->fingerprint == reference->fingerprint && cell->checked_tick == reference->checked_tick))
        return;
    snprintf(sentence, sizeof sentence,
             "its fingerprint at tick %" PRIu64 " is %016" PRIx64 ", that of %s with %s is %016" PRIx64,
             cell->checked_tick, cell->fingerprint, reference->policy,
             text_counted(reference->workers, "worker").text, reference->fingerprint);
    end_as(cell, BENCH_CELL_WRONG, sentence);
}

bench_cell_shares bench_cell_share(const bench_cell *cell) {
    const bench_cell_totals *totals = &cell->totals;
    if (totals->advance_ns == 0)
        return (bench_cell_shares){NAN, NAN, NAN};
    double advance = (double)totals->advance_ns, all = advance * cell->workers;
    double idle = 1 - (double)(totals->busy_ns + totals->worker_serial_ns) / all;
    return (bench_cell_shares){.serial = (double)totals->serial_ns / advance,
                               .barrier_wait = (double)totals->barrier_wait_ns / all,
                               .idle = idle > 0 ? idle : 0}; // two clocks may differ by a hair
}

uint64_t bench_cell_task_ns_max(const bench_cell *cell) {
    const entrain_scheduler *scheduler = entrain_engine_scheduler(entrain_swarm_engine(cell->swarm));
    uint64_t longest = 0;
    for (uint32_t w = 0; w < entrain_scheduler_worker_count(scheduler); w++) {
        entrain_worker_stats worker;
        entrain_scheduler_worker(scheduler, w, &worker);
        longest = worker.task_ns_max > longest ? worker.task_ns_max : longest;
    }
    return longest;
}

bench_latency bench_tick_latency(const bench_cell *cell) {
    enum { TICKS_MEDIAN = 2, TICKS_P99 = 100 };
    const entrain_engine *engine = entrain_swarm_engine(cell->swarm);
    // In virtual time the engine has no ticks, so it knows none.
    uint64_t ticks = entrain_engine_tick(engine) > 0 ? cell->totals.ticks : 0;
    return (bench_latency){ticks >= TICKS_MEDIAN ? (double)entrain_engine_tick_ns(engine, 0.5) : NAN,
                           ticks >= TICKS_P99 ? (double)entrain_engine_tick_ns(engine, 0.99) : NAN};
}
