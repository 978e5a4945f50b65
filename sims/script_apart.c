// One run of a script in a process of its own: what it crashes with, or needs of memory, is not the script's.
#include <stdlib.h>
#include <string.h>

#include "sims/control_run.h"
#include "sims/interrupt.h"
#include "sims/options.h"
#include "sims/pool.h"
#include "sims/run_once.h"
#include "sims/say.h"
#include "sims/script_calls.h"

// What a run may take beyond its time: it ends at a tick boundary, and the last tick may be long.
static const double grace_s = 10, patience_s = 5;

typedef struct apart {
    const script_run_job *job;
    json_t *entry;
    pool_end end;
    bool ended;
} apart;

// --- In the run's process

static json_t *entry_of(const script_run_job *job, run_end end, const json_t *summary,
                        const json_t *execution, const char *sentence) {
    json_t *entry = json_object();
    char late[80];
    if (end == RUN_END_TIMEOUT) {
        snprintf(late, sizeof late, "it was not done within its %g s", job->timeout_s);
        sentence = late;
    }
    const bool done = end == RUN_END_DURATION || end == RUN_END_STOP;
    json_object_set_new(entry, "status", json_string(done ? "done" : "failed"));
    if (done) {
        json_object_set_new(entry, "result", result_row(summary));
        json_object_set(entry, "summary", (json_t *)summary);
    } else {
        json_object_set_new(entry, "reason", json_string(sentence));
    }
    json_t *speed = json_object_get(execution, "ticks_per_s");
    if (done && speed != NULL)
        json_object_set(entry, "ticks_per_s", speed);
    return entry;
}

static int run_and_tell(void *context, uint64_t id, FILE *lines) {
    (void)id;
    const script_run_job *job = ((const apart *)context)->job;
    json_t *summary = NULL, *execution = NULL;
    entrain_error error = {0};
    const run_once_plan plan = {.given = job->given,
                                .name = job->name,
                                .where = job->where,
                                .timeout_s = job->timeout_s,
                                .control = control_applies(job->given) &&
                                           job->given->swarm.size <= CONTROL_AGENTS_MAX,
                                .quiet = job->quiet,
                                .progress = !job->quiet};
    const run_end end = run_once(&plan, &summary, &execution, &error);
    if (end == RUN_END_INTERRUPTED)
        return EXIT_INTERRUPTED;
    json_t *entry = entry_of(job, end, summary, execution, error.sentence);
    const bool told = json_dumpf(entry, lines, JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0 &&
                      fputc('\n', lines) != EOF && fflush(lines) == 0;
    return told ? EXIT_DONE : EXIT_FAILED;
}

// --- In the script's

static void on_line(void *context, uint64_t id, const char *text) {
    (void)id;
    apart *run = context;
    json_decref(run->entry);
    run->entry = json_loads(text, 0, NULL);
}

static void on_end(void *context, const pool_end *end) {
    apart *run = context;
    run->end = *end;
    run->ended = true;
}

// What became of a run whose process told nothing.
static json_t *entry_of_end(const pool_end *end) {
    char reason[200];
    if (end->out_of_memory)
        snprintf(reason, sizeof reason,
                 "its process was killed, most likely because the machine had no more memory for it");
    else if (end->signal != 0)
        snprintf(reason, sizeof reason, "its process was ended by signal %d (%s)", end->signal,
                 strsignal(end->signal));
    else
        snprintf(reason, sizeof reason, "its process ended with code %d and told nothing", end->code);
    return json_pack("{s:s, s:s}", "status", "failed", "reason", reason);
}

// SIGUSR1, also where nothing else is shown.
static void answer(const script_run_job *job, double begun_s) {
    fprintf(stderr, "entrain: %s: run %u (%s, %s) goes on for %s; %u done before it, %u of them failed\n",
            job->name, job->before + 1, job->given->title, text_counted(job->given->swarm.size, "actor").text,
            text_duration(wall_now_s() - begun_s).text, job->before, job->failed);
    fflush(stderr);
}

entrain_status script_run_apart(const script_run_job *job, json_t **entry_out, entrain_error *error_out) {
    apart run = {.job = job};
    const pool_watch watch = {.line = on_line, .ended = on_end, .context = &run};
    const uint32_t workers = job->given->swarm.engine.scheduler.worker_count;
    pool *jobs = NULL;
    entrain_status status = pool_create(workers > 0 ? workers : 1, 0, &watch, &jobs, error_out);
    if (status != ENTRAIN_OK)
        return status;
    const pool_job one = {.workers = workers > 0 ? workers : 1, .body = run_and_tell, .context = &run};
    status = pool_begin(jobs, &one, error_out);
    const double begun_s = wall_now_s(), end_s = job->timeout_s > 0 ? begun_s + job->timeout_s + grace_s : 0;
    while (status == ENTRAIN_OK && !run.ended && !interrupt_requested()) {
        pool_wait(jobs, 1);
        if (interrupt_status_asked())
            answer(job, begun_s);
        if (end_s > 0 && !run.ended && wall_now_s() > end_s)
            pool_stop(jobs, 0); // it hangs within a tick
    }
    pool_stop(jobs, patience_s);
    pool_destroy(jobs);
    if (status != ENTRAIN_OK)
        return status;
    if (run.entry == NULL && (interrupt_requested() || run.end.code == EXIT_INTERRUPTED))
        return entrain_error_set(error_out, ENTRAIN_CANCELLED, "%s: the run was interrupted.", job->where);
    if (run.entry == NULL)
        run.entry = entry_of_end(&run.end);
    json_object_set_new(run.entry, "wall_s", json_real(run.end.wall_s));
    json_object_set_new(run.entry, "resident_bytes", json_integer((json_int_t)run.end.resident_bytes_max));
    *entry_out = run.entry;
    return ENTRAIN_OK;
}
