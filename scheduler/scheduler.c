// Workers, phases and the counter barrier.
//
// The caller of run() is worker 0. The others are threads that live from create to destroy and wait at a
// gate. A phase:
//
//                 run tasks until the policy has none left, then add one to `arrivals`
//   worker 0      ########............................|####
//   worker 1      #####...............................|####      . waits for `gate` (worker 0: for `home`)
//   worker 2      ############### last: serial part ##|####      | advances both events
//
// Invariants:
//  - Between a release and its own arrival a worker may use the plan, the policy and `serial`; nobody writes
//    them.
//  - Between the last arrival and the release everything belongs to the last arriver. It puts `arrivals` back
//    to 0 before it releases, and afterwards touches nothing of the barrier but the events: the next phase's
//    arrivals find it clean, however late this thread goes on.
//  - `gate` cannot advance between a worker's reading its value and that worker's arrival. So each reads the
//    value to wait for before it arrives, and neither a stale value nor a wrap can be mistaken: there is no
//    sense to reverse.
//  - The end of a run releases worker 0 alone (`home`); the others stay at the gate, and the next run's
//    release finds them there or on their way. That is why the caller needs an event of its own.
#include "scheduler/scheduler_private.h"

#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "engine/base/memory.h"
#include "engine/base/wait.h"
#include "scheduler/cpus.h"
#include "scheduler/machine.h"
#include "scheduler/mix.h"
#include "scheduler/ready.h"
#include "scheduler/timeline.h"

static uint64_t clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// --- One phase

// Notes for the timeline that @p task is done. Stolen is what the policy counted as such while it handed it
// out. Out of line, so that without a timeline a task costs one test more and no register.
static __attribute__((noinline)) void note_task(const entrain_scheduler *scheduler, worker *self,
                                                uint32_t task, uint32_t step, uint64_t begin_ns,
                                                uint64_t end_ns) {
    entrain_policy_count count = {.steals_won = self->steals};
    if (scheduler->policy->count != NULL)
        scheduler->policy->count(scheduler->state, self->index, &count);
    entrain__track_add(self->track,
                       (entrain__timeline_span){.begin_ns = begin_ns,
                                                .end_ns = end_ns,
                                                .kind = ENTRAIN__SPAN_TASK,
                                                .stolen = count.steals_won != self->steals,
                                                .task = task,
                                                .step = step,
                                                .phase = scheduler->serial.phase,
                                                .number = (uint32_t)scheduler->serial.phase_count - 1});
    self->steals = count.steals_won;
}

// Notes the serial part that began the phase, or the end, which now stands in `serial`.
static void note_serial_part(const entrain_scheduler *scheduler, const worker *self, uint64_t begin_ns) {
    const struct serial *serial = &scheduler->serial;
    const entrain_job *job = serial->job; // NULL: a run without phases
    const bool named = job != NULL && job->phase_name != NULL;
    if (serial->running)
        entrain__timeline_phase(scheduler->timeline, serial->phase,
                                named ? job->phase_name(job->context, serial->phase) : NULL);
    entrain__track_add(self->track, (entrain__timeline_span){.begin_ns = begin_ns,
                                                             .end_ns = self->since_ns,
                                                             .kind = ENTRAIN__SPAN_SERIAL,
                                                             .phase = serial->phase,
                                                             .number = (uint32_t)serial->phase_count - 1});
}

static void note_wait(const worker *self, entrain__span_kind kind, uint64_t begin_ns, uint64_t end_ns) {
    if (self->track != NULL)
        entrain__track_add(self->track, (entrain__timeline_span){
                                            .begin_ns = begin_ns, .end_ns = end_ns, .kind = (uint16_t)kind});
}

// What a wait cost goes where it belongs, once it is over.
static void settle(worker *self, uint64_t now_ns) {
    uint64_t waited_ns = now_ns - self->since_ns;
    note_wait(self, self->idle ? ENTRAIN__SPAN_IDLE : ENTRAIN__SPAN_BARRIER, self->since_ns, now_ns);
    if (self->idle)
        self->stats.idle_ns += waited_ns;
    else
        self->stats.barrier_wait_ns += waited_ns;
    self->idle = false;
    self->since_ns = now_ns;
}

// Adds a task to what this worker was handed; false for a number that is none.
static bool tally_task(const entrain_scheduler *scheduler, tally *handed, uint32_t task) {
    if (task >= scheduler->task_count) {
        handed->foreign++;
        return false;
    }
    handed->count++;
    handed->sum += task;
    handed->mixed += entrain__mix(task);
    return true;
}

// What a step of a task cost, from *before_ns to now, which it moves there.
static void settle_task(const entrain_scheduler *scheduler, worker *self, uint32_t task, uint32_t step,
                        uint64_t *before_ns) {
    uint64_t after_ns = clock_ns(), cost_ns = after_ns - *before_ns;
    if (self->track != NULL)
        note_task(scheduler, self, task, step, *before_ns, after_ns);
    *before_ns = after_ns;
    self->stats.busy_ns += cost_ns;
    if (cost_ns > self->stats.task_ns_max)
        self->stats.task_ns_max = cost_ns;
    if (scheduler->policy->done != NULL)
        scheduler->policy->done(scheduler->state, self->index, task, cost_ns);
}

// Runs what the policy has for this worker. self->since_ns: in, when the phase began; out, when nothing was
// left.
static void run_tasks(const entrain_scheduler *scheduler, worker *self) {
    const entrain_policy *policy = scheduler->policy;
    const struct serial *serial = &scheduler->serial;
    tally handed = {0};
    uint64_t before_ns = self->since_ns;
    uint32_t task;
    // A policy that never stops must not hang the run: past the plan's count it has already failed.
    while (handed.count + handed.foreign <= scheduler->task_count &&
           policy->next(scheduler->state, self->index, &task)) {
        if (!tally_task(scheduler, &handed, task))
            continue;
        serial->job->task(serial->job->context, serial->phase, task, self->index);
        settle_task(scheduler, self, task, 0, &before_ns);
    }
    self->stats.tasks += handed.count;
    self->handed = handed;
    self->since_ns = before_ns;
}

// --- Several steps without a barrier between them

// Whether the policy has lost tasks: every worker has asked in vain since the last time that one of them had
// a task again, and while all were waiting. Nothing runs then that could make anything ready.
//
// Why that is no false alarm: who finds a task stops being counted before it moves `awoken` on, so in the
// epoch that `awoken` names, "all wait" means that whoever found something before is back. From then on
// nothing changes until somebody finds a task; the first to do so did not ask in vain in this epoch, and
// takes its own mark away before each question.
static bool all_are_stuck(const entrain_scheduler *scheduler, worker *self, uint32_t awoken) {
    // Pairs with the loads below in other workers.
    entrain__store_release_u32(&self->stuck, awoken + 1);
    for (uint32_t i = 0; i < scheduler->worker_count; i++)
        if (entrain__load_acquire_u32(&scheduler->workers[i].stuck) != awoken + 1)
            return false;
    return true;
}

// Waits until there is a task for this worker; false when all is done, or lost. What it waited is barrier
// wait.
static bool wait_for_task(entrain_scheduler *scheduler, worker *self, uint64_t *before_ns,
                          uint32_t *task_out) {
    struct ahead *ahead = &scheduler->ahead;
    bool found = false, over = false;
    // Pairs with the load below: who counts this worker among the waiting sees what its last task wrote.
    entrain__add_acq_rel_u32(&ahead->waiting, 1);
    for (uint32_t round = 0; !found && !over; round++) {
        entrain__store_release_u32(&self->stuck, 0);
        uint32_t awoken = entrain__load_acquire_u32(&ahead->awoken); // before `waiting`
        bool all_wait = entrain__load_acquire_u32(&ahead->waiting) == scheduler->worker_count;
        // Pairs with the add in finish_step(): the results of the last tasks are seen.
        over = entrain__load_acquire_u32(&ahead->finished) == scheduler->task_count ||
               entrain__load_relaxed_u32(&ahead->overfed) != 0; // orders nothing: what it ends is void
        found = !over && scheduler->policy->next(scheduler->state, self->index, task_out);
        if (!found && !over) {
            over = all_wait && all_are_stuck(scheduler, self, awoken);
            self->yields_ahead += round >= ENTRAIN__WAIT_YIELD && round < ENTRAIN__WAIT_NAP;
            self->naps_ahead += round >= ENTRAIN__WAIT_NAP;
            entrain__wait_step(round);
        }
    }
    if (found) { // in this order: see all_are_stuck()
        entrain__add_acq_rel_u32(&ahead->waiting, UINT32_MAX);
        entrain__add_acq_rel_u32(&ahead->awoken, 1);
    }
    uint64_t now_ns = clock_ns();
    note_wait(self, ENTRAIN__SPAN_BARRIER, *before_ns, now_ns);
    self->stats.barrier_wait_ns += now_ns - *before_ns;
    *before_ns = now_ns;
    return found;
}

// The step of a task that was just run. steps_done[task] is its runner's: whoever is handed the task next has
// acquired what done() released.
static void finish_step(entrain_scheduler *scheduler, worker *self, uint32_t task, uint64_t *before_ns) {
    uint32_t step = scheduler->steps_done[task]++;
    bool last = step + 1 == scheduler->serial.steps;
    settle_task(scheduler, self, task, step, before_ns);
    if (last) // pairs with the load in wait_for_task()
        entrain__add_acq_rel_u32(&scheduler->ahead.finished, 1);
}

// run_tasks() for a phase of several steps: the policy knows what is ready, this waits where nothing is. A
// task that is handed out once too often is counted and not run: jobs may have room for their steps and no
// more.
static void run_ahead(entrain_scheduler *scheduler, worker *self) {
    const entrain_policy *policy = scheduler->policy;
    const struct serial *serial = &scheduler->serial;
    const uint64_t handed_max = (uint64_t)scheduler->task_count * serial->steps;
    tally handed = {0};
    uint64_t before_ns = self->since_ns;
    uint32_t task;
    while (handed.count + handed.foreign <= handed_max &&
           (policy->next(scheduler->state, self->index, &task) ||
            wait_for_task(scheduler, self, &before_ns, &task))) {
        if (!tally_task(scheduler, &handed, task) || scheduler->steps_done[task] >= serial->steps)
            continue;
        serial->job->task_at(serial->job->context, serial->phase, scheduler->steps_done[task], task,
                             self->index);
        finish_step(scheduler, self, task, &before_ns);
    }
    if (handed.count + handed.foreign > handed_max) // who waits would wait for this worker too
        entrain__store_relaxed_u32(&scheduler->ahead.overfed, 1);
    self->stats.tasks += handed.count;
    self->handed = handed;
    self->since_ns = before_ns;
}

static void run_phase(entrain_scheduler *scheduler, worker *self) {
    if (scheduler->is_ready_run) {
        entrain__ready_work(scheduler->ready, self->index, &self->stats);
        self->since_ns = clock_ns();
    } else if (scheduler->serial.steps > 1)
        run_ahead(scheduler, self);
    else
        run_tasks(scheduler, self);
}

// True for the last to arrive, who then sees all that the others wrote before they arrived.
static bool arrive(entrain_scheduler *scheduler) {
    if (scheduler->worker_count == 1)
        return true;
    // Each add releases its worker's writes and the last acquires them all. Pairs with itself in the other
    // workers.
    return entrain__add_acq_rel_u32(&scheduler->arrivals, 1) + 1 == scheduler->worker_count;
}

static tally sum_handed(const entrain_scheduler *scheduler) {
    tally all = {0};
    for (uint32_t i = 0; i < scheduler->worker_count; i++) {
        const tally *one = &scheduler->workers[i].handed;
        all.count += one->count;
        all.sum += one->sum;
        all.mixed += one->mixed;
        all.foreign += one->foreign;
    }
    return all;
}

// Whether what was handed out is every task, @p steps times.
static bool is_whole(const tally *handed, const tally *wanted, uint64_t steps) {
    return handed->count == wanted->count * steps && handed->sum == wanted->sum * steps &&
           handed->mixed == wanted->mixed * steps && handed->foreign == 0;
}

static void begin_ahead(entrain_scheduler *scheduler) {
    memset(scheduler->steps_done, 0, scheduler->task_count * sizeof *scheduler->steps_done);
    scheduler->ahead = (struct ahead){0};
    for (uint32_t i = 0; i < scheduler->worker_count; i++)
        scheduler->workers[i].stuck = 0;
}

// How many steps the phase that begins may take, and the policy's queues for them.
static void submit(entrain_scheduler *scheduler) {
    struct serial *serial = &scheduler->serial;
    const entrain_policy *policy = scheduler->policy;
    const entrain_job *job = serial->job;
    serial->steps = 1;
    if (scheduler->steps_done != NULL && job->steps != NULL) {
        serial->steps = job->steps(job->context);
        ENTRAIN_ASSERT(serial->steps >= 1);
        if (serial->steps > 1)
            begin_ahead(scheduler);
    }
    if (policy->submit_ahead != NULL)
        policy->submit_ahead(scheduler->state, serial->phase_count++, serial->steps);
    else
        policy->submit(scheduler->state, serial->phase_count++);
}

// Asks the job for its next phase and fills the policy's queues for it; false when the run is over.
static bool begin_phase(entrain_scheduler *scheduler, worker *self) {
    struct serial *serial = &scheduler->serial;
    // Alone, it has just read the clock; others may have been preempted since.
    uint64_t before_ns = scheduler->worker_count == 1 ? self->since_ns : clock_ns();
    if (scheduler->is_ready_run)
        serial->phase = entrain__ready_rest(scheduler->ready, self->index) ? 0 : ENTRAIN_PHASE_END;
    else
        serial->phase = serial->job->advance(serial->job->context);
    serial->running = serial->phase != ENTRAIN_PHASE_END;
    if (serial->running && !scheduler->is_ready_run)
        submit(scheduler);
    self->since_ns = clock_ns();
    self->stats.serial_ns += self->since_ns - before_ns;
    if (self->track != NULL)
        note_serial_part(scheduler, self, before_ns);
    return serial->running;
}

// The run is over: whatever a worker waits from here on is idleness.
static void end_run(entrain_scheduler *scheduler) {
    uint64_t now_ns = clock_ns();
    for (uint32_t i = 0; i < scheduler->worker_count; i++) {
        settle(&scheduler->workers[i], now_ns);
        scheduler->workers[i].idle = true;
    }
}

static void release(entrain_scheduler *scheduler, const worker *self) {
    // Read before the events move: afterwards the next serial part may already be writing it.
    const bool running = scheduler->serial.running;
    const uint32_t at_gate = scheduler->worker_count - 1 - (self->index != 0);
    // Each publishes the serial part. Pairs with the waits in entrain_scheduler_run() and worker_main().
    if (running && at_gate > 0)
        entrain__event_advance(&scheduler->gate);
    if (self->index != 0)
        entrain__event_advance(&scheduler->home);
}

// All have arrived and @p self was the last: checks the phase, advances the job, lets the others go. False:
// run over.
static bool run_serial_part(entrain_scheduler *scheduler, worker *self) {
    bool running = false;
    scheduler->serial.mismatch = false;
    if (!scheduler->is_ready_run) {
        tally handed = sum_handed(scheduler);
        scheduler->serial.mismatch = !is_whole(&handed, &scheduler->wanted, scheduler->serial.steps);
    }
    if (scheduler->serial.mismatch)
        scheduler->serial.running = false;
    else
        running = begin_phase(scheduler, self);
    if (!running)
        end_run(scheduler);
    // Before the release, which orders it before the next phase's arrivals.
    entrain__store_relaxed_u32(&scheduler->arrivals, 0);
    release(scheduler, self);
    return running;
}

// --- Workers

static void *worker_main(void *argument) {
    worker *self = argument;
    entrain_scheduler *scheduler = self->scheduler;
    entrain__wait_count waits = {0}; // its own until copied: statistics are read while it waits
    char name[16];
    snprintf(name, sizeof name, "entrain-%u", self->index);
    pthread_setname_np(pthread_self(), name);
    fesetenv(FE_DFL_ENV); // not the creator's: see entrain_scheduler_run()
    uint32_t seen = 0;    // the gate's value when the scheduler was made
    for (;;) {
        entrain__event_wait(&scheduler->gate, seen, &waits);
        if (scheduler->serial.stopping)
            return NULL;
        settle(self, clock_ns());
        self->stats.parks = waits.parks;
        self->stats.yields = waits.yields;
        do {
            seen = entrain__event_value(&scheduler->gate);
            run_phase(scheduler, self);
        } while (arrive(scheduler) && run_serial_part(scheduler, self));
    }
}

// Threads of ours take no signals that are sent to the process: those belong to the program's own threads.
// Faults stay.
static void block_signals(sigset_t *before_out) {
    sigset_t blocked;
    sigfillset(&blocked);
    const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, before_out);
}

// A process that was forked since has this memory and none of the threads.
static bool threads_are_elsewhere(const entrain_scheduler *scheduler) {
    return scheduler->started_count > 0 && getpid() != scheduler->process;
}

static void stop_threads(entrain_scheduler *scheduler) {
    if (threads_are_elsewhere(scheduler))
        return;
    scheduler->serial.stopping = true;
    // Publishes `stopping`. Pairs with the wait in worker_main().
    entrain__event_advance(&scheduler->gate);
    for (uint32_t i = 1; i <= scheduler->started_count; i++) {
        int refused = pthread_join(scheduler->workers[i].thread, NULL);
        ENTRAIN_ASSERT(refused == 0);
    }
}

// 0, or the errno of the thread that could not be started; then none is left.
static int start_threads(entrain_scheduler *scheduler) {
    sigset_t before;
    block_signals(&before);
    int refused = 0;
    while (scheduler->started_count + 1 < scheduler->worker_count && refused == 0) {
        worker *next = &scheduler->workers[scheduler->started_count + 1];
        refused = pthread_create(&next->thread, NULL, worker_main, next);
        if (refused == 0)
            scheduler->started_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (refused != 0)
        stop_threads(scheduler);
    return refused;
}

// --- Create, plan, destroy

entrain_scheduler_config entrain_scheduler_config_defaults(void) {
    uint32_t cpus = entrain_scheduler_cpus();
    return (entrain_scheduler_config){
        .worker_count = cpus < ENTRAIN_WORKERS_MAX ? cpus : ENTRAIN_WORKERS_MAX,
        .policy = "steal",
        .seed = 1,
    };
}

static entrain_status refuse_policy(const char *name, entrain_error *error_out) {
    const char *known[64 + 1] = {0};
    const entrain_policy *policy;
    for (uint32_t i = 0; i < 64 && (policy = entrain_policy_at(i)) != NULL; i++)
        known[i] = policy->name;
    const char *nearest = entrain_nearest_word(name, known);
    if (nearest != NULL)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                                 "there is no scheduler policy \"%.64s\"; did you mean \"%s\"?", name,
                                 nearest);
    return entrain_error_set(
        error_out, ENTRAIN_UNKNOWN,
        "there is no scheduler policy \"%.64s\"; the default is \"%s\", `entrain list policies` shows all",
        name, known[0]);
}

static entrain_status validate(const entrain_scheduler_config *config, const entrain_policy **policy_out,
                               entrain_error *error_out) {
    if (config->worker_count < 1 || config->worker_count > ENTRAIN_WORKERS_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "worker_count is %u; say 1 to %d (this process may use %u cpus)",
                                 config->worker_count, ENTRAIN_WORKERS_MAX, entrain_scheduler_cpus());
    if (config->policy == NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "policy is NULL; start from entrain_scheduler_config_defaults()");
    if (config->timeline_events > ENTRAIN_TIMELINE_EVENTS_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "timeline_events is %u; say 1 to %d per worker, or 0 for no timeline",
                                 config->timeline_events, ENTRAIN_TIMELINE_EVENTS_MAX);
    *policy_out = entrain_policy_find(config->policy);
    return *policy_out == NULL ? refuse_policy(config->policy, error_out) : ENTRAIN_OK;
}

static entrain_scheduler *take_scheduler(entrain__arena *arena, const entrain_scheduler_config *config,
                                         const entrain_policy *policy) {
    entrain_scheduler *scheduler = entrain__arena_take(arena, 1, sizeof *scheduler);
    worker *workers = entrain__arena_take(arena, config->worker_count, sizeof *workers);
    if (scheduler == NULL || workers == NULL)
        return NULL;
    scheduler->arena = arena;
    scheduler->policy = policy;
    scheduler->workers = workers;
    scheduler->seed = config->seed;
    scheduler->pin = config->pin;
    scheduler->worker_count = config->worker_count;
    scheduler->process = getpid();
    entrain__event_init(&scheduler->gate);
    entrain__event_init(&scheduler->home);
    uint64_t now_ns = clock_ns();
    for (uint32_t i = 0; i < config->worker_count; i++) {
        workers[i].scheduler = scheduler;
        workers[i].index = i;
        workers[i].since_ns = now_ns;
        workers[i].idle = true;
    }
    if (config->timeline_events == 0)
        return scheduler;
    scheduler->timeline =
        entrain__timeline_make(arena, config->worker_count, config->timeline_events, now_ns);
    for (uint32_t i = 0; scheduler->timeline != NULL && i < config->worker_count; i++)
        workers[i].track = entrain__timeline_track(scheduler->timeline, i);
    return scheduler->timeline == NULL ? NULL : scheduler;
}

static entrain_status no_memory(const entrain_scheduler_config *config, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "no memory for a scheduler of %u workers",
                             config->worker_count);
}

// Finds out where the workers are, if anybody asks.
static entrain_status find_places(entrain_scheduler *scheduler, const entrain_scheduler_config *config,
                                  entrain_error *error_out) {
    const uint32_t workers = config->worker_count;
    if (!config->pin && config->machine == NULL && !scheduler->policy->wants_distances)
        return ENTRAIN_OK;
    if (config->pin && config->machine != NULL)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "pin is true and machine is \"%.80s\"; workers can only be pinned to this machine's "
            "cpus, so leave out one of both",
            config->machine);
    scheduler->machine = entrain__arena_take(scheduler->arena, 1, sizeof *scheduler->machine);
    uint32_t *distances = entrain__arena_take(scheduler->arena, (size_t)workers * workers, sizeof *distances);
    if (scheduler->machine == NULL || distances == NULL)
        return no_memory(config, error_out);
    entrain_status status =
        entrain__machine_look(config->machine, workers, scheduler->machine, distances, error_out);
    if (status == ENTRAIN_OK && scheduler->policy->wants_distances && scheduler->machine->knows_distances)
        scheduler->distances = distances;
    else
        entrain__arena_give(scheduler->arena, distances);
    return status;
}

static entrain_status refuse_pin(const entrain_scheduler *scheduler, uint32_t index, int refused,
                                 entrain_error *error_out) {
    return entrain_error_set(
        error_out, ENTRAIN_SYSTEM,
        "worker %u cannot be pinned to cpu %u (%s); leave pin false, or let this process use "
        "that cpu",
        index, scheduler->machine->cpus[index], strerrordesc_np(refused));
}

// Threads of ours for good; the caller's for a moment, to know whether it could be.
static entrain_status pin_threads(const entrain_scheduler *scheduler, entrain_error *error_out) {
    if (!scheduler->pin)
        return ENTRAIN_OK;
    if (!scheduler->machine->here)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "pin is true, and HWLOC_SYNTHETIC or HWLOC_XMLFILE in the environment puts another machine in "
            "this one's place; unset it");
    entrain__cpu_mask before;
    int refused = entrain__cpus_read(&before) ? 0 : errno;
    if (refused == 0)
        refused = entrain__cpus_pin(pthread_self(), scheduler->machine->cpus[0]);
    if (refused == 0)
        refused = entrain__cpus_bind(pthread_self(), &before);
    uint32_t i = 0;
    while (refused == 0 && ++i < scheduler->worker_count)
        refused = entrain__cpus_pin(scheduler->workers[i].thread, scheduler->machine->cpus[i]);
    return refused == 0 ? ENTRAIN_OK : refuse_pin(scheduler, i, refused, error_out);
}

entrain_status entrain_scheduler_create(const entrain_scheduler_config *config,
                                        entrain_scheduler **scheduler_out, entrain_error *error_out) {
    const entrain_policy *policy;
    entrain_status status = validate(config, &policy, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain__arena *arena = NULL;
    entrain_scheduler *scheduler =
        entrain__arena_create(&arena) == ENTRAIN_OK ? take_scheduler(arena, config, policy) : NULL;
    status = scheduler == NULL ? no_memory(config, error_out) : find_places(scheduler, config, error_out);
    if (status != ENTRAIN_OK)
        goto fail;
    int refused = start_threads(scheduler);
    if (refused != 0) {
        status = entrain_error_set(
            error_out, ENTRAIN_SYSTEM,
            "thread %u of %u could not be started (%s); ask for fewer workers or raise the limit on threads",
            scheduler->started_count + 1, config->worker_count - 1, strerrordesc_np(refused));
        goto fail;
    }
    status = pin_threads(scheduler, error_out);
    if (status != ENTRAIN_OK) {
        stop_threads(scheduler);
        goto fail;
    }
    *scheduler_out = scheduler;
    return ENTRAIN_OK;
fail:
    entrain__arena_destroy(arena);
    return status;
}

void entrain_scheduler_destroy(entrain_scheduler *scheduler) {
    if (scheduler == NULL)
        return;
    ENTRAIN_ASSERT(!scheduler->serial.running);
    stop_threads(scheduler);
    if (scheduler->task_count != 0)
        scheduler->policy->destroy(scheduler->state);
    entrain__ready_destroy(scheduler->ready);
    entrain__arena_destroy(scheduler->arena);
}

static entrain_status refuse_plan(const entrain_scheduler *scheduler, uint32_t task_count,
                                  entrain_status status, entrain_error *error_out) {
    const char *name = scheduler->policy->name;
    if (status == ENTRAIN_NO_MEMORY)
        return entrain_error_set(error_out, status, "no memory for a plan of %u tasks under policy \"%s\"",
                                 task_count, name);
    if (status == ENTRAIN_LIMIT)
        return entrain_error_set(error_out, status,
                                 "policy \"%s\" cannot hold %u tasks on %u workers; make fewer, larger tasks "
                                 "or choose another policy",
                                 name, task_count, scheduler->worker_count);
    return entrain_error_set(error_out, status, "policy \"%s\" refused a plan of %u tasks: %s", name,
                             task_count, entrain_status_text(status));
}

// The old state goes and its counts stay; the new one is what the next run uses.
static void adopt_plan(entrain_scheduler *scheduler, void *state, uint32_t task_count, uint32_t *steps_done) {
    for (uint32_t i = 0; i < scheduler->worker_count; i++) {
        entrain__scheduler_count(scheduler, i, &scheduler->workers[i].stats);
        scheduler->workers[i].steals = 0;
    }
    if (scheduler->task_count != 0)
        scheduler->policy->destroy(scheduler->state);
    if (scheduler->steps_done != NULL)
        entrain__arena_give(scheduler->arena, scheduler->steps_done);
    scheduler->state = state;
    scheduler->steps_done = steps_done;
    scheduler->task_count = task_count;
    scheduler->serial.phase_count = 0;
    scheduler->wanted = (tally){.count = task_count, .sum = (uint64_t)task_count * (task_count - 1) / 2};
    for (uint32_t task = 0; task < task_count; task++)
        scheduler->wanted.mixed += entrain__mix(task);
}

bool entrain_scheduler_runs_ahead(const entrain_scheduler *scheduler) {
    return scheduler->policy->submit_ahead != NULL;
}

entrain_status entrain_scheduler_plan(entrain_scheduler *scheduler, uint32_t task_count,
                                      const uint32_t *task_weights, entrain_error *error_out) {
    return entrain_scheduler_plan_linked(scheduler, task_count, task_weights, NULL, error_out);
}

entrain_status entrain_scheduler_plan_linked(entrain_scheduler *scheduler, uint32_t task_count,
                                             const uint32_t *task_weights, const entrain_task_links *links,
                                             entrain_error *error_out) {
    if (scheduler->serial.running)
        return entrain_error_set(error_out, ENTRAIN_ORDER, "a plan cannot be replaced while its run is on");
    if (task_count < 1 || task_count > UINT32_C(1) << 31)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "task_count is %u; say 1 to 2147483648",
                                 task_count);
    for (uint32_t i = 0; task_weights != NULL && i < task_count; i++)
        if (task_weights[i] == 0)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "task_weights[%u] is 0; a weight is at least 1", i);
    const entrain_policy_setup setup = {
        .worker_count = scheduler->worker_count,
        .task_count = task_count,
        .task_weights = task_weights,
        .seed = scheduler->seed,
        .link_offsets = links != NULL ? links->offsets : NULL,
        .links = links != NULL ? links->tasks : NULL,
        .worker_distances = scheduler->distances,
    };
    void *state = NULL;
    uint32_t *steps_done = NULL;
    entrain_status status = ENTRAIN_OK;
    if (links != NULL && entrain_scheduler_runs_ahead(scheduler)) {
        steps_done = entrain__arena_take(scheduler->arena, task_count, sizeof *steps_done);
        status = steps_done != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
    }
    if (status == ENTRAIN_OK)
        status = scheduler->policy->create(&setup, &state);
    if (status != ENTRAIN_OK) {
        if (steps_done != NULL)
            entrain__arena_give(scheduler->arena, steps_done);
        return refuse_plan(scheduler, task_count, status, error_out);
    }
    adopt_plan(scheduler, state, task_count, steps_done);
    return ENTRAIN_OK;
}

// --- Run

static entrain_status refuse_phase(const entrain_scheduler *scheduler, entrain_error *error_out) {
    tally handed = sum_handed(scheduler);
    const uint64_t wanted = (uint64_t)scheduler->task_count * scheduler->serial.steps;
    const char *what = handed.foreign > 0      ? "some numbers that are no task"
                       : handed.count < wanted ? "so some were lost"
                       : handed.count > wanted ? "so some were doubled"
                                               : "but some twice and some never";
    return entrain_error_set(
        error_out, ENTRAIN_MISMATCH,
        "policy \"%s\" handed out %llu tasks of %llu in phase %llu, %s; the results of this run are "
        "void, choose another policy",
        scheduler->policy->name, (unsigned long long)(handed.count + handed.foreign),
        (unsigned long long)wanted, (unsigned long long)scheduler->serial.phase_count - 1, what);
}

// What stands in the way of any run.
static entrain_status check_run(const entrain_scheduler *scheduler, bool planned, entrain_error *error_out) {
    if (scheduler->serial.running)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "a scheduler runs one job at a time, and one is on");
    if (!planned)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "there is no plan yet; call entrain_scheduler_plan() first");
    if (threads_are_elsewhere(scheduler))
        return entrain_error_set(
            error_out, ENTRAIN_ORDER,
            "the scheduler's threads belong to process %ld, which forked this one; create "
            "the scheduler after the fork",
            (long)scheduler->process);
    return ENTRAIN_OK;
}

// Runs @p job, or if that is NULL what is ready, as worker 0.
static entrain_status run(entrain_scheduler *scheduler, const entrain_job *job, entrain_error *error_out) {
    entrain__cpu_mask callers_cpus;
    if (scheduler->pin) {
        int refused = entrain__cpus_read(&callers_cpus) ? 0 : errno;
        if (refused == 0)
            refused = entrain__cpus_pin(pthread_self(), scheduler->machine->cpus[0]);
        if (refused != 0)
            return refuse_pin(scheduler, 0, refused, error_out);
    }
    worker *self = &scheduler->workers[0];
    entrain__wait_count waits = {.yields = self->stats.yields, .parks = self->stats.parks};
    // Rounding and the treatment of tiny numbers belong to the thread: as the caller has them, results would
    // depend on whether it or another worker ran a task.
    fenv_t callers;
    fegetenv(&callers);
    fesetenv(FE_DFL_ENV);
    settle(self, clock_ns());
    scheduler->serial.job = job;
    scheduler->is_ready_run = job == NULL;
    scheduler->serial.mismatch = false;
    scheduler->serial.running = true; // from before the first advance(): calls from within it are refused too
    bool running = begin_phase(scheduler, self);
    if (running)
        release(scheduler, self);
    else
        self->idle = true;
    while (running) {
        uint32_t seen = entrain__event_value(&scheduler->home);
        run_phase(scheduler, self);
        if (arrive(scheduler)) {
            running = run_serial_part(scheduler, self);
        } else {
            entrain__event_wait(&scheduler->home, seen, &waits);
            running = scheduler->serial.running;
            if (running)
                settle(self, clock_ns());
        }
    }
    self->stats.yields = waits.yields;
    self->stats.parks = waits.parks;
    fesetenv(&callers);
    if (scheduler->pin) // where it came from; if that is gone by now it stays here
        (void)entrain__cpus_bind(pthread_self(), &callers_cpus);
    return scheduler->serial.mismatch ? refuse_phase(scheduler, error_out) : ENTRAIN_OK;
}

entrain_status entrain_scheduler_run(entrain_scheduler *scheduler, const entrain_job *job,
                                     entrain_error *error_out) {
    entrain_status status = check_run(scheduler, scheduler->task_count != 0, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (job->advance == NULL || job->task == NULL || (job->steps != NULL) != (job->task_at != NULL))
        return entrain_error_set(error_out, ENTRAIN_INVALID, "the job has no %s function",
                                 job->advance == NULL ? "advance"
                                 : job->task == NULL  ? "task"
                                 : job->steps == NULL ? "steps"
                                                      : "task_at");
    return run(scheduler, job, error_out);
}

// --- Runs without phases

// What was counted with the plan that goes is kept.
static void keep_ready_counts(entrain_scheduler *scheduler) {
    for (uint32_t i = 0; scheduler->ready != NULL && i < scheduler->worker_count; i++) {
        worker *self = &scheduler->workers[i];
        entrain_worker_stats counted = {0};
        entrain__ready_count(scheduler->ready, i, &counted);
        self->stats.steals_tried += counted.steals_tried;
        self->stats.steals_won += counted.steals_won;
        self->yields_ahead += counted.yields;
        self->naps_ahead += counted.parks;
    }
}

entrain_status entrain_scheduler_plan_ready(entrain_scheduler *scheduler, uint32_t task_count,
                                            entrain_error *error_out) {
    if (scheduler->serial.running)
        return entrain_error_set(error_out, ENTRAIN_ORDER, "a plan cannot be replaced while its run is on");
    if (task_count < 1 || task_count > UINT32_C(1) << 31)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "task_count is %u; say 1 to 2147483648",
                                 task_count);
    if (scheduler->policy->queues == NULL)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "policy \"%s\" shares out phases, and here tasks become ready one by one; use steal, "
            "steal-near, static, shared, serial or shuffled",
            scheduler->policy->name);
    const entrain_policy_setup setup = {
        .worker_count = scheduler->worker_count,
        .task_count = task_count,
        .seed = scheduler->seed,
        .worker_distances = scheduler->distances,
    };
    entrain__ready *ready;
    entrain_status status = entrain__ready_create(scheduler->policy, &setup, &ready);
    if (status != ENTRAIN_OK)
        return refuse_plan(scheduler, task_count, status, error_out);
    keep_ready_counts(scheduler);
    entrain__ready_destroy(scheduler->ready);
    scheduler->ready = ready;
    return ENTRAIN_OK;
}

entrain_status entrain_scheduler_run_ready(entrain_scheduler *scheduler, const entrain_ready_job *job,
                                           entrain_error *error_out) {
    entrain_status status = check_run(scheduler, scheduler->ready != NULL, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (job->task == NULL || job->rest == NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "the job has no %s function",
                                 job->task == NULL ? "task" : "rest");
    entrain__ready_begin(scheduler->ready, job);
    return run(scheduler, NULL, error_out);
}

void entrain_scheduler_ready(entrain_scheduler *scheduler, uint32_t index, uint32_t task) {
    entrain__ready_push(scheduler->ready, index, task);
}

void entrain_scheduler_ask_rest(entrain_scheduler *scheduler) {
    if (scheduler->ready != NULL)
        entrain__ready_ask(scheduler->ready);
}
