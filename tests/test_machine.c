// Where workers are: distances from described machines, whole and lopsided; pinning; and what is refused. The
// wrapped pthread_setaffinity_np refuses the n-th call.
#include "scheduler_check.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "scheduler/machine.h"
#include "scheduler/policies.h"

entrain_status machine_look_bare(const char *description, uint32_t worker_count,
                                 entrain__machine *machine_out, uint32_t *distances_out,
                                 entrain_error *error_out);

int __real_pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set);
int __wrap_pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set);

static uint32_t refuse_at, calls; // 0: none
int __wrap_pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set) {
    return ++calls == refuse_at ? EPERM : __real_pthread_setaffinity_np(thread, size, set);
}

static uint32_t distances[ENTRAIN_WORKERS_MAX * ENTRAIN_WORKERS_MAX];

// False where there is no hwloc to read a description: then that is what it says.
static bool look(const char *description, uint32_t workers, entrain__machine *machine) {
    entrain_error error;
    entrain_status status = entrain__machine_look(description, workers, machine, distances, &error);
    if (status == ENTRAIN_UNSUPPORTED) {
        assert_non_null(strstr(error.sentence, "without hwloc"));
        return false;
    }
    CHECK_OK(status, error);
    assert_true(machine->knows_distances && !machine->here);
    for (uint32_t i = 0; i < workers; i++)
        for (uint32_t j = 0; j < workers; j++) {
            assert_int_equal(distances[i * workers + j], distances[j * workers + i]);
            assert_int_equal(distances[i * workers + j] == 0, machine->cpus[i] == machine->cpus[j]);
        }
    return true;
}

static void check_row(uint32_t worker, uint32_t workers, const uint32_t *wanted) {
    for (uint32_t other = 0; other < workers; other++)
        if (distances[worker * workers + other] != wanted[other])
            fail_msg("workers %u and %u are %u apart, not %u", worker, other,
                     distances[worker * workers + other], wanted[other]);
}

// --- Distances

static void two_packages_of_two_caches(void **state) {
    (void)state;
    entrain__machine machine;
    if (!look("package:2 l3:2 core:2 pu:2", 18, &machine))
        skip();
    assert_int_equal(machine.cpu_count, 16);
    // Each core's first, then each core's second, then over again: 0 2 4 .. 14, 1 3 .. 15, 0 2.
    for (uint32_t worker = 0; worker < 18; worker++)
        assert_int_equal(machine.cpus[worker], worker < 8    ? 2 * worker
                                               : worker < 16 ? 2 * worker - 15
                                                             : 2 * worker - 32);
    // Of worker 0, on core 0: itself, a core of its cache, two of its package, four of the other; then the
    // same with its own sibling first; then a worker on its very cpu.
    check_row(0, 18, (const uint32_t[]){0, 2, 3, 3, 4, 4, 4, 4, 1, 2, 3, 3, 4, 4, 4, 4, 0, 2});
    check_row(5, 18, (const uint32_t[]){4, 4, 4, 4, 2, 0, 3, 3, 4, 4, 4, 4, 2, 1, 3, 3, 4, 4});
    // Four workers have a core each and not two cores between them.
    assert_true(look("package:2 l3:2 core:2 pu:2", 4, &machine));
    check_row(0, 4, (const uint32_t[]){0, 2, 3, 3});
}

static void all_cores_alike(void **state) {
    (void)state;
    entrain__machine machine;
    if (!look("core:4 pu:1", 4, &machine))
        skip();
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t j = 0; j < 4; j++)
            assert_int_equal(distances[i * 4 + j], i == j ? 0 : 2);
    assert_true(look("core:64 pu:4", 256, &machine)); // as many as there may be
    assert_int_equal(machine.cpu_count, 256);
    assert_true(look("pu:1", 256, &machine));
    for (uint32_t i = 0; i < 256 * 256; i++)
        assert_int_equal(distances[i], 0);
}

// Two packages: cores {0} {2 3} under one cache and {4} under another; cores {12 13} {14 15} under one cache.
static void a_lopsided_machine(void **state) {
    (void)state;
    entrain__machine machine;
    if (!look(LOPSIDED, 8, &machine))
        skip();
    assert_int_equal(machine.cpu_count, 8);
    const uint32_t cpus[] = {0, 2, 4, 12, 14, 3, 13, 15};
    assert_memory_equal(machine.cpus, cpus, sizeof cpus);
    check_row(0, 8, (const uint32_t[]){0, 2, 3, 4, 4, 2, 4, 4});
    check_row(1, 8, (const uint32_t[]){2, 0, 3, 4, 4, 1, 4, 4});
    check_row(2, 8, (const uint32_t[]){3, 3, 0, 4, 4, 3, 4, 4});
    check_row(6, 8, (const uint32_t[]){4, 4, 4, 1, 2, 4, 0, 2});
    // Worker 6, of one task each as all are: its sibling, then the next core, then the other package.
    const entrain_policy_setup setup = {.worker_count = 8, .task_count = 8, .worker_distances = distances};
    void *tasks;
    uint32_t order[8], seen = 0;
    assert_int_equal(entrain__policy_steal_near.create(&setup, &tasks), ENTRAIN_OK);
    entrain__policy_steal_near.submit(tasks, 0);
    for (uint32_t i = 0; i < 8; i++) {
        assert_true(entrain__policy_steal_near.next(tasks, 6, &order[i]));
        seen |= 1u << order[i];
    }
    entrain__policy_steal_near.destroy(tasks);
    assert_int_equal(seen, 0xff);
    assert_true(order[0] == 6 && order[1] == 3 && order[2] + order[3] == 4 + 7 &&
                order[2] / 3 != order[3] / 3);
}

static void this_machine(void **state) {
    (void)state;
    entrain__machine machine;
    entrain_error error;
    cpu_set_t allowed;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    const uint32_t cpus = (uint32_t)CPU_COUNT(&allowed);
    entrain_status (*const looks[])(const char *, uint32_t, entrain__machine *, uint32_t *,
                                    entrain_error *) = {entrain__machine_look, machine_look_bare};
    for (size_t l = 0; l < COUNT_OF(looks); l++) {
        CHECK_OK(looks[l](NULL, 256, &machine, distances, &error), error);
        assert_true(machine.here);
        assert_int_equal(machine.cpu_count, cpus);
        for (uint32_t worker = 0; worker < 256; worker++) {
            assert_true(CPU_ISSET(machine.cpus[worker], &allowed));
            assert_int_equal(machine.cpus[worker], machine.cpus[worker % cpus]);
            for (uint32_t before = 0; before < worker && worker < cpus; before++)
                assert_int_not_equal(machine.cpus[worker], machine.cpus[before]);
        }
    }
    assert_false(machine.knows_distances);
    assert_non_null(strstr(machine.sentence, "built without hwloc"));
    CHECK_REFUSED(machine_look_bare("core:4 pu:1", 4, &machine, distances, &error), ENTRAIN_UNSUPPORTED,
                  error, "built without hwloc");
}

// --- What a policy is told

static uint32_t told_workers; // 0: no distances
static uint32_t told_far;     // of workers 0 and 1

static entrain_status curious_create(const entrain_policy_setup *setup, void **state_out) {
    told_workers = setup->worker_distances == NULL ? 0 : setup->worker_count;
    told_far = setup->worker_distances == NULL ? 0 : setup->worker_distances[1];
    return entrain__policy_static.create(setup, state_out);
}

static void a_policy_that_wants_distances_is_told(void **state) {
    (void)state;
    static entrain_policy curious, modest;
    entrain_error error;
    modest = entrain__policy_static;
    modest.name = "modest";
    modest.create = curious_create;
    curious = modest;
    curious.name = "curious";
    curious.wants_distances = true;
    CHECK_OK(entrain_policy_register(&modest, &error), error);
    CHECK_OK(entrain_policy_register(&curious, &error), error);
    const struct {
        const char *policy, *machine;
        uint32_t far;
    } cases[] = {
        {"curious", "package:2 core:1 pu:1", 3}, {"curious", "core:1 pu:2", 1}, {"modest", "core:2 pu:1", 0}};
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        entrain_scheduler_config config = config_of(cases[c].policy, 2);
        config.machine = cases[c].machine;
        entrain_scheduler *scheduler;
        entrain_status status = entrain_scheduler_create(&config, &scheduler, &error);
        if (status == ENTRAIN_UNSUPPORTED)
            skip();
        CHECK_OK(status, error);
        run_world(scheduler, 10, 3);
        assert_int_equal(told_far, cases[c].far);
        assert_int_equal(told_workers, cases[c].far == 0 ? 0 : 2);
        assert_non_null(strstr(entrain_scheduler_machine(scheduler), cases[c].machine));
        assert_int_equal(entrain_scheduler_cpu(scheduler, 1), 1);
        assert_false(entrain_scheduler_pinned(scheduler));
        entrain_scheduler_destroy(scheduler);
    }
    // Nobody asked.
    entrain_scheduler *scheduler = make("steal", 2);
    assert_null(entrain_scheduler_machine(scheduler));
    assert_int_equal(entrain_scheduler_cpu(scheduler, 1), UINT32_MAX);
    entrain_scheduler_destroy(scheduler);
    scheduler = make("steal-near", 2);
    assert_non_null(entrain_scheduler_machine(scheduler));
    entrain_scheduler_destroy(scheduler);
}

static void bad_machines_are_refused_with_a_sentence(void **state) {
    (void)state;
    entrain_error error;
    entrain__machine machine;
    entrain_scheduler *scheduler = NULL;
    entrain_scheduler_config config = config_of("static", 2);
    if (!look("pu:1", 1, &machine))
        skip();
    char torn[] = "/tmp/entrain-machine-XXXXXX.xml";
    const int file = mkstemps(torn, 4);
    assert_true(file >= 0 && write(file, "<topology version=\"2.0\"><object ", 33) == 33 && close(file) == 0);
    const int64_t live = entrain__memory_live();
    const char *const bad[] = {"core:x", "", "nowhere.xml", ".xml", __FILE__, torn};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        config.machine = bad[i];
        CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_INVALID, error,
                      "lstopo");
    }
    unlink(torn);
    config.machine = "core:4 pu:1";
    config.pin = true;
    CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_INVALID, error,
                  "leave out one");
    config.machine = NULL;
    setenv("HWLOC_SYNTHETIC", "core:4 pu:1", 1);
    CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_INVALID, error, "unset it");
    unsetenv("HWLOC_SYNTHETIC");
    assert_null(scheduler);
    assert_int_equal(entrain__memory_live(), live);
}

// --- Pinning

typedef struct pinned_world {
    const entrain_scheduler *scheduler;
    uint32_t phases_left, strays;
} pinned_world;

static uint32_t pinned_advance(void *context) {
    pinned_world *self = context;
    return self->phases_left-- > 0 ? 0 : ENTRAIN_PHASE_END;
}

static void pinned_task(void *context, uint32_t phase, uint32_t task, uint32_t worker) {
    (void)phase, (void)task;
    pinned_world *self = context;
    cpu_set_t mask;
    const uint32_t wanted = entrain_scheduler_cpu(self->scheduler, worker);
    if (sched_getaffinity(0, sizeof mask, &mask) != 0 || CPU_COUNT(&mask) != 1 || !CPU_ISSET(wanted, &mask) ||
        sched_getcpu() != (int)wanted)
        entrain__add_acq_rel_u32(&self->strays, 1);
}

static void workers_stay_where_they_are_pinned_and_the_caller_is_let_go(void **state) {
    (void)state;
    entrain_error error;
    cpu_set_t before, after;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    for (uint32_t workers = 1; workers <= 5; workers++) { // more than there are cpus, perhaps
        entrain_scheduler_config config = config_of("static", workers);
        entrain_scheduler *scheduler;
        config.pin = true;
        CHECK_OK(entrain_scheduler_create(&config, &scheduler, &error), error);
        assert_true(entrain_scheduler_pinned(scheduler));
        assert_non_null(entrain_scheduler_machine(scheduler));
        CHECK_OK(entrain_scheduler_plan(scheduler, 20, NULL, &error), error);
        pinned_world self = {.scheduler = scheduler, .phases_left = 5};
        const entrain_job job = {.context = &self, .advance = pinned_advance, .task = pinned_task};
        for (uint32_t run = 0; run < 3; run++) {
            CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
            assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
            assert_true(CPU_EQUAL(&before, &after));
            self.phases_left = 5;
        }
        assert_int_equal(self.strays, 0);
        entrain_scheduler_destroy(scheduler);
    }
}

static void who_cannot_be_pinned_is_named(void **state) {
    (void)state;
    entrain_error error;
    entrain_scheduler_config config = config_of("steal", 3);
    entrain_scheduler *scheduler = NULL;
    cpu_set_t before, after;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    config.pin = true;
    const int64_t live = entrain__memory_live();
    const char *const who[] = {"worker 0", "worker 0", "worker 1", "worker 2"}; // the caller there and back
    for (uint32_t n = 1; n <= 4; n++) {
        calls = 0, refuse_at = n;
        CHECK_REFUSED(entrain_scheduler_create(&config, &scheduler, &error), ENTRAIN_SYSTEM, error,
                      who[n - 1]);
        assert_non_null(strstr(error.sentence, "not permitted"));
        assert_null(scheduler);
        assert_int_equal(entrain__memory_live(), live);
        refuse_at = 0;
        assert_int_equal(__real_pthread_setaffinity_np(pthread_self(), sizeof before, &before), 0);
    }
    CHECK_OK(entrain_scheduler_create(&config, &scheduler, &error), error);
    CHECK_OK(entrain_scheduler_plan(scheduler, 20, NULL, &error), error);
    pinned_world self = {.scheduler = scheduler, .phases_left = 5};
    const entrain_job job = {.context = &self, .advance = pinned_advance, .task = pinned_task};
    calls = 0, refuse_at = 1;
    CHECK_REFUSED(entrain_scheduler_run(scheduler, &job, &error), ENTRAIN_SYSTEM, error, "worker 0");
    assert_int_equal(self.phases_left, 5); // nothing had begun
    refuse_at = 0;
    CHECK_OK(entrain_scheduler_run(scheduler, &job, &error), error);
    assert_int_equal(self.strays, 0);
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
    entrain_scheduler_destroy(scheduler);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_packages_of_two_caches),
        cmocka_unit_test(all_cores_alike),
        cmocka_unit_test(a_lopsided_machine),
        cmocka_unit_test(this_machine),
        cmocka_unit_test(a_policy_that_wants_distances_is_told),
        cmocka_unit_test(bad_machines_are_refused_with_a_sentence),
        cmocka_unit_test(workers_stay_where_they_are_pinned_and_the_caller_is_let_go),
        cmocka_unit_test(who_cannot_be_pinned_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
