// The scheduler and the process it lives in: memory and threads that cannot be had, signals, fork, the
// floating-point environment, the cgroup's quota; and whatever fails leaves nothing behind.
#include "scheduler_check.h"

#include <dirent.h>
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xmmintrin.h>

#include "scheduler/cpus.h"

// Threads of this process. One that was joined may be listed for a moment more, so wait for @p wanted.
static uint32_t thread_count(void) {
    DIR *directory = opendir("/proc/self/task");
    assert_non_null(directory);
    uint32_t threads = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        threads += entry->d_name[0] != '.';
    closedir(directory);
    return threads;
}

static void check_threads(uint32_t wanted) {
    for (uint32_t round = 0; round < 100000 && thread_count() != wanted; round++)
        entrain__wait_step(round);
    assert_int_equal(thread_count(), wanted);
}

static void whatever_cannot_be_had_leaves_nothing(void **state) {
    (void)state;
    entrain_error error;
    const uint32_t threads = thread_count();
    for (size_t p = 0; p < COUNT_OF(policies); p++) {
        const int64_t live = entrain__memory_live();
        entrain_scheduler_config config = config_of(policies[p], 3);
        entrain_scheduler *scheduler = NULL;
        uint64_t n = 1;
        for (;; n++) {
            entrain__memory_fail_at(n);
            entrain_status status = entrain_scheduler_create(&config, &scheduler, &error);
            if (status == ENTRAIN_OK)
                break;
            assert_int_equal(status, ENTRAIN_NO_MEMORY);
            assert_non_null(strstr(error.sentence, "3 workers"));
            assert_null(scheduler);
            assert_int_equal(entrain__memory_live(), live);
        }
        assert_true(n > 2);
        entrain__memory_fail_at(0);
        CHECK_OK(entrain_scheduler_plan(scheduler, 10, NULL, &error), error);
        const int64_t planned = entrain__memory_live();
        for (n = 1;; n++) {
            entrain__memory_fail_at(n);
            entrain_status status = entrain_scheduler_plan(scheduler, 20, NULL, &error);
            if (status == ENTRAIN_OK)
                break;
            assert_int_equal(status, ENTRAIN_NO_MEMORY);
            assert_non_null(strstr(error.sentence, policies[p]));
            assert_int_equal(entrain__memory_live(), planned);
            world self = world_of(10, 2); // the old plan still runs
            entrain_job job = job_of(&self);
            CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
            check_world(&self, policies[p], 3);
            world_free(&self);
        }
        assert_true(n > 2);
        entrain__memory_fail_at(0);
        entrain_scheduler_destroy(scheduler);
        assert_int_equal(entrain__memory_live(), live);
    }
    check_threads(threads);
}

// The linker sends the scheduler's pthread_create here (--wrap).
static uint32_t threads_until_refusal = UINT32_MAX;
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*main)(void *),
                          void *argument) {
    if (threads_until_refusal-- == 0)
        return EAGAIN;
    return __real_pthread_create(thread, attributes, main, argument);
}

static void a_thread_that_cannot_be_started_leaves_none(void **state) {
    (void)state;
    entrain_error error;
    const uint32_t threads = thread_count();
    const int64_t live = entrain__memory_live();
    for (uint32_t good = 0; good < 7; good++) {
        entrain_scheduler_config config = config_of("steal", 8);
        entrain_scheduler *scheduler = NULL;
        char words[64];
        snprintf(words, sizeof words, "thread %u of 7 could not be started", good + 1);
        threads_until_refusal = good;
        CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_SYSTEM, error, words);
        threads_until_refusal = UINT32_MAX;
        assert_null(scheduler);
        assert_int_equal(entrain__memory_live(), live);
        check_threads(threads);
    }
}

static void a_thousand_schedulers_leave_no_thread(void **state) {
    (void)state;
    entrain_error error;
    const uint32_t threads = thread_count();
    const int64_t live = entrain__memory_live();
    for (uint32_t i = 0; i < 1000; i++) {
        entrain_scheduler *scheduler = make(policies[i % COUNT_OF(policies)], 1 + i % 5);
        if (i % 3 != 0)
            CHECK_OK(entrain_scheduler_plan(scheduler, 20, NULL, &error), error);
        if (i % 3 == 2)
            run_world(scheduler, 20, 2);
        entrain_scheduler_destroy(scheduler);
    }
    assert_int_equal(entrain__memory_live(), live);
    check_threads(threads);
}

static void read_mask(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)task;
    if (worker != 0)
        pthread_sigmask(SIG_SETMASK, NULL, context);
}

static uint32_t two_advances(void *context) {
    (void)context;
    static uint32_t calls;
    return calls++ % 2 == 0 ? 0 : ENTRAIN_PHASE_END;
}

// A blocked fault would be the process's end even for a program that handles it.
static void workers_take_faults_and_nothing_else(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler *scheduler = make("static", 2);
    CHECK_OK(entrain_scheduler_plan(scheduler, 2, NULL, &error), error);
    sigset_t mask;
    sigemptyset(&mask);
    entrain_job job = {.context = &mask, .advance = two_advances, .task = read_mask};
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    sigset_t own; // the caller's is put back
    pthread_sigmask(SIG_SETMASK, NULL, &own);
    const int taken[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    const int left[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGCHLD, SIGUSR1, SIGPIPE, SIGWINCH};
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        assert_int_equal(sigismember(&mask, taken[i]), 0);
    for (size_t i = 0; i < COUNT_OF(left); i++)
        assert_int_equal(sigismember(&mask, left[i]) - sigismember(&own, left[i]), 1);
    entrain_scheduler_destroy(scheduler);
}

// The threads stay with the parent: a child that waited for them would wait for ever.
static void a_child_process_is_refused_and_may_destroy(void **state) {
    (void)state;
    entrain_error error;
    for (uint32_t workers = 1; workers <= 3; workers += 2) {
        entrain_scheduler *scheduler = make("steal", workers);
        run_world(scheduler, 20, 2);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(30);
            world self = world_of(20, 2);
            entrain_job job = job_of(&self);
            entrain_status status = entrain_scheduler_run(scheduler, &job, &error);
            entrain_scheduler_destroy(scheduler);
            _exit(status == (workers == 1 ? ENTRAIN_OK : ENTRAIN_ORDER) ? 0 : 1);
        }
        int ended = -1;
        assert_int_equal(waitpid(child, &ended, 0), child);
        assert_int_equal(ended, 0);
        run_world(scheduler, 20, 2); // nothing happened to the parent's
        entrain_scheduler_destroy(scheduler);
    }
}

// A division that rounds and a product below the normal numbers, by worker: different bits under other modes.
typedef struct arithmetic {
    volatile double one, three, tiny;
    double third[3], product[3];
} arithmetic;

static void calculate(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)task;
    arithmetic *self = context;
    self->third[worker] = self->one / self->three;
    self->product[worker] = self->tiny * self->third[worker];
}

static void rounding_and_tiny_numbers_do_not_depend_on_the_worker(void **state) {
    (void)state;
    entrain_error error;
    enum { FLUSH = 0x8040 }; // results, and operands
    const uint32_t usual = _mm_getcsr();
    for (int early = 0; early < 2; early++) { // set before the threads are made, or only by the caller of run
        if (early)
            _mm_setcsr(usual | FLUSH), fesetround(FE_UPWARD);
        entrain_scheduler *scheduler = make("static", 3);
        CHECK_OK(entrain_scheduler_plan(scheduler, 3, NULL, &error), error);
        _mm_setcsr(usual | FLUSH), fesetround(FE_UPWARD);
        arithmetic self = {.one = 1, .three = 3, .tiny = 0x1p-1040};
        entrain_job job = {.context = &self, .advance = two_advances, .task = calculate};
        CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
        assert_int_equal(fegetround(), FE_UPWARD); // the caller's own is put back
        assert_int_equal(_mm_getcsr() & FLUSH, FLUSH);
        fesetround(FE_TONEAREST), _mm_setcsr(usual);
        const double third = self.one / self.three, product = self.tiny * third;
        for (size_t w = 0; w < 3; w++) {
            assert_memory_equal(&self.third[w], &third, sizeof third);
            assert_memory_equal(&self.product[w], &product, sizeof product);
        }
        entrain_scheduler_destroy(scheduler);
    }
}

// --- Cpus

static void write_file(const char *root, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void the_cgroups_quota_is_read_and_rounded_up(void **state) {
    (void)state;
    char root[] = "/tmp/entrain-cgroup-XXXXXX", self[64], command[64];
    assert_non_null(mkdtemp(root));
    snprintf(self, sizeof self, "%s/self", root);
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX); // no such file
    // Version 2: the least of a group and those above it.
    write_file(root, "self", "0::/a/b\n");
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    write_file(root, "a/b/cpu.max", "max 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    write_file(root, "a/cpu.max", "350000 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 4);
    write_file(root, "a/b/cpu.max", "150000 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 2);
    write_file(root, "cpu.max", "100000 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 1);
    write_file(root, "cpu.max", "1000 100000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 1); // never 0
    // A path that the container cannot see: its root still binds.
    write_file(root, "cpu.max", "250000 100000\n");
    write_file(root, "self", "0::/not/seen/from/here\n");
    assert_int_equal(entrain__quota_cpus(self, root), 3);
    // Version 1, among controllers that do not matter; -1 is none.
    write_file(root, "self", "9:cpuset:/x\n4:cpu,cpuacct:/x/y\n1:name=systemd:/x\n");
    write_file(root, "cpu/x/cpu.cfs_period_us", "50000\n");
    write_file(root, "cpu/x/y/cpu.cfs_period_us", "100000\n");
    write_file(root, "cpu/x/cpu.cfs_quota_us", "-1\n");
    write_file(root, "cpu/x/y/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    write_file(root, "cpu/x/cpu.cfs_quota_us", "120000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 3);
    write_file(root, "cpu/x/y/cpu.cfs_quota_us", "200000\n");
    assert_int_equal(entrain__quota_cpus(self, root), 2);
    // A line longer than any path: its rest is no line of its own.
    char long_line[4200];
    memset(long_line, 'z', sizeof long_line);
    memcpy(long_line, "1:name=z:/", 10);
    strcpy(long_line + 4095, "4:cpu:/x/y\n");
    write_file(root, "self", long_line);
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    write_file(root, "self", "junk\n:\n0:\n4:cpuacct:/x/y\n");
    assert_int_equal(entrain__quota_cpus(self, root), UINT32_MAX);
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_cannot_be_had_leaves_nothing),
        cmocka_unit_test(a_thread_that_cannot_be_started_leaves_none),
        cmocka_unit_test(a_thousand_schedulers_leave_no_thread),
        cmocka_unit_test(rounding_and_tiny_numbers_do_not_depend_on_the_worker),
        cmocka_unit_test(a_child_process_is_refused_and_may_destroy),
        cmocka_unit_test(workers_take_faults_and_nothing_else),
        cmocka_unit_test(the_cgroups_quota_is_read_and_rounded_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
