// A sweep carried out: every run has its row, whatever becomes of the processes that do it; what was
// journaled is not done again; interrupted anywhere and resumed it ends with the same rows. The units' work
// is a fake of this file's.
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sims/interrupt.h"
#include "sims/say.h"
#include "sims/sweep_execute.h"
#include "sims/sweep_unit.h"

enum { RUNS_MAX = 2000 };

static char folder[] = "/tmp/entrain-execute.XXXXXX";
static char path[64];

// What happens to a run, and what is counted; both known to all processes.
typedef enum fate {
    FATE_DONE,
    FATE_FAILS,   // an entry says so
    FATE_SILENT,  // no entry
    FATE_CRASHES, // SIGSEGV
    FATE_EXITS,
    FATE_KILLED,      // as by the kernel, each time
    FATE_KILLED_ONCE, // the first time
    FATE_TOLD_ONCE,   // SIGTERM by somebody, the first time
    FATE_HANGS,
    FATE_LATE_ONCE, // its time is over, the first time
} fate;
typedef struct shared {
    unsigned char fates[RUNS_MAX];
    _Atomic unsigned begun[RUNS_MAX], probes;
    _Atomic unsigned workers_most;
    double takes_s; // of the processor, each run
} shared;
static shared *world;

static void work(double seconds) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    const double until_s = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec + seconds;
    while ((double)now.tv_sec + 1e-9 * (double)now.tv_nsec < until_s && !interrupt_requested())
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
}

static void wait_s(double seconds) {
    const struct timespec time = {.tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL); // rooms: allowed, because a process shall be killed in the midst of its work
}

static double timeout_s;

static void die(int number) {
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(number, SIG_DFL); // a sanitizer would make an exit of it
    raise(number);
}

static bool done(const sweep_unit_job *job, uint32_t run, const char *status) {
    json_t *entry = json_pack("{s:i, s:s, s:{s:f, s:s}, s:f}", "run", (int)run, "status", status, "result",
                              "coherence", 1 / (3.0 + run), "fingerprint", "0123456789abcdef", "wall_s",
                              world->fates[run] == FATE_LATE_ONCE ? 0.2 : 0.1);
    if (strcmp(status, "failed") == 0)
        json_object_set_new(entry, "reason", json_string("It was to fail."));
    const bool taken = job->emit(job->context, entry);
    json_decref(entry);
    return taken;
}

void __wrap_sweep_unit_carry_out(const sweep_unit_job *job);
void __wrap_sweep_unit_carry_out(const sweep_unit_job *job) {
    const sweep_unit *unit = &job->plan->units[job->unit];
    if (job->workers > world->workers_most)
        world->workers_most = job->workers;
    for (uint32_t probe = 0; unit->kind == SWEEP_FIND && probe < 6; probe++) {
        if (job->known(job->context, job->unit, probe) != NULL)
            continue;
        work(world->takes_s);
        if (interrupt_requested())
            return;
        world->probes++;
        json_t *entry =
            json_pack("{s:i, s:i, s:f}", "run", (int)unit->first_run, "probe", (int)probe, "value", 0.5);
        job->emit(job->context, entry);
        json_decref(entry);
    }
    for (uint32_t run = unit->first_run; run < unit->first_run + unit->run_count; run++) {
        const bool again = world->begun[run]++ > 0;
        work(world->takes_s);
        if (interrupt_requested())
            return;
        switch ((fate)world->fates[run]) {
        case FATE_DONE:
            break;
        case FATE_FAILS:
            done(job, run, "failed");
            continue;
        case FATE_SILENT:
            return;
        case FATE_CRASHES:
            die(SIGSEGV);
            break;
        case FATE_EXITS:
            _exit(9);
        case FATE_KILLED:
            die(SIGKILL);
            break;
        case FATE_KILLED_ONCE:
            if (!again)
                die(SIGKILL);
            break;
        case FATE_TOLD_ONCE:
            if (!again)
                die(SIGTERM);
            break;
        case FATE_LATE_ONCE:
            if (!again) {
                wait_s(0.5);
                done(job, run, "failed");
                continue;
            }
            break;
        case FATE_HANGS:
            pause();
            break;
        }
        if (!done(job, run, "done"))
            return;
    }
}

// ---- plans

static sweep_plan plan;
static sweep_run runs[RUNS_MAX];
static sweep_unit units[RUNS_MAX];
static uint32_t turns[RUNS_MAX];

static void add_unit(sweep_kind kind, uint32_t run_count, double cost) {
    units[plan.unit_count] = (sweep_unit){.kind = kind,
                                          .first_run = plan.run_count,
                                          .run_count = run_count,
                                          .chosen = true,
                                          .cost = cost,
                                          .bytes = 9000000};
    turns[plan.unit_count] = plan.unit_count;
    for (uint32_t k = 0; k < run_count; k++, plan.run_count++)
        runs[plan.run_count] = (sweep_run){.index = plan.run_count,
                                           .unit = plan.unit_count,
                                           .replica = 1,
                                           .chosen = true,
                                           .values = json_pack("{s:i}", "swarm.size", (int)plan.run_count)};
    plan.unit_count++;
}

static int begin(void **unused) {
    (void)unused;
    unlink(path);
    for (uint32_t run = 0; run < plan.run_count; run++)
        json_decref(runs[run].values);
    memset(world, 0, sizeof *world);
    plan = (sweep_plan){.name = "fake", .path = "fake", .runs = runs, .units = units, .turns = turns};
    return 0;
}

static void singles(uint32_t count, double cost) {
    for (uint32_t k = 0; k < count; k++)
        add_unit(SWEEP_SINGLE, 1, cost);
}

static journal *journal_at(const char *where) {
    journal *log = NULL;
    entrain_error error;
    json_t *header = json_pack("{s:s}", "format", "test");
    if (access(where, F_OK) == 0)
        CHECK_OK(journal_open(where, NULL, &log, &error), error);
    else
        CHECK_OK(journal_create(where, header, &log, &error), error);
    json_decref(header);
    return log;
}

static sweep_execution given(journal *log, uint32_t workers) {
    return (sweep_execution){.plan = &plan, .log = log, .scope = "", .workers = workers, .quiet = true};
}

static const char *text_of(const json_t *row, const char *key) {
    const char *text = json_string_value(json_object_get(row, key));
    return text != NULL ? text : "";
}

static void check_done(const json_t *row, uint32_t run) {
    assert_non_null(row);
    assert_int_equal(json_integer_value(json_object_get(row, "run")), run);
    assert_string_equal(text_of(row, "status"), "done");
    assert_true(json_number_value(json_object_get(json_object_get(row, "result"), "coherence")) ==
                1 / (3.0 + run));
}

static void check_reason(const json_t *row, const char *words) {
    assert_string_equal(text_of(row, "status"), "failed");
    if (strstr(text_of(row, "reason"), words) == NULL)
        fail_msg("the reason \"%s\" does not say \"%s\"", text_of(row, "reason"), words);
}

static sweep_tally execute(const sweep_execution *what, json_t ***rows) {
    sweep_tally tally = {0};
    entrain_error error;
    CHECK_OK(sweep_execute(what, rows, &tally, &error), error);
    return tally;
}

// ---- tests

static void test_every_run_has_its_row(void **unused) {
    (void)unused;
    for (uint32_t workers = 1; workers <= 3; workers++) {
        begin(NULL);
        singles(30, 0.001);
        add_unit(SWEEP_LADDER, 5, 0.1);
        add_unit(SWEEP_FIND, 1, 0.1);
        singles(10, 1);
        journal *log = workers < 3 ? journal_at(path) : NULL;
        sweep_execution what = given(log, workers);
        json_t **rows = NULL;
        sweep_tally tally = execute(&what, &rows);
        assert_int_equal(tally.total, plan.run_count);
        assert_int_equal(tally.done, plan.run_count);
        assert_int_equal(tally.failed + tally.earlier, 0);
        assert_false(tally.interrupted || tally.stopped);
        for (uint32_t run = 0; run < plan.run_count; run++)
            check_done(rows[run], run);
        sweep_rows_free(rows, plan.run_count);
        if (log == NULL)
            continue;
        journal_close(log);
        log = journal_at(path);
        assert_int_equal(journal_count(log), plan.run_count + 6);
        what.log = log;
        tally = execute(&what, &rows); // there is nothing to do
        assert_int_equal(tally.earlier, plan.run_count);
        for (uint32_t run = 0; run < plan.run_count; run++) {
            check_done(rows[run], run);
            assert_int_equal(world->begun[run], 1);
        }
        sweep_rows_free(rows, plan.run_count);
        journal_close(log);
    }
}

static void test_only_what_is_chosen(void **unused) {
    (void)unused;
    singles(6, 0.1);
    add_unit(SWEEP_LADDER, 4, 0.1);
    runs[2].chosen = units[2].chosen = false;
    runs[6].chosen = false;
    const sweep_execution what = given(NULL, 2);
    json_t **rows = NULL;
    const sweep_tally tally = execute(&what, &rows);
    assert_int_equal(tally.total, 8);
    assert_int_equal(tally.done, 8);
    for (uint32_t run = 0; run < plan.run_count; run++)
        if (run == 2 || run == 6)
            assert_null(rows[run]);
        else
            check_done(rows[run], run);
    assert_int_equal(world->begun[2], 0);
    sweep_rows_free(rows, plan.run_count);
}

static void test_failures_are_rows(void **unused) {
    (void)unused;
    singles(24, 0.001); // in batches
    add_unit(SWEEP_LADDER, 5, 0.1);
    world->fates[1] = FATE_FAILS;
    world->fates[4] = FATE_CRASHES;
    world->fates[6] = FATE_EXITS;
    world->fates[8] = FATE_SILENT;
    world->fates[10] = FATE_KILLED;
    world->fates[12] = FATE_KILLED_ONCE;
    world->fates[14] = FATE_TOLD_ONCE;
    world->fates[20] = FATE_HANGS;
    world->fates[26] = FATE_CRASHES; // the third step
    journal *log = journal_at(path);
    sweep_execution what = given(log, 2);
    what.timeout_s = 0.2;
    what.grace_s = 0.1;
    json_t **rows = NULL;
    sweep_tally tally = execute(&what, &rows);
    assert_int_equal(tally.done, plan.run_count);
    assert_int_equal(tally.failed, 9);
    check_reason(rows[1], "It was to fail.");
    check_reason(rows[4], "crashed: Segmentation fault (SIGSEGV)");
    check_reason(rows[6], "exit code 9");
    check_reason(rows[8], "without a result");
    check_reason(rows[10], "memory ran out");
    assert_true(world->begun[10] >= 2);
    assert_true(world->begun[12] >= 2);
    assert_true(world->begun[14] >= 2);
    check_reason(rows[20], "0.2 s of --timeout were over, and was killed");
    check_reason(rows[26], "crashed");
    check_reason(rows[27], "Run 26, a step before it in its ladder, failed.");
    check_reason(rows[28], "Run 26,");
    static const uint32_t failed[] = {1, 4, 6, 8, 10, 20, 26, 27, 28};
    for (uint32_t run = 0, at = 0; run < plan.run_count; run++)
        if (at < 9 && run == failed[at])
            at++;
        else
            check_done(rows[run], run);
    sweep_rows_free(rows, plan.run_count);
    // Failures are results: they are not tried again.
    tally = execute(&what, &rows);
    assert_int_equal(tally.failed, 9);
    assert_int_equal(tally.earlier, plan.run_count);
    assert_int_equal(world->begun[4], 1);
    sweep_rows_free(rows, plan.run_count);
    journal_close(log);
}

static void test_the_first_failure_may_end_it(void **unused) {
    (void)unused;
    singles(100, 1);
    world->takes_s = 0.005;
    world->fates[5] = FATE_CRASHES;
    journal *log = journal_at(path);
    sweep_execution what = given(log, 2);
    what.on_error_stop = true;
    json_t **rows = NULL;
    sweep_tally tally = execute(&what, &rows);
    assert_true(tally.stopped);
    assert_int_equal(tally.failed, 1);
    assert_true(tally.done < plan.run_count); // how many: what children had been given by then
    sweep_rows_free(rows, plan.run_count);
    tally = execute(&what, &rows); // resumed: the failure was known
    assert_false(tally.stopped);
    assert_int_equal(tally.done, 100);
    sweep_rows_free(rows, plan.run_count);
    journal_close(log);
}

static void test_a_search_goes_on_with_its_probes(void **unused) {
    (void)unused;
    add_unit(SWEEP_FIND, 1, 1);
    add_unit(SWEEP_FIND, 1, 1);
    journal *log = journal_at(path);
    entrain_error error;
    for (int probe = 0; probe < 4; probe++) {
        char key[16];
        snprintf(key, sizeof key, "a/1.%d", probe);
        json_t *entry = json_pack("{s:i, s:i}", "run", 1, "probe", probe);
        CHECK_OK(journal_append(log, key, entry, &error), error);
        json_decref(entry);
    }
    journal_close(log);
    log = journal_at(path);
    sweep_execution what = given(log, 1);
    what.scope = "a/";
    json_t **rows = NULL;
    const sweep_tally tally = execute(&what, &rows);
    assert_int_equal(tally.done, 2);
    assert_int_equal(world->probes, 6 + 2);
    assert_non_null(journal_find(log, "a/0.5"));
    assert_non_null(journal_find(log, "a/1"));
    sweep_rows_free(rows, plan.run_count);
    journal_close(log);
}

// What stands in a journal and is no row, written by hand, is carried out.
static void test_rows_by_hand(void **unused) {
    (void)unused;
    static const char *const given_rows[] = {"{}", "{\"status\":\"done\"}", "{\"status\":5,\"result\":{}}",
                                             "{\"status\":\"failed\"}",
                                             "{\"status\":\"failed\",\"reason\":\"It was to fail.\"}"};
    entrain_error error;
    singles(5, 0.01);
    journal *log = journal_at(path);
    for (int run = 0; run < 5; run++) {
        char key[16];
        snprintf(key, sizeof key, "%d", run);
        json_t *entry = json_loads(given_rows[run], 0, NULL);
        CHECK_OK(journal_append(log, key, entry, &error), error);
        json_decref(entry);
    }
    const sweep_execution what = given(log, 1);
    json_t **rows = NULL;
    const sweep_tally tally = execute(&what, &rows);
    assert_int_equal(tally.earlier, 1);
    for (uint32_t run = 0; run < 4; run++)
        check_done(rows[run], run);
    check_reason(rows[4], "It was to fail.");
    sweep_rows_free(rows, plan.run_count);
    journal_close(log);
}

// Those whose time was over are done again where they are allowed more.
static void test_more_time(void **unused) {
    (void)unused;
    singles(4, 0.01);
    add_unit(SWEEP_LADDER, 3, 0.01);
    world->fates[1] = world->fates[5] = FATE_LATE_ONCE;
    world->fates[2] = world->fates[6] = FATE_FAILS;
    const double allowed_s[] = {0.15, 0.15, 0.25, 0};
    for (int turn = 0; turn < 4; turn++) {
        journal *log = journal_at(path);
        sweep_execution what = given(log, 1);
        what.timeout_s = allowed_s[turn];
        json_t **rows = NULL;
        const sweep_tally tally = execute(&what, &rows);
        assert_int_equal(tally.failed, turn < 2 ? 4 : 2);
        assert_int_equal(tally.earlier, turn == 0 ? 0 : turn == 2 ? 4 : 7);
        check_reason(rows[2], "It was to fail.");
        if (turn >= 2)
            check_done(rows[1], 1);
        sweep_rows_free(rows, plan.run_count);
        journal_close(log);
    }
    assert_int_equal(world->begun[1], 2);
    assert_int_equal(world->begun[2], 1);
    assert_int_equal(world->begun[6], 2);
}

// Of very many runs rows stay in the journal.
static void test_lean(void **unused) {
    (void)unused;
    singles(20, 0.01);
    world->fates[3] = FATE_FAILS;
    for (uint32_t turn = 0; turn < 2; turn++) {
        journal *log = journal_at(path);
        sweep_execution what = given(log, 2);
        what.lean = true;
        json_t **rows = NULL;
        const sweep_tally tally = execute(&what, &rows);
        assert_int_equal(tally.done, 20);
        assert_int_equal(tally.failed, 1);
        assert_int_equal(tally.earlier, turn * 20);
        for (uint32_t run = 0; run < 20; run++) {
            assert_ptr_equal(rows[run], json_true());
            json_t *row = sweep_row_at(rows, log, run);
            if (run == 3)
                check_reason(row, "It was to fail.");
            else
                check_done(row, run);
            assert_int_equal(row->refcount, 1); // nobody keeps it
            json_decref(row);
        }
        sweep_rows_free(rows, plan.run_count);
        journal_close(log);
    }
}

static void test_large_ones_have_more_workers(void **unused) {
    (void)unused;
    singles(20, 0.01);
    add_unit(SWEEP_SINGLE, 1, 100);
    units[20].bytes = 100000000;
    const sweep_execution what = given(NULL, 3);
    json_t **rows = NULL;
    execute(&what, &rows);
    assert_int_equal(world->workers_most, 3);
    assert_int_equal(json_integer_value(json_object_get(rows[20], "workers")), 3);
    assert_int_equal(json_integer_value(json_object_get(rows[1], "workers")), 1);
    sweep_rows_free(rows, plan.run_count);
}

// A disk that is full ends it with a sentence; once there is room the rest is done.
static void test_full_disk(void **unused) {
    (void)unused;
    singles(60, 1);
    journal *log = journal_at(path);
    struct rlimit before, tight;
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 2500;
    sweep_execution what = given(log, 2);
    sweep_tally tally = {0};
    json_t **rows = NULL;
    entrain_error error;
    setrlimit(RLIMIT_FSIZE, &tight);
    const entrain_status status = sweep_execute(&what, &rows, &tally, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, ENTRAIN_IO);
    assert_non_null(strstr(error.sentence, "make room and go on"));
    journal_close(log);
    what.log = log = journal_at(path);
    assert_true(journal_count(log) >= 5 && journal_count(log) < 30);
    tally = execute(&what, &rows);
    assert_true(tally.earlier >= 5);
    for (uint32_t run = 0; run < 60; run++)
        check_done(rows[run], run);
    sweep_rows_free(rows, plan.run_count);
    journal_close(log);
}

// ---- as a process of its own, with its stderr in a file; handlers of signals are installed

static pid_t start(uint32_t workers, bool json, const char *said) {
    fflush(NULL);
    const pid_t parent = getpid(), process = fork();
    if (process != 0)
        return process;
    (void)parent;
    const int file = open(said, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || dup2(file, STDERR_FILENO) < 0)
        _exit(99);
    interrupt_install();
    journal *log = NULL;
    json_t **rows = NULL, *header = json_object();
    sweep_tally tally = {0};
    entrain_error error;
    // A lock that is still held by one that was killed would be found here.
    if ((access(path, F_OK) == 0 ? journal_open(path, NULL, &log, &error)
                                 : journal_create(path, header, &log, &error)) != ENTRAIN_OK) {
        fprintf(stderr, "%s\n", error.sentence);
        _exit(98);
    }
    sweep_execution what = given(log, workers);
    what.json = json;
    what.quiet = !json;
    what.timeout_s = timeout_s;
    if (sweep_execute(&what, &rows, &tally, &error) != ENTRAIN_OK)
        _exit(97);
    journal_close(log);
    _exit(tally.interrupted ? 130 : tally.done == tally.total ? 0 : 96);
}

static char *read_all(const char *name) {
    static char text[100000];
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void test_a_status_on_request(void **unused) {
    (void)unused;
    char said[80];
    snprintf(said, sizeof said, "%s.said", path);
    singles(200, 1);
    world->takes_s = 0.01;
    const pid_t process = start(2, true, said);
    while (world->begun[20] == 0)
        wait_s(0.01);
    kill(process, SIGUSR1);
    int how = 0;
    waitpid(process, &how, 0);
    assert_int_equal(how, 0);
    char *text = read_all(said);
    assert_non_null(strstr(text, " of 200 runs  "));
    assert_non_null(strstr(text, "% of 2 workers busy, since "));
    assert_non_null(strstr(text, "replica 1) for "));
    assert_non_null(strstr(text, " on 1 worker\n"));
    // And a line of JSON a second, the last one at the end.
    unsigned lines = 0;
    json_int_t last = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *progress = line[0] == '{' ? json_loads(line, 0, NULL) : NULL;
        if (progress != NULL) {
            assert_string_equal(text_of(progress, "event"), "progress");
            assert_true(json_integer_value(json_object_get(progress, "done")) >= last);
            last = json_integer_value(json_object_get(progress, "done"));
            assert_true(json_is_number(json_object_get(json_object_get(progress, "last"), "coherence")));
            lines++;
        }
        json_decref(progress);
    }
    assert_true(lines >= 2);
    assert_int_equal(last, 200);
    unlink(said);
}

static unsigned kills = 8;

// Stopped for a while (Ctrl-Z): runs whose clock went on meanwhile have another try.
static void test_a_standstill(void **unused) {
    (void)unused;
    char said[80];
    snprintf(said, sizeof said, "%s.said", path);
    if (kills <= 8) // it takes its time
        skip();
    singles(6, 1);
    add_unit(SWEEP_LADDER, 3, 1);
    world->fates[2] = world->fates[7] = FATE_LATE_ONCE;
    world->fates[4] = FATE_FAILS;
    timeout_s = 0.15;
    const pid_t process = start(1, false, said);
    for (const uint32_t *late = (const uint32_t[]){2, 7, 0}; *late != 0; late++) {
        while (world->begun[*late] == 0)
            wait_s(0.01);
        kill(process, SIGSTOP);
        wait_s(6);
        kill(process, SIGCONT);
    }
    int how = 0;
    waitpid(process, &how, 0);
    assert_int_equal(how, 0);
    timeout_s = 0;
    journal *log = journal_at(path);
    for (uint32_t run = 0; run < plan.run_count; run++) {
        char key[16];
        snprintf(key, sizeof key, "%u", run);
        if (run == 4)
            check_reason(journal_find(log, key), "It was to fail.");
        else
            check_done(journal_find(log, key), run);
        assert_int_equal(world->begun[run], run == 2 || run >= 6 ? 2 : 1);
    }
    journal_close(log);
    unlink(said);
}

// Killed (-9) and interrupted (Ctrl-C) at random moments, resumed until it ends.
static void test_killed_and_resumed(void **unused) {
    (void)unused;
    uint64_t draws = 20261121;
    unsigned killed = 0, rounds = 0;
    char said[80];
    snprintf(said, sizeof said, "%s.said", path);
    while (killed < kills) {
        begin(NULL);
        add_unit(SWEEP_LADDER, 4, 1);
        add_unit(SWEEP_FIND, 1, 1);
        singles(40, 0.02);
        singles(10, 1);
        world->fates[7] = FATE_CRASHES;
        world->fates[20] = FATE_FAILS;
        world->takes_s = 0.004;
        const uint32_t workers = 1 + rounds++ % 3;
        int how = -1;
        const unsigned most = killed + 3 < kills ? killed + 3 : kills;
        for (unsigned attempt = 0; how != 0; attempt++) {
            assert_true(attempt < 200);
            const pid_t process = start(workers, false, said);
            draws = draws * 6364136223846793005ull + 1442695040888963407ull;
            wait_s((double)(draws >> 40) / (double)(1 << 24) * 0.1);
            if (killed < most) {
                kill(process, draws & 1 << 20 ? SIGKILL : SIGINT);
                killed++;
            }
            waitpid(process, &how, 0);
            if (WIFSIGNALED(how))
                assert_true(WTERMSIG(how) == SIGKILL ||
                            WTERMSIG(how) == SIGINT); // before its handler was there
            else if (WEXITSTATUS(how) != 0 && WEXITSTATUS(how) != 130)
                fail_msg("exit code %d: %s", WEXITSTATUS(how), read_all(said));
        }
        journal *log = journal_at(path);
        assert_int_equal(journal_count(log), plan.run_count + 6);
        for (uint32_t run = 0; run < plan.run_count; run++) {
            char key[16];
            snprintf(key, sizeof key, "%u", run);
            if (run == 7)
                check_reason(journal_find(log, key), "SIGSEGV");
            else if (run == 20)
                check_reason(journal_find(log, key), "It was to fail.");
            else
                check_done(journal_find(log, key), run);
        }
        journal_close(log);
    }
    unlink(said);
    print_message("%u kills, %u sweeps\n", killed, rounds);
}

int main(int argc, char **argv) {
    if (argc > 1)
        kills = (unsigned)atoi(argv[1]);
    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (world == MAP_FAILED || mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/runs.jsonl", folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_run_has_its_row, begin),
        cmocka_unit_test_setup(test_only_what_is_chosen, begin),
        cmocka_unit_test_setup(test_failures_are_rows, begin),
        cmocka_unit_test_setup(test_the_first_failure_may_end_it, begin),
        cmocka_unit_test_setup(test_a_search_goes_on_with_its_probes, begin),
        cmocka_unit_test_setup(test_rows_by_hand, begin),
        cmocka_unit_test_setup(test_more_time, begin),
        cmocka_unit_test_setup(test_lean, begin),
        cmocka_unit_test_setup(test_large_ones_have_more_workers, begin),
        cmocka_unit_test_setup(test_full_disk, begin),
        cmocka_unit_test_setup(test_a_status_on_request, begin),
        cmocka_unit_test_setup(test_a_standstill, begin),
        cmocka_unit_test_setup(test_killed_and_resumed, begin),
    };
    const int failed = cmocka_run_group_tests_name("sweep_execute", tests, NULL, NULL);
    begin(NULL);
    unlink(path);
    rmdir(folder);
    return failed;
}
