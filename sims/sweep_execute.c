// Parent and children of a sweep.
//
//   plan -> schedule -> pool: a child carries out one unit or a batch of small ones, and writes entries as
// lines
//   lines -> journal, synced once for all that came together -> rows
//
// A row exists once its line is in the journal. What a child leaves without a row when it ends is told by how
// it ended: told to stop: nothing; killed: once more, alone, in case memory ran out; else that run has
// failed, and those of its batch that had not come to their turn are done by others.
#include "sims/sweep_execute.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entrain/scheduler.h"
#include "sims/interrupt.h"
#include "sims/options.h"
#include "sims/pool.h"
#include "sims/progress.h"
#include "sims/say.h"
#include "sims/sweep_progress.h"
#include "sims/sweep_schedule.h"
#include "sims/sweep_unit.h"

enum { KEY_BYTES = 256 };
static const double patience_s = 2, grace_default_s = 10, machine_pause_s = 1, standstill_s = 5;
// Rows that come within so long of each other are synced together, none later than that.
static const double gather_s = 0.002, sync_pause_s = 0.02;

// One child.
typedef struct batch {
    bool active, timed_out;
    bool stood_still; // meanwhile
    schedule_choice choice;
    uint32_t at;          // the unit of the choice whose rows come now
    double heard_s, at_s; // when its last line came; when the unit before was done
} batch;

typedef struct execution {
    const sweep_execution *what;
    const sweep_plan *plan;
    uint32_t workers;
    pool *jobs;
    sweep_schedule *schedule;
    batch *batches; // [batch_count], by handle
    uint32_t batch_count, running;
    json_t **rows;
    unsigned char *attempts; // [unit_count] that ended from outside
    sweep_tally tally;
    entrain_error error; // what ends it all
    bool ending;         // children are being stopped: how they end means nothing
    const sweep_run *last;
    json_t *last_row;
    double begun_s, machine_s, fork_s;
    double unsynced_s; // since when the journal has entries that are not on the disk; 0: it has none
    bool heard;        // a line came in this wait
    double awake_s;    // when this wait should have been over
    uint32_t forks;
} execution;

static void key_of(const execution *all, uint32_t run, int64_t probe, char key[static KEY_BYTES]) {
    const char *scope = all->what->scope != NULL ? all->what->scope : "";
    if (probe < 0)
        snprintf(key, KEY_BYTES, "%s%u", scope, run);
    else
        snprintf(key, KEY_BYTES, "%s%u.%u", scope, run, (unsigned)probe);
}

static bool row_failed(const json_t *row) {
    const char *status = json_string_value(json_object_get(row, "status"));
    return status == NULL || strcmp(status, "done") != 0;
}

// ---- rows

// A line of a journal may have been written by hand; and one whose time was over has another try where it is
// allowed more.
static bool is_row(const execution *all, const json_t *entry) {
    const json_t *had = json_object_get(entry, "timeout_s");
    if (row_failed(entry) && json_is_number(had) &&
        (all->what->timeout_s <= 0 || all->what->timeout_s > json_number_value(had)))
        return false;
    return row_failed(entry) ? json_is_string(json_object_get(entry, "status")) &&
                                   json_is_string(json_object_get(entry, "reason"))
                             : json_is_object(json_object_get(entry, "result"));
}

// Of very many what is in the journal is left there.
static json_t *row_kept(const execution *all, json_t *entry) {
    return all->what->lean && all->what->log != NULL ? json_true() : json_incref(entry);
}

static bool is_wanted(const execution *all, uint32_t run) {
    return all->plan->runs[run].chosen && all->rows[run] == NULL;
}

static bool unit_is_done(const execution *all, uint32_t unit) {
    const sweep_unit *one = &all->plan->units[unit];
    for (uint32_t run = one->first_run; run < one->first_run + one->run_count; run++)
        if (is_wanted(all, run))
            return false;
    return true;
}

// Into the journal, not yet synced.
static void keep(execution *all, uint32_t run, int64_t probe, json_t *entry) {
    char key[KEY_BYTES];
    key_of(all, run, probe, key);
    if (all->what->log != NULL && all->error.status == ENTRAIN_OK)
        journal_add(all->what->log, key, entry, &all->error);
    if (all->unsynced_s == 0)
        all->unsynced_s = wall_now_s();
}

static void sync_rows(execution *all) {
    if (all->what->log != NULL && all->error.status == ENTRAIN_OK)
        journal_sync(all->what->log, &all->error);
    all->unsynced_s = 0;
}

// A ladder that came to no end for want of time has its further steps fail, too.
static bool was_over_time(const execution *all, uint32_t run, const json_t *entry) {
    const sweep_unit *one = &all->plan->units[all->plan->runs[run].unit];
    return all->what->timeout_s > 0 && row_failed(entry) &&
           (json_number_value(json_object_get(entry, "wall_s")) >= all->what->timeout_s ||
            (run > one->first_run && all->last == &all->plan->runs[run - 1] &&
             json_object_get(all->last_row, "timeout_s") != NULL));
}

static void take_row(execution *all, uint32_t run, uint32_t workers, json_t *entry) {
    json_object_set_new(entry, "workers", json_integer(workers));
    if (was_over_time(all, run, entry))
        json_object_set_new(entry, "timeout_s", json_real(all->what->timeout_s));
    keep(all, run, -1, entry);
    if (all->error.status != ENTRAIN_OK)
        return;
    all->rows[run] = row_kept(all, entry);
    all->tally.done++;
    all->last = &all->plan->runs[run];
    json_decref(all->last_row);
    all->last_row = json_incref(entry);
    if (!row_failed(entry))
        return;
    all->tally.failed++;
    if (all->what->on_error_stop)
        all->tally.stopped = true;
}

static void fail_row(execution *all, uint32_t run, uint32_t workers, double wall_s, const char *reason) {
    json_t *entry = json_pack("{s:i, s:s, s:s, s:f}", "run", (int)run, "status", "failed", "reason", reason,
                              "wall_s", wall_s);
    if (entry == NULL) {
        entrain_error_set(&all->error, ENTRAIN_NO_MEMORY, "There is no memory for the row of a run.");
        return;
    }
    take_row(all, run, workers, entry);
    json_decref(entry);
}

// ---- what children say

// Whoever stopped all of us (Ctrl-Z) for a while has stopped the clocks of runs, too: one that found its time
// over has another try.
static bool lost_its_time(execution *all, const batch *from, const json_t *entry) {
    const double wall_s = json_number_value(json_object_get(entry, "wall_s"));
    const bool stood_still = from->stood_still || wall_now_s() > all->awake_s + standstill_s;
    return stood_still && all->what->timeout_s > 0 && wall_s >= all->what->timeout_s && row_failed(entry) &&
           all->attempts[from->choice.units[from->at]]++ == 0;
}

static void on_line(void *context, uint64_t id, const char *text) {
    execution *all = context;
    batch *from = &all->batches[id];
    json_t *entry = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    const json_t *index = json_object_get(entry, "run"), *probe = json_object_get(entry, "probe");
    const json_int_t run = json_is_integer(index) ? json_integer_value(index) : -1;
    from->heard_s = wall_now_s();
    all->heard = true;
    if (run >= 0 && run < all->plan->run_count && from->at < from->choice.count &&
        all->plan->runs[run].unit == from->choice.units[from->at]) {
        const uint32_t unit = from->choice.units[from->at];
        if (!json_is_integer(probe) && is_wanted(all, (uint32_t)run) && lost_its_time(all, from, entry)) {
            schedule_return(all->schedule, unit, false);
            from->at_s = from->heard_s;
            from->at++; // what else it says of it does not count
        } else if (json_is_integer(probe))
            keep(all, (uint32_t)run, json_integer_value(probe), entry);
        else if (is_wanted(all, (uint32_t)run))
            take_row(all, (uint32_t)run, from->choice.workers, entry);
        if (unit_is_done(all, unit)) {
            schedule_learn(all->schedule, unit, (from->heard_s - from->at_s) * from->choice.workers);
            from->at_s = from->heard_s;
            from->at++;
        }
    }
    json_decref(entry);
}

static bool told_to_end(const pool_end *end) {
    return end->code == EXIT_INTERRUPTED || end->signal == SIGTERM || end->signal == SIGINT ||
           end->signal == SIGHUP;
}

static void say_why(const execution *all, const batch *from, const pool_end *end, char *reason, size_t size) {
    if (from->timed_out)
        snprintf(reason, size, "It did not end when the %g s of --timeout were over, and was killed.",
                 all->what->timeout_s);
    else if (told_to_end(end))
        snprintf(reason, size, "Its process was told to end twice, by somebody else than Entrain.");
    else if (end->out_of_memory)
        snprintf(reason, size,
                 "Its process was killed twice, the second time alone, most likely because memory ran out: "
                 "it had %s.",
                 text_bytes((double)end->resident_bytes_max).text);
    else if (end->signal != 0)
        snprintf(reason, size, "Its process crashed: %s (SIG%s).", strsignal(end->signal),
                 sigabbrev_np(end->signal) != NULL ? sigabbrev_np(end->signal) : "?");
    else if (end->code != 0)
        snprintf(reason, size, "Its process ended with exit code %d and no result.", end->code);
    else
        snprintf(reason, size, "Its process ended without a result.");
}

static void fail_unit(execution *all, uint32_t unit, const batch *from, const pool_end *end) {
    const sweep_unit *one = &all->plan->units[unit];
    const double wall_s = wall_now_s() - from->at_s;
    char reason[256];
    bool first = true;
    say_why(all, from, end, reason, sizeof reason);
    for (uint32_t run = one->first_run; run < one->first_run + one->run_count; run++) {
        if (!is_wanted(all, run))
            continue;
        fail_row(all, run, from->choice.workers, wall_s, reason);
        if (all->error.status != ENTRAIN_OK)
            return;
        if (first)
            snprintf(reason, sizeof reason, "Run %u, a step before it in its ladder, failed.", run);
        first = false;
    }
}

static void on_end(void *context, const pool_end *end) {
    execution *all = context;
    batch *from = &all->batches[end->id];
    from->active = false;
    all->running--;
    schedule_ended(all->schedule, from->choice.handle);
    if (all->ending || all->error.status != ENTRAIN_OK || interrupt_requested())
        return;
    // In the order of their turns, before all others.
    for (uint32_t k = from->choice.count; k-- > from->at + 1;)
        schedule_return(all->schedule, from->choice.units[k], false);
    if (from->at >= from->choice.count)
        return;
    const uint32_t unit = from->choice.units[from->at];
    const bool from_outside = !from->timed_out && (told_to_end(end) || end->out_of_memory);
    if (from_outside && all->attempts[unit]++ == 0)
        schedule_return(all->schedule, unit, end->out_of_memory);
    else
        fail_unit(all, unit, from, end);
}

// ---- in the child

typedef struct child {
    const execution *all;
    const batch *given;
    FILE *lines;
} child;

static bool emit(void *context, json_t *entry) {
    const child *own = context;
    return json_dumpf(entry, own->lines, JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0 &&
           fputc('\n', own->lines) != EOF && fflush(own->lines) == 0;
}

// The parent has looked for them before the fork: the file itself is not the child's.
static const json_t *known(void *context, uint32_t unit, uint32_t probe) {
    const child *own = context;
    char key[KEY_BYTES];
    if (own->all->what->log == NULL)
        return NULL;
    key_of(own->all, own->all->plan->units[unit].first_run, probe, key);
    return journal_find(own->all->what->log, key);
}

static int carry_out(void *context, uint64_t id, FILE *lines) {
    const execution *all = context;
    child own = {.all = all, .given = &all->batches[id], .lines = lines};
    say_set_quiet(true);
    progress_forget();
    for (uint32_t k = 0; k < own.given->choice.count && !interrupt_requested(); k++) {
        const sweep_unit_job job = {.plan = all->plan,
                                    .unit = own.given->choice.units[k],
                                    .workers = own.given->choice.workers,
                                    .beside_others = own.given->choice.workers < all->workers,
                                    .timeout_s = all->what->timeout_s,
                                    .known = known,
                                    .emit = emit,
                                    .context = &own};
        sweep_unit_carry_out(&job);
    }
    return interrupt_requested() ? EXIT_INTERRUPTED : EXIT_DONE;
}

// ---- the parent's loop

static void look_for_probes(const execution *all, uint32_t unit) {
    const sweep_unit *one = &all->plan->units[unit];
    char key[KEY_BYTES];
    if (one->kind != SWEEP_FIND || all->what->log == NULL)
        return;
    for (int64_t probe = 0;; probe++) {
        key_of(all, one->first_run, probe, key);
        if (journal_find(all->what->log, key) == NULL)
            return;
    }
}

// False: no process could be had; what was chosen is pending again.
static bool begin(execution *all, const schedule_choice *choice) {
    uint64_t id = 0;
    while (all->batches[id].active)
        id++;
    batch *next = &all->batches[id];
    *next = (batch){.active = true, .choice = *choice};
    for (uint32_t k = 0; k < choice->count; k++)
        look_for_probes(all, choice->units[k]);
    // Memory is the schedule's to watch.
    const pool_job job = {.id = id, .workers = choice->workers, .body = carry_out, .context = all};
    const double before_s = wall_now_s();
    const entrain_status status = pool_begin(all->jobs, &job, &all->error);
    next->heard_s = next->at_s = wall_now_s();
    if (status == ENTRAIN_OK) {
        all->fork_s += next->at_s - before_s;
        schedule_set_overhead(all->schedule, all->fork_s / ++all->forks);
        all->running++;
        return true;
    }
    next->active = false;
    schedule_ended(all->schedule, choice->handle);
    for (uint32_t k = choice->count; k-- > 0;)
        schedule_return(all->schedule, choice->units[k], false);
    if (all->running > 0) // once one of them has ended there may be room for another
        all->error = (entrain_error){.status = ENTRAIN_OK};
    return false;
}

static void begin_all(execution *all) {
    schedule_choice choice;
    while (!interrupt_requested() && schedule_pick(all->schedule, wall_now_s(), &choice))
        if (!begin(all, &choice))
            return;
}

static void end_those_over_time(execution *all) {
    const double grace_s = all->what->grace_s > 0 ? all->what->grace_s : grace_default_s;
    for (uint32_t id = 0; id < all->batch_count; id++) {
        batch *one = &all->batches[id];
        if (!one->active || one->timed_out || all->what->timeout_s <= 0 ||
            wall_now_s() - one->heard_s < all->what->timeout_s + grace_s)
            continue;
        one->timed_out = true;
        pool_kill(all->jobs, id);
    }
}

static void forget_standstill(execution *all, double seconds) {
    for (uint32_t id = 0; id < all->batch_count; id++) {
        all->batches[id].stood_still = true;
        all->batches[id].heard_s += seconds;
        all->batches[id].at_s += seconds;
    }
}

static sweep_standing standing(const execution *all) {
    return (sweep_standing){.total = all->tally.total,
                            .done = all->tally.done,
                            .failed = all->tally.failed,
                            .earlier = all->tally.earlier,
                            .running = all->running,
                            .workers = all->workers,
                            .elapsed_s = wall_now_s() - all->begun_s,
                            .left_s = schedule_left_s(all->schedule, wall_now_s()),
                            .busy = pool_busy(all->jobs),
                            .last = all->last,
                            .row = all->last_row};
}

static void show_json(execution *all) {
    const sweep_standing now = standing(all);
    json_t *said = sweep_standing_json(&now);
    char *text = said != NULL ? json_dumps(said, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    if (text != NULL)
        fprintf(stderr, "%s\n", text);
    all->machine_s = wall_now_s();
    free(text);
    json_decref(said);
}

// All there is to say, for whoever asked.
static void answer(const execution *all) {
    const sweep_standing now = standing(all);
    char text[512], values[200];
    sweep_standing_text(&now, text, sizeof text);
    progress_clear();
    fprintf(stderr, "entrain: %s\n", text);
    fprintf(stderr, "entrain: %.0f %% of %s busy, since %s\n", 100 * now.busy,
            text_counted(all->workers, "worker").text, text_duration(now.elapsed_s).text);
    for (uint32_t id = 0; id < all->batch_count; id++) {
        const batch *one = &all->batches[id];
        if (!one->active || one->at >= one->choice.count)
            continue;
        const sweep_run *run = &all->plan->runs[all->plan->units[one->choice.units[one->at]].first_run];
        sweep_values_text(run->values, values, sizeof values);
        fprintf(stderr, "entrain: run %u (%s%sreplica %u) for %s on %s\n", run->index, values,
                values[0] != '\0' ? ", " : "", run->replica, text_duration(wall_now_s() - one->at_s).text,
                text_counted(one->choice.workers, "worker").text);
    }
}

static void show(execution *all) {
    if (interrupt_status_asked())
        answer(all);
    if (all->what->json && !all->what->quiet) {
        if (wall_now_s() - all->machine_s >= machine_pause_s)
            show_json(all);
    } else if (progress_is_due()) {
        const sweep_standing now = standing(all);
        char text[512];
        sweep_standing_text(&now, text, sizeof text);
        progress_text(text);
    }
}

static void carry_on(execution *all) {
    const bool terminal = isatty(STDERR_FILENO) == 1;
    begin_all(all);
    while (all->error.status == ENTRAIN_OK && !all->tally.stopped && !interrupt_requested() &&
           all->running > 0) {
        const double before_s = wall_now_s();
        const double wait_s = all->unsynced_s > 0 ? gather_s : terminal ? 0.1 : 0.5;
        all->heard = false;
        all->awake_s = before_s + wait_s;
        pool_wait(all->jobs, wait_s);
        // A row comes a moment before its child ends, and a disk takes its time: the next child works
        // meanwhile.
        begin_all(all);
        if (all->unsynced_s > 0 && (!all->heard || wall_now_s() - all->unsynced_s > sync_pause_s))
            sync_rows(all);
        const double gone_s = wall_now_s() - before_s;
        if (gone_s > wait_s + standstill_s)
            forget_standstill(all, gone_s - wait_s);
        end_those_over_time(all);
        show(all);
    }
    all->ending = true;
    pool_stop(all->jobs, patience_s);
    // What was done while they were told to stop is done.
    sync_rows(all);
}

// ---- beginning and end

static void find_earlier_rows(execution *all) {
    char key[KEY_BYTES];
    const bool some = all->what->log != NULL && journal_count(all->what->log) > 0;
    for (uint32_t run = 0; run < all->plan->run_count; run++) {
        if (!all->plan->runs[run].chosen)
            continue;
        all->tally.total++;
        key_of(all, run, -1, key);
        json_t *row = some ? journal_load(all->what->log, key) : NULL;
        if (is_row(all, row)) {
            all->rows[run] = row_kept(all, row);
            all->tally.earlier++;
            all->tally.done++;
            all->tally.failed += row_failed(row);
        }
        json_decref(row);
    }
}

static entrain_status prepare(execution *all, entrain_error *error_out) {
    static const entrain_status no = ENTRAIN_NO_MEMORY;
    const pool_watch watch = {.line = on_line, .ended = on_end, .context = all};
    all->rows = calloc((size_t)all->plan->run_count + 1, sizeof *all->rows);
    all->attempts = calloc((size_t)all->plan->unit_count + 1, 1);
    all->batch_count = all->workers + 1;
    all->batches = calloc(all->batch_count, sizeof *all->batches);
    if (all->rows == NULL || all->attempts == NULL || all->batches == NULL)
        return entrain_error_set(error_out, no, "There is no memory for the rows of %u runs.",
                                 all->plan->run_count);
    entrain_status status = pool_create(all->workers, 0, &watch, &all->jobs, error_out);
    if (status == ENTRAIN_OK)
        status = schedule_make(all->plan->units, all->plan->unit_count, all->workers, pool_bytes(all->jobs),
                               &all->schedule, error_out);
    if (status != ENTRAIN_OK)
        return status;
    find_earlier_rows(all);
    for (uint32_t turn = 0; turn < all->plan->unit_count; turn++)
        if (!unit_is_done(all, all->plan->turns[turn]))
            schedule_add(all->schedule, all->plan->turns[turn]);
    return ENTRAIN_OK;
}

entrain_status sweep_execute(const sweep_execution *what, json_t ***rows_out, sweep_tally *tally_out,
                             entrain_error *error_out) {
    execution all = {.what = what, .plan = what->plan, .begun_s = wall_now_s()};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction size_before;
    all.workers = what->workers > 0 ? what->workers : entrain_scheduler_cpus();
    sigaction(SIGXFSZ, &ignore, &size_before); // a journal that may not grow is a full disk, with a sentence
    entrain_status status = prepare(&all, error_out);
    if (status == ENTRAIN_OK) {
        progress_begin_text(what->quiet || what->json);
        carry_on(&all);
        if (what->json && !what->quiet)
            show_json(&all);
        progress_end();
        status = all.error.status;
        if (status != ENTRAIN_OK && error_out != NULL)
            *error_out = all.error;
        all.tally.interrupted = interrupt_requested() && all.tally.done < all.tally.total;
        all.tally.stopped = all.tally.stopped && all.tally.done < all.tally.total;
        all.tally.wall_s = wall_now_s() - all.begun_s;
        all.tally.busy = pool_busy(all.jobs);
    }
    all.ending = true;
    pool_destroy(all.jobs);
    schedule_free(all.schedule);
    sigaction(SIGXFSZ, &size_before, NULL);
    free(all.batches);
    free(all.attempts);
    json_decref(all.last_row);
    if (status == ENTRAIN_OK) {
        *rows_out = all.rows;
        *tally_out = all.tally;
    } else {
        sweep_rows_free(all.rows, what->plan->run_count);
    }
    return status;
}

json_t *sweep_row_at(json_t *const *rows, const journal *log, uint32_t run) {
    char key[KEY_BYTES];
    if (!json_is_true(rows[run]))
        return json_incref(rows[run]);
    snprintf(key, sizeof key, "%u", run);
    return journal_load(log, key);
}

void sweep_rows_free(json_t **rows, uint32_t count) {
    for (uint32_t run = 0; rows != NULL && run < count; run++)
        json_decref(rows[run]);
    free(rows);
}
