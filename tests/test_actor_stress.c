// Event-driven execution under attack: random graphs of actors that overload, mute, begin, stop and begin
// anew each other, with more threads than cores, preemptions at every marked point, and requests to stop
// in the middle. What must hold:
//
//   no hang            a watchdog says which seed
//   conservation       the residual is 0 whenever a run has ended, however it ended; dead letters are as
// many as counted
//   order              what one actor sends to another arrives in the order sent
//   one life           what is meant for one actor never reaches who lives at its place later
//   one worker         an actor's memory is plain: a second worker in it breaks sums, and ThreadSanitizer
// sees it
//
//   test_actor_stress [SEED [MILLIONS]]      default 1 3; what fails says the line to repeat it
#include "check.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "engine/base/atomics.h"
#include "entrain/engine.h"
#include "preempt.h"

enum { GO = ENTRAIN_KIND_USER, NOTE };
enum {
    WALKERS_MAX = 48,
    GUESTS_MAX = 16,
    PLACES_MAX = WALKERS_MAX + GUESTS_MAX + 1,
    DEAF = 1,
    RUNS_MAX = 100
};

typedef struct heard {
    entrain_id from;
    uint32_t handled;
    uint64_t sequence;
} heard;

// An actor's column: plain memory.
typedef struct mind {
    uint64_t draws, sequence;
    entrain_id guest, self;
    heard heard[PLACES_MAX];
} mind;

typedef struct world {
    entrain_engine *engine;
    entrain_population *walkers, *guests, *deaf;
    uint64_t seed, draws;
    uint32_t walker_count, guest_count, walker_sends, guest_sends;
    bool blocks;         // a circle costs a rest of all workers: smaller worlds
    uint32_t end_one_in; // of handled messages, one ends somebody
    int64_t budget;      // atomic: messages that may still be sent
    uint64_t handled;    // atomic
    uint64_t wrong;      // atomic: messages out of order or for somebody else
    uint64_t dead;       // under the engine's lock
    uint32_t done;       // atomic: the canceller's
} world;

static uint64_t total_wanted = 3000000, total_handled, first_seed = 1, worlds_seen;
static uint64_t ended_ok, ended_cancelled, ended_timeout, ended_deadlock, all_shed, all_undeliverable,
    all_cancelled;
static char watchdog_line[128];

static void hang(int number) {
    (void)number;
    ssize_t written = write(STDERR_FILENO, watchdog_line, strlen(watchdog_line));
    (void)written;
    abort();
}

static bool one_in(uint64_t *draws, uint32_t n) { return entrain__mix_below(draws, n) == 0; }

// --- Actors

static void wake_up(const entrain_range *range) {
    const world *swarm = range->context;
    for (uint32_t k = 0; k < range->count; k++) {
        mind *mine = (mind *)range->columns[0] + k;
        mine->draws = swarm->seed * 31 + range->ids[k];
        mine->self = range->ids[k];
    }
}

static bool may_send(world *swarm) {
    // A little more than allowed does no harm.
    if ((int64_t)entrain__load_relaxed_u64((uint64_t *)&swarm->budget) <= 0)
        return false;
    entrain__add_acq_rel_u64((uint64_t *)&swarm->budget, UINT64_MAX);
    return true;
}

static void say(entrain_self *self, entrain_id to, uint32_t *left) {
    mind *mine = self->columns[0];
    if (to == ENTRAIN_ID_NONE || *left == 0 || !may_send(self->context))
        return;
    --*left;
    if (entrain_send(self, to, NOTE, 0, (entrain_payload){.u64 = ++mine->sequence},
                     (entrain_payload){.u64 = to}) != ENTRAIN_OK)
        entrain__add_acq_rel_u64(&((world *)self->context)->wrong, 1);
}

static void listen(entrain_self *self, const entrain_message *messages, uint32_t count) {
    world *swarm = self->context;
    mind *mine = self->columns[0];
    uint64_t wrong = mine->self != self->id;
    for (uint32_t m = 0; m < count; m++) {
        wrong += messages[m].payload[1].u64 != self->id || messages[m].kind < GO;
        if (messages[m].kind != NOTE)
            continue;
        heard *last = &mine->heard[messages[m].from & 0xffffff];
        if (last->from != messages[m].from)
            *last = (heard){.from = messages[m].from};
        wrong += messages[m].payload[0].u64 <= last->sequence;
        last->sequence = messages[m].payload[0].u64;
        last->handled++;
    }
    if (wrong > 0)
        entrain__add_acq_rel_u64(&swarm->wrong, wrong);
    entrain__add_acq_rel_u64(&swarm->handled, count);
}

static entrain_id somebody(const world *swarm, mind *mine, entrain_id self) {
    switch (entrain__mix_below(&mine->draws, 32)) {
    case 0:
        return self;
    case 1:
    case 2:
        return mine->guest; // perhaps long gone
    case 3:
        return one_in(&mine->draws, 8) ? entrain_population_id(swarm->deaf, 0) : self;
    default:
        return entrain_population_id(swarm->walkers, entrain__mix_below(&mine->draws, swarm->walker_count));
    }
}

static entrain_status walk(entrain_self *self, const entrain_message *messages, uint32_t count) {
    world *swarm = self->context;
    mind *mine = self->columns[0];
    uint32_t left = swarm->walker_sends;
    listen(self, messages, count);
    for (uint32_t m = 0; m < count; m++) {
        const uint32_t spoken = entrain__mix_below(&mine->draws, one_in(&mine->draws, 8) ? 8 : 3);
        const bool to_one = one_in(&mine->draws, 4); // a run of messages to one receiver
        entrain_id to = somebody(swarm, mine, self->id);
        for (uint32_t s = 0; s < spoken; s++, to = to_one ? to : somebody(swarm, mine, self->id))
            say(self, to, &left);
        if (one_in(&mine->draws, 64) && entrain_spawn(self, swarm->guests, &mine->guest) == ENTRAIN_OK)
            say(self, mine->guest, &left);
        if (!one_in(&mine->draws, swarm->end_one_in))
            continue;
        entrain_id born;
        switch (entrain__mix_below(&mine->draws, 6)) {
        case 0:
            (void)entrain_stop(self, mine->guest);
            break;
        case 1:
            (void)entrain_stop(self, somebody(swarm, mine, self->id));
            break;
        case 2:
            entrain_finish(self);
            break;
        default:
            if (entrain_spawn(self, swarm->walkers, &born) == ENTRAIN_OK)
                say(self, born, &left);
        }
    }
    return ENTRAIN_OK;
}

static entrain_status visit(entrain_self *self, const entrain_message *messages, uint32_t count) {
    world *swarm = self->context;
    mind *mine = self->columns[0];
    uint32_t left = swarm->guest_sends;
    listen(self, messages, count);
    for (uint32_t m = 0; m < count; m++)
        if (messages[m].kind == NOTE)
            say(self, messages[m].from, &left);
    if (one_in(&mine->draws, 3))
        entrain_finish(self);
    return ENTRAIN_OK;
}

static void bury(void *context, const entrain_dead_letter *letter) {
    world *swarm = context;
    swarm->dead++;
    if (letter->message.kind < GO)
        swarm->wrong++;
}

// --- Worlds

static uint32_t draw(world *swarm, uint32_t from, uint32_t to) {
    return from + entrain__mix_below(&swarm->draws, to - from + 1);
}

static void build(world *swarm) {
    static const char *const policies[] = {"steal",  "steal",    "steal-near", "shared",
                                           "static", "shuffled", "serial"};
    static const entrain_overflow overflows[] = {ENTRAIN_OVERFLOW_BLOCK, ENTRAIN_OVERFLOW_BLOCK,
                                                 ENTRAIN_OVERFLOW_FAIL, ENTRAIN_OVERFLOW_SHED_NEWEST};
    static const entrain_column column = {.name = "mind", .bytes = sizeof(mind), .fingerprint = true};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    config.scheduler.policy = policies[draw(swarm, 0, 6)];
    config.scheduler.worker_count = draw(swarm, 1, 9);
    config.scheduler.seed = swarm->seed;
    config.overflow = overflows[draw(swarm, 0, 3)];
    swarm->blocks = config.overflow == ENTRAIN_OVERFLOW_BLOCK;
    config.deadlock = draw(swarm, 0, 3) > 0 ? ENTRAIN_DEADLOCK_SHEDS : ENTRAIN_DEADLOCK_ENDS;
    config.batch = draw(swarm, 0, 2) == 0 ? 1 : draw(swarm, 1, 100);
    swarm->walker_count = draw(swarm, 1, WALKERS_MAX);
    swarm->guest_count = draw(swarm, 1, GUESTS_MAX);
    swarm->walker_sends = draw(swarm, 1, 200);
    swarm->guest_sends = draw(swarm, 0, 5);
    swarm->end_one_in = draw(swarm, 0, 1) == 0 ? 200 : 2000;
    const entrain_behavior walker = {.name = "walker",
                                     .columns = &column,
                                     .column_count = 1,
                                     .inbox = (UINT32_C(1) << draw(swarm, 1, 6)) - 1,
                                     .sends_max = swarm->walker_sends,
                                     .start = wake_up,
                                     .receive = walk};
    entrain_behavior guest = walker;
    guest.name = "guest";
    guest.inbox = (UINT32_C(1) << draw(swarm, 1, 3)) - 1;
    guest.sends_max = swarm->guest_sends;
    guest.receive = visit;
    const entrain_behavior deaf = {.name = "deaf"};
    entrain_error error = {0};
    CHECK_OK(entrain_engine_create(&config, &swarm->engine, &error), error);
    CHECK_OK(entrain_engine_add_room(swarm->engine, &walker, swarm, swarm->walker_count,
                                     draw(swarm, 1, swarm->walker_count), &swarm->walkers, &error),
             error);
    CHECK_OK(
        entrain_engine_add_room(swarm->engine, &guest, swarm, swarm->guest_count, 0, &swarm->guests, &error),
        error);
    CHECK_OK(entrain_engine_add(swarm->engine, &deaf, swarm, DEAF, &swarm->deaf, &error), error);
    entrain_engine_on_dead_letter(swarm->engine, bury, swarm);
    CHECK_OK(entrain_engine_start(swarm->engine, &error), error);
}

static void check_counts(const world *swarm, bool quiet) {
    entrain_message_count count;
    entrain_engine_count(swarm->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    assert_int_equal(count.received, swarm->handled);
    assert_int_equal(count.shed + count.undeliverable, swarm->dead);
    assert_int_equal(swarm->wrong, 0);
    if (quiet)
        assert_int_equal(count.queued, 0);
}

// Between runs: somebody is stopped, somebody begins again, and new messages come.
static bool stir(world *swarm) {
    uint32_t living = 0;
    for (uint32_t k = draw(swarm, 0, 3); k > 0; k--) {
        entrain_id id = entrain_population_id(swarm->walkers, draw(swarm, 0, swarm->walker_count - 1));
        if (id != ENTRAIN_ID_NONE)
            assert_int_equal(entrain_engine_stop_actor(swarm->engine, id), ENTRAIN_OK);
    }
    for (uint32_t w = 0; w < swarm->walker_count; w++) {
        entrain_id id = entrain_population_id(swarm->walkers, w);
        if (id == ENTRAIN_ID_NONE && draw(swarm, 0, 2) > 0) {
            entrain_status status = entrain_engine_restart_actor(swarm->engine, swarm->walkers, w, &id);
            assert_true(status == ENTRAIN_OK || status == ENTRAIN_LIMIT);
        }
        living += id != ENTRAIN_ID_NONE;
    }
    for (uint32_t k = 0; k < 40; k++) {
        entrain_id id = entrain_population_id(swarm->walkers, draw(swarm, 0, swarm->walker_count - 1));
        if (id == ENTRAIN_ID_NONE)
            continue;
        entrain_status status = entrain_engine_tell(swarm->engine, id, GO, 0, (entrain_payload){.u64 = 0},
                                                    (entrain_payload){.u64 = id});
        assert_true(status == ENTRAIN_OK || status == ENTRAIN_FULL);
    }
    return living > 0;
}

static void *cancel_now_and_then(void *context) {
    world *swarm = context;
    uint64_t draws = swarm->seed;
    while (entrain__load_acquire_u32(&swarm->done) == 0) {
        for (uint32_t n = entrain__mix_below(&draws, 400); n > 0; n--)
            entrain__wait_step(ENTRAIN__WAIT_YIELD);
        entrain_engine_cancel(swarm->engine);
    }
    return NULL;
}

static void run_once(world *swarm) {
    entrain_error error = {0};
    if (draw(swarm, 0, 3) == 0)
        entrain_engine_set_deadline(swarm->engine, 1e-6 * draw(swarm, 1, 3000));
    entrain_status status = entrain_engine_run(swarm->engine, INFINITY, &error);
    ended_ok += status == ENTRAIN_OK;
    ended_cancelled += status == ENTRAIN_CANCELLED;
    ended_timeout += status == ENTRAIN_TIMEOUT;
    ended_deadlock += status == ENTRAIN_DEADLOCK;
    if (status != ENTRAIN_OK && status != ENTRAIN_CANCELLED && status != ENTRAIN_TIMEOUT &&
        status != ENTRAIN_DEADLOCK)
        fail_msg("%s: %s", entrain_status_name(status), error.sentence);
    check_counts(swarm, status == ENTRAIN_OK);
    entrain_engine_clear(swarm->engine);
}

static void live(world *swarm, uint64_t messages) {
    const bool cancels = draw(swarm, 0, 2) == 0;
    pthread_t canceller;
    swarm->budget = (int64_t)messages;
    if (cancels)
        assert_int_equal(pthread_create(&canceller, NULL, cancel_now_and_then, swarm), 0);
    // Where each run dies out soon there would be thousands of them, and a run is begun and ended by all
    // workers.
    for (uint32_t runs = 0;
         runs < RUNS_MAX && (int64_t)entrain__load_relaxed_u64((uint64_t *)&swarm->budget) > 0 && stir(swarm);
         runs++)
        run_once(swarm);
    if (cancels) {
        entrain__store_release_u32(&swarm->done, 1);
        pthread_join(canceller, NULL);
        entrain_engine_clear(swarm->engine);
    }
}

static void no_world_loses_anything(void **state) {
    (void)state;
    const uint64_t each = total_wanted < 100000000 ? 200000 : 4000000;
    uint64_t seed = first_seed;
    do {
        snprintf(watchdog_line, sizeof watchdog_line, "hang: repeat it with test_actor_stress %llu 0\n",
                 (unsigned long long)seed);
        alarm(100);
        world swarm = {.seed = seed, .draws = seed * UINT64_C(0x2545f4914f6cdd1d)};
        preempt_seed = seed;
        preempt_one_in = (uint32_t[]){20, 100, 1000, 0}[seed % 4];
        build(&swarm);
        live(&swarm, swarm.blocks ? each / 80 : each);
        entrain_message_count count;
        entrain_engine_count(swarm.engine, &count);
        all_shed += count.shed;
        all_undeliverable += count.undeliverable;
        all_cancelled += count.cancelled;
        total_handled += swarm.handled;
        worlds_seen++;
        entrain_engine_destroy(swarm.engine); // with mail, muted actors and all
        seed++;
    } while (total_handled < total_wanted);
    alarm(0);
    print_message("%llu messages in %llu worlds; runs ended: %llu at rest, %llu cancelled, %llu at a "
                  "deadline, %llu in a "
                  "circle; %llu shed, %llu undeliverable, %llu cancelled\n",
                  (unsigned long long)total_handled, (unsigned long long)worlds_seen,
                  (unsigned long long)ended_ok, (unsigned long long)ended_cancelled,
                  (unsigned long long)ended_timeout, (unsigned long long)ended_deadlock,
                  (unsigned long long)all_shed, (unsigned long long)all_undeliverable,
                  (unsigned long long)all_cancelled);
    if (total_wanted < 3000000)
        return;
    // Else what is to be attacked was never there.
    assert_true(ended_ok > 0 && ended_cancelled > 0 && ended_timeout > 0 && ended_deadlock > 0);
    assert_true(all_shed > 0 && all_undeliverable > 0 && all_cancelled > 0);
}

int main(int argc, char **argv) {
    const char *millions = getenv("ENTRAIN_STRESS_MILLIONS"); // less where everything is slow
    if (millions != NULL)
        total_wanted = strtoull(millions, NULL, 10) * 1000000;
    if (argc > 1)
        first_seed = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        total_wanted = strtoull(argv[2], NULL, 10) * 1000000;
    signal(SIGALRM, hang);
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_world_loses_anything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
