// Children side by side: what they write arrives whole and in order, how they end is told, and whatever
// happens to them or to their parent, nothing of them stays.
#include "tests/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sims/pool.h"
#include "sims/say.h"

enum { JOBS = 64 };

typedef struct seen {
    unsigned ends, lines[JOBS], wrong;
    pool_end end[JOBS];
    char last[JOBS][64];
} seen;
static seen all;

static void on_line(void *context, uint64_t id, const char *text) {
    (void)context;
    all.lines[id]++;
    all.wrong += all.end[id].workers != 0; // a line after the end
    snprintf(all.last[id], sizeof all.last[id], "%.60s", text);
}

static void on_end(void *context, const pool_end *end) {
    (void)context;
    all.ends++;
    all.end[end->id] = *end;
}

static pool *make(uint32_t workers, size_t bytes) {
    static const pool_watch watch = {.line = on_line, .ended = on_end};
    pool *jobs = NULL;
    entrain_error error;
    memset(&all, 0, sizeof all);
    CHECK_OK(pool_create(workers, bytes, &watch, &jobs, &error), error);
    return jobs;
}

static void begin(pool *jobs, uint64_t id, int (*body)(void *, uint64_t, FILE *)) {
    entrain_error error;
    const pool_job job = {.id = id, .workers = 1, .body = body};
    CHECK_OK(pool_begin(jobs, &job, &error), error);
}

static void finish(pool *jobs) {
    const double until_s = wall_now_s() + 60;
    while (pool_wait(jobs, 1) > 0)
        assert_true(wall_now_s() < until_s);
}

static int none_left(void **state) {
    (void)state;
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return 0;
}

static int count_files(void) {
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 3; // ., .., and the folder's own
}

// Waits for a signal; a parent that is gone ends it.
static int wait_body(void *context, uint64_t id, FILE *lines) {
    (void)context, (void)id;
    fprintf(lines, "%d\n", getpid());
    fflush(lines);
    while (pause() == -1)
        continue;
    return 0;
}

static int lines_body(void *context, uint64_t id, FILE *lines) {
    (void)context;
    for (unsigned k = 0; k < 3000; k++)
        fprintf(lines, "%llu %u %*s\n", (unsigned long long)id, k, k % 7 == 0 ? 500 : 1, "");
    fprintf(lines, "not whole");
    return (int)id;
}

static void test_lines_and_ends(void **state) {
    (void)state;
    pool *jobs = make(3, 0);
    uint64_t next = 0;
    do
        while (next < 20 && pool_has_room(jobs, 1, 0))
            begin(jobs, next++, lines_body);
    while (pool_wait(jobs, 1) > 0 || next < 20);
    assert_int_equal(all.ends, 20);
    assert_int_equal(all.wrong, 0);
    for (int id = 0; id < 20; id++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "%d 2999 ", id);
        assert_int_equal(all.lines[id], 3000);
        assert_memory_equal(all.last[id], wanted, strlen(wanted));
        assert_int_equal(all.end[id].code, id);
        assert_int_equal(all.end[id].signal, 0);
        assert_true(all.end[id].resident_bytes_max > 100000);
    }
    pool_destroy(jobs);
}

static int long_body(void *context, uint64_t id, FILE *lines) {
    (void)context, (void)id;
    for (int k = 0; k < 5 << 20; k++)
        fputc('a' + k % 26, lines);
    fprintf(lines, "\nend\n");
    return 0;
}

static void test_a_long_line(void **state) {
    (void)state;
    pool *jobs = make(1, 0);
    begin(jobs, 0, long_body);
    finish(jobs);
    assert_int_equal(all.lines[0], 2);
    assert_string_equal(all.last[0], "end");
    pool_destroy(jobs);
}

static int die_body(void *context, uint64_t id, FILE *lines) {
    (void)context;
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGSEGV, SIG_DFL); // a sanitizer would make an exit of it
    signal(SIGABRT, SIG_DFL);
    fprintf(lines, "first\n");
    fflush(lines);
    switch (id) {
    case 0:
        raise(SIGSEGV);
        break;
    case 1:
        raise(SIGABRT);
        break;
    case 2:
        raise(SIGKILL);
        break;
    case 3:
        _exit(7);
    case 4:
        pause();
        break; // killed by us
    default:
        break;
    }
    fprintf(lines, "second\n");
    return 0;
}

static void test_a_crash_is_one_of_them(void **state) {
    (void)state;
    pool *jobs = make(8, 0);
    for (uint64_t id = 0; id < 8; id++)
        begin(jobs, id, die_body);
    while (all.lines[4] == 0)
        pool_wait(jobs, 1);
    pool_kill(jobs, 4);
    finish(jobs);
    static const int signals[8] = {SIGSEGV, SIGABRT, SIGKILL, 0, SIGKILL};
    for (int id = 0; id < 8; id++) {
        assert_int_equal(all.end[id].signal, signals[id]);
        assert_int_equal(all.end[id].code, signals[id] != 0 ? -1 : id == 3 ? 7 : 0);
        assert_int_equal(all.end[id].out_of_memory, id == 2);
        assert_int_equal(all.lines[id], id < 5 ? 1 : 2);
    }
    pool_destroy(jobs);
}

static void test_room(void **state) {
    (void)state;
    pool *jobs = make(4, 1000);
    entrain_error error;
    assert_true(pool_has_room(jobs, 9, 5000)); // nothing runs: it may try
    pool_job job = {.id = 0, .workers = 3, .bytes = 600, .body = wait_body};
    CHECK_OK(pool_begin(jobs, &job, &error), error);
    assert_true(pool_has_room(jobs, 1, 400));
    assert_false(pool_has_room(jobs, 2, 0));
    assert_false(pool_has_room(jobs, 1, 401));
    job = (pool_job){.id = 1, .workers = 2, .body = wait_body};
    CHECK_REFUSED(pool_begin(jobs, &job, &error), ENTRAIN_FULL, error, "No worker is free");
    pool_stop(jobs, 5);
    job = (pool_job){.id = 2, .workers = 9, .bytes = 5000, .body = wait_body};
    CHECK_OK(pool_begin(jobs, &job, &error), error);
    assert_false(pool_has_room(jobs, 1, 0));
    pool_destroy(jobs);
    assert_true(all.end[2].signal == SIGKILL || all.end[2].signal == SIGTERM);
    assert_false(all.end[2].out_of_memory);
    jobs = make(4, 0);
    assert_true(pool_bytes(jobs) > 1 << 20);
    pool_destroy(jobs);
}

static int stubborn_body(void *context, uint64_t id, FILE *lines) {
    signal(SIGTERM, SIG_IGN);
    if (id == 1) {
        signal(SIGTERM, SIG_DFL);
        fprintf(lines, "stands\n");
        fflush(lines);
        raise(SIGSTOP);
    }
    return wait_body(context, id, lines);
}

static void test_stop(void **state) {
    (void)state;
    pool *jobs = make(3, 0);
    begin(jobs, 0, stubborn_body);
    begin(jobs, 1, stubborn_body);
    begin(jobs, 2, wait_body);
    while (all.lines[0] == 0 || all.lines[1] == 0 || all.lines[2] == 0)
        pool_wait(jobs, 1);
    const double began_s = wall_now_s();
    pool_stop(jobs, 0.2);
    assert_true(wall_now_s() - began_s >= 0.2);
    assert_int_equal(all.end[0].signal, SIGKILL);
    assert_int_equal(all.end[1].signal, SIGTERM);
    assert_int_equal(all.end[2].signal, SIGTERM);
    pool_destroy(jobs);
}

static volatile sig_atomic_t heard;
static void on_signal(int number) { heard = number; }

static void test_a_signal_ends_a_wait(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, before;
    sigaction(SIGINT, &action, &before);
    pool *jobs = make(2, 0);
    begin(jobs, 0, wait_body);
    while (all.lines[0] == 0)
        pool_wait(jobs, 1);
    const pid_t parent = getpid(), sender = fork();
    if (sender == 0) {
        const struct timespec soon = {.tv_nsec = 100000000};
        nanosleep(&soon, NULL); // rooms: allowed, because a wait shall have begun
        kill(parent, SIGINT);
        _exit(0);
    }
    const double began_s = wall_now_s();
    while (!heard)
        assert_int_equal(pool_wait(jobs, 30), 1);
    assert_true(wall_now_s() - began_s < 20);
    pool_destroy(jobs);
    waitpid(sender, NULL, 0);
    sigaction(SIGINT, &before, NULL);
}

static int files_body(void *context, uint64_t id, FILE *lines) {
    (void)context, (void)id;
    fprintf(lines, "%d\n", count_files());
    fflush(lines);
    pause();
    return 0;
}

// A child that lives on (or takes its time to die) must not keep its parent's lock.
static void test_children_hold_nothing(void **state) {
    (void)state;
    const int before = count_files();
    char path[] = "/tmp/entrain-pool.XXXXXX";
    const int file = mkstemp(path);
    assert_int_equal(flock(file, LOCK_EX | LOCK_NB), 0);
    pool *jobs = make(2, 0);
    begin(jobs, 0, files_body);
    begin(jobs, 1, files_body);
    while (all.lines[0] == 0 || all.lines[1] == 0)
        pool_wait(jobs, 1);
    assert_string_equal(all.last[0], "4");
    assert_string_equal(all.last[1], "4");
    close(file);
    const int again = open(path, O_RDWR);
    assert_int_equal(flock(again, LOCK_EX | LOCK_NB), 0);
    close(again);
    unlink(path);
    pool_destroy(jobs);
    assert_int_equal(count_files(), before);
}

static int speak_body(void *context, uint64_t id, FILE *lines) {
    (void)context, (void)lines;
    printf("child %d\n", (int)id);
    return 0;
}

static void test_buffers_are_written_once(void **state) {
    (void)state;
    FILE *file = tmpfile();
    fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    printf("parent "); // in the buffer when the children begin
    FILE *own = fdopen(dup(fileno(file)), "w");
    fprintf(own, "own ");
    pool *jobs = make(3, 0);
    for (uint64_t id = 0; id < 3; id++)
        begin(jobs, id, speak_body);
    finish(jobs);
    fflush(stdout);
    fclose(own);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    char text[256] = "";
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    pool_destroy(jobs);
    assert_int_equal(strlen(text), strlen("parent own ") + 3 * strlen("child 0\n"));
}

static void test_where_children_are_ignored(void **state) {
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    pool *jobs = make(2, 0);
    begin(jobs, 5, lines_body);
    finish(jobs);
    assert_int_equal(all.end[5].code, 5);
    pool_destroy(jobs);
    struct sigaction now;
    sigaction(SIGCHLD, NULL, &now);
    assert_true(now.sa_handler == SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
}

static int work_body(void *context, uint64_t id, FILE *lines) {
    (void)context, (void)id, (void)lines;
    struct timespec used;
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    while (used.tv_nsec < 60000000 && used.tv_sec == 0);
    return 0;
}

static void test_what_they_used(void **state) {
    (void)state;
    pool *jobs = make(2, 0);
    begin(jobs, 0, work_body);
    begin(jobs, 1, work_body);
    finish(jobs);
    assert_true(all.end[0].processor_s > 0.055 && all.end[0].processor_s < 1);
    assert_true(all.end[0].wall_s > 0.055);
    const double busy = pool_busy(jobs), held = pool_held(jobs);
    assert_true(busy > 0 && busy <= 1 && held > 0 && held <= 1);
    pool_destroy(jobs);
}

// kill -9 of the parent, in the midst of its work: no child survives. Orphans become this process's children.
static void test_no_orphans(void **state) {
    (void)state;
    enum { CHILDREN = 5 };
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int round = 0; round < 3; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        const pid_t parent = fork();
        if (parent == 0) {
            pool *jobs = make(CHILDREN, 0);
            for (uint64_t id = 0; id < CHILDREN; id++)
                begin(jobs, id, wait_body);
            for (uint64_t told = 0; told < CHILDREN; told++) {
                while (all.lines[told] == 0)
                    pool_wait(jobs, 1);
                const pid_t child = (pid_t)atoi(all.last[told]);
                if (write(ends[1], &child, sizeof child) < 0)
                    _exit(1);
            }
            for (;;)
                pool_wait(jobs, 10);
        }
        pid_t children[CHILDREN];
        for (int k = 0; k < CHILDREN; k++)
            assert_int_equal(read(ends[0], &children[k], sizeof(pid_t)), sizeof(pid_t));
        kill(parent, SIGKILL);
        waitpid(parent, NULL, 0);
        for (int k = 0; k < CHILDREN; k++) {
            int how = 0; // waits for it: a child that survives is a test that hangs
            assert_int_equal(waitpid(children[k], &how, 0), children[k]);
            assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
        }
        close(ends[0]);
        close(ends[1]);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static int nothing_body(void *context, uint64_t id, FILE *lines) {
    (void)context, (void)id;
    fprintf(lines, "done\n");
    return 0;
}

static void test_many(void **state) {
    (void)state;
    enum { COUNT = 300 };
    const int before = count_files();
    pool *jobs = make(2, 0);
    const double began_s = wall_now_s();
    unsigned begun = 0;
    do
        while (begun < COUNT && pool_has_room(jobs, 1, 0))
            begin(jobs, begun++ % JOBS, nothing_body);
    while (pool_wait(jobs, 1) > 0 || begun < COUNT);
    print_message("a child takes %.2f ms\n", 1000 * (wall_now_s() - began_s) / COUNT);
    assert_int_equal(all.ends, COUNT);
    pool_destroy(jobs);
    assert_int_equal(count_files(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_lines_and_ends, none_left),
        cmocka_unit_test_teardown(test_a_long_line, none_left),
        cmocka_unit_test_teardown(test_a_crash_is_one_of_them, none_left),
        cmocka_unit_test_teardown(test_room, none_left),
        cmocka_unit_test_teardown(test_stop, none_left),
        cmocka_unit_test_teardown(test_a_signal_ends_a_wait, none_left),
        cmocka_unit_test_teardown(test_children_hold_nothing, none_left),
        cmocka_unit_test_teardown(test_buffers_are_written_once, none_left),
        cmocka_unit_test_teardown(test_where_children_are_ignored, none_left),
        cmocka_unit_test_teardown(test_what_they_used, none_left),
        cmocka_unit_test_teardown(test_no_orphans, none_left),
        cmocka_unit_test_teardown(test_many, none_left),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
