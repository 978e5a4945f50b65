// Event-driven execution: who runs when, what overflow does with many producers, muted actors and circles
// of them, beginning and ending while the run goes on, and where every message went.
#include "check.h"

#include <math.h>

#include "engine/base/memory.h"
#include "entrain/engine.h"

enum { GO = ENTRAIN_KIND_USER, WORK, QUIT };

typedef struct world {
    entrain_engine *engine;
    entrain_population *left, *right; // what the actors need to know of each other
    uint32_t size;
} world;

static const entrain_column numbers = {.name = "numbers", .bytes = 32, .fingerprint = true};

static entrain_payload number(int64_t value) { return (entrain_payload){.i64 = value}; }

static entrain_engine_config event_driven(const char *policy, uint32_t workers) {
    entrain_engine_config config = entrain_engine_config_defaults();
    config.execution = ENTRAIN_EXECUTION_EVENT_DRIVEN;
    config.overflow = ENTRAIN_OVERFLOW_BLOCK;
    config.scheduler.policy = policy;
    config.scheduler.worker_count = workers;
    return config;
}

static entrain_behavior behavior_of(entrain_status (*receive)(entrain_self *, const entrain_message *,
                                                              uint32_t),
                                    uint32_t inbox, uint32_t sends_max) {
    return (entrain_behavior){.name = "actor",
                              .columns = &numbers,
                              .column_count = 1,
                              .inbox = inbox,
                              .sends_max = sends_max,
                              .receive = receive};
}

static void begin(world *swarm, const entrain_engine_config *config) {
    entrain_error error = {0};
    *swarm = (struct world){0};
    CHECK_OK(entrain_engine_create(config, &swarm->engine, &error), error);
}

static entrain_population *add(world *swarm, const entrain_behavior *behavior, uint32_t count) {
    entrain_error error = {0};
    entrain_population *population = NULL;
    CHECK_OK(entrain_engine_add(swarm->engine, behavior, swarm, count, &population, &error), error);
    return population;
}

static void start(world *swarm) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_start(swarm->engine, &error), error);
}

static void run(world *swarm) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_run(swarm->engine, INFINITY, &error), error);
}

static entrain_message_count count_of(const world *swarm) {
    entrain_message_count count;
    entrain_engine_count(swarm->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    return count;
}

static int64_t *numbers_of(entrain_population *population, uint32_t index) {
    return entrain_population_at(population, index, 0);
}

// A token goes round a ring. numbers[0]: how often it came by.
static entrain_status pass_on(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *swarm = self->context;
    int64_t *mine = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        mine[0]++;
        if (messages[m].payload[0].i64 > 0)
            entrain_send(self, entrain_population_id(swarm->left, (self->index + 1) % swarm->size), WORK, 0,
                         number(messages[m].payload[0].i64 - 1), number(0));
    }
    return ENTRAIN_OK;
}

static void a_token_goes_round_until_nobody_has_mail(void **state) {
    (void)state;
    static const char *const policies[] = {"serial", "steal", "shared", "static", "shuffled", "steal-near"};
    for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
        for (uint32_t workers = 1; workers <= 3; workers++) {
            const entrain_engine_config config = event_driven(policies[p], workers);
            const entrain_behavior behavior = behavior_of(pass_on, 7, 100);
            world swarm;
            begin(&swarm, &config);
            swarm.left = add(&swarm, &behavior, swarm.size = 50);
            start(&swarm);
            run(&swarm); // nobody has mail: done at once
            for (int64_t round = 1; round <= 2; round++) {
                assert_int_equal(entrain_engine_tell(swarm.engine, entrain_population_id(swarm.left, 0), WORK,
                                                     0, number(999), number(0)),
                                 ENTRAIN_OK);
                run(&swarm);
                for (uint32_t k = 0; k < 50; k++)
                    assert_int_equal(*numbers_of(swarm.left, k), 20 * round);
                assert_int_equal(count_of(&swarm).received, 1000 * round);
            }
            entrain_engine_destroy(swarm.engine);
        }
}

// --- Overflow

enum { BURST = 30 };

// Sends numbered messages to the listener, in calls of BURST, and one to itself to go on.
static entrain_status flood(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *swarm = self->context;
    int64_t *mine = self->columns[0];
    (void)count;
    int64_t left = messages[0].payload[0].i64, now = left < BURST ? left : BURST;
    mine[1] += (int64_t)self->undelivered;
    for (int64_t n = 0; n < now; n++)
        entrain_send(self, entrain_population_id(swarm->right, 0), WORK, 0, number(++mine[0]), number(0));
    if (left > now)
        entrain_send(self, self->id, GO, 0, number(left - now), number(0));
    return ENTRAIN_OK;
}

// Of each sender numbers must come in order. numbers[0]: messages; [1]: out of order; [2]: their sum.
static entrain_status listen(entrain_self *self, const entrain_message *messages, uint32_t count) {
    int64_t *mine = self->columns[0], *seen = self->columns[1];
    for (uint32_t m = 0; m < count; m++) {
        int64_t *last = &seen[messages[m].from & 63];
        mine[0]++;
        mine[1] += messages[m].payload[0].i64 <= *last;
        mine[2] += messages[m].payload[0].i64;
        *last = messages[m].payload[0].i64;
    }
    return ENTRAIN_OK;
}

static void flood_under(entrain_overflow overflow, const char *policy, uint32_t workers, uint32_t senders,
                        int64_t each, uint32_t inbox, entrain_message_count *count_out, int64_t *told_out,
                        int64_t heard_out[3]) {
    static const entrain_column two[] = {{.name = "numbers", .bytes = 32}, {.name = "seen", .bytes = 64 * 8}};
    entrain_engine_config config = event_driven(policy, workers);
    config.overflow = overflow;
    entrain_behavior sender = behavior_of(flood, 7, BURST + 1), listener = behavior_of(listen, inbox, 0);
    listener.columns = two;
    listener.column_count = 2;
    world swarm;
    begin(&swarm, &config);
    swarm.right = add(&swarm, &listener, 1);
    swarm.left = add(&swarm, &sender, senders);
    start(&swarm);
    for (uint32_t k = 0; k < senders; k++)
        assert_int_equal(entrain_engine_tell(swarm.engine, entrain_population_id(swarm.left, k), GO, 0,
                                             number(each), number(0)),
                         ENTRAIN_OK);
    run(&swarm);
    *count_out = count_of(&swarm);
    *told_out = 0;
    for (uint32_t k = 0; k < senders; k++)
        *told_out += numbers_of(swarm.left, k)[1];
    memcpy(heard_out, numbers_of(swarm.right, 0), 3 * sizeof *heard_out);
    entrain_engine_destroy(swarm.engine);
}

static void block_delivers_everything_in_order_and_waits_for_room(void **state) {
    (void)state;
    static const char *const policies[] = {"steal", "shuffled", "shared"};
    for (size_t p = 0; p < 3; p++)
        for (uint32_t workers = 1; workers <= 5; workers += 2)
            for (uint32_t inbox = 1; inbox <= 63; inbox = inbox * 8 + 7) {
                entrain_message_count count;
                int64_t told, heard[3];
                flood_under(ENTRAIN_OVERFLOW_BLOCK, policies[p], workers, 20, 500, inbox, &count, &told,
                            heard);
                assert_int_equal(heard[0], 20 * 500);
                assert_int_equal(heard[1], 0);
                assert_int_equal(heard[2], 20 * (500 * 501 / 2));
                assert_int_equal(count.shed + count.undeliverable + count.queued + count.cancelled, 0);
                assert_int_equal(told, 0);
            }
}

static void fail_tells_and_shed_does_not(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers += 3) {
        entrain_message_count count;
        int64_t told, heard[3];
        flood_under(ENTRAIN_OVERFLOW_FAIL, "steal", workers, 20, 500, 7, &count, &told, heard);
        assert_int_equal(heard[0] + (int64_t)count.undeliverable, 20 * 500);
        assert_true(count.undeliverable > 0 && count.shed == 0);
        // The last call's is not told any more: nobody is called again.
        assert_true(told <= (int64_t)count.undeliverable &&
                    told >= (int64_t)count.undeliverable - 20 * BURST);
        assert_true(told > 0);
        flood_under(ENTRAIN_OVERFLOW_SHED_NEWEST, "steal", workers, 20, 500, 7, &count, &told, heard);
        assert_int_equal(heard[0] + (int64_t)count.shed, 20 * 500);
        assert_true(count.shed > 0 && count.undeliverable == 0 && told == 0);
        assert_int_equal(heard[1], 0);
    }
}

// By hand: one sender, one worker in the order of readiness, inbox 7. The sender's first call sends 30: 7
// find room.
static void shed_counts_are_those_derived_by_hand(void **state) {
    (void)state;
    entrain_message_count count;
    int64_t told, heard[3];
    // Calls of 30, 30, 30, 10; before the 2nd to 4th the listener has been run: the self-message queues
    // behind it.
    flood_under(ENTRAIN_OVERFLOW_SHED_NEWEST, "serial", 1, 1, 100, 7, &count, &told, heard);
    assert_int_equal(heard[0], 4 * 7);
    assert_int_equal(count.shed, 100 - 4 * 7);
    assert_int_equal(heard[2], (1 + 7) * 7 / 2 + (31 + 37) * 7 / 2 + (61 + 67) * 7 / 2 + (91 + 97) * 7 / 2);
}

static void what_many_producers_cannot_do_is_refused(void **state) {
    (void)state;
    static const entrain_overflow refused[] = {ENTRAIN_OVERFLOW_SHED_OLDEST, ENTRAIN_OVERFLOW_CONFLATE};
    for (int r = 0; r < 2; r++) {
        entrain_engine_config config = event_driven("steal", 2);
        config.overflow = refused[r];
        entrain_engine *engine = NULL;
        entrain_error error = {0};
        CHECK_REFUSED(entrain_engine_create(&config, &engine, &error), ENTRAIN_UNSUPPORTED, error,
                      entrain_overflow_name(refused[r]));
    }
    entrain_engine_config config = event_driven("steal", 1);
    entrain_error error = {0};
    entrain_engine *engine = NULL;
    config.batch = 0;
    CHECK_REFUSED(entrain_engine_create(&config, &engine, &error), ENTRAIN_INVALID, error, "batch is 0");
    config.batch = 101;
    CHECK_REFUSED(entrain_engine_create(&config, &engine, &error), ENTRAIN_INVALID, error, "batch is 101");
    config = event_driven("steal", 1);
    config.deadlock = 7;
    CHECK_REFUSED(entrain_engine_create(&config, &engine, &error), ENTRAIN_INVALID, error, "deadlock is 7");
}

// --- Circles

// Sends as many as it is told to to the next one round, in one call.
static entrain_status push_on(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *swarm = self->context;
    int64_t *mine = self->columns[0];
    for (uint32_t m = 0; m < count; m++) {
        mine[0]++;
        for (int64_t n = 0; messages[m].kind == GO && n < messages[m].payload[0].i64; n++)
            entrain_send(self, entrain_population_id(swarm->left, (self->index + 1) % swarm->size), WORK, 0,
                         number(0), number(0));
    }
    return ENTRAIN_OK;
}

static void circle(world *swarm, const entrain_engine_config *config, uint32_t size, int64_t pushes) {
    const entrain_behavior behavior = behavior_of(push_on, 3, 20);
    begin(swarm, config);
    swarm->left = add(swarm, &behavior, swarm->size = size);
    start(swarm);
    for (uint32_t k = 0; k < size; k++)
        for (int n = 0; n < 3; n++) // its mailbox is full, and its first call mutes it
            assert_int_equal(entrain_engine_tell(swarm->engine, entrain_population_id(swarm->left, k), GO, 0,
                                                 number(pushes), number(0)),
                             ENTRAIN_OK);
}

static void a_circle_of_muted_actors_is_named(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers++)
        for (uint32_t size = 1; size <= 4; size++) {
            entrain_engine_config config = event_driven("steal", workers);
            config.batch = 1;
            world swarm;
            entrain_error error = {0};
            circle(&swarm, &config, size, 5);
            const char *named = size == 1 ? "Actor 0 of \"actor\" waits for its own full mailbox;"
                                : size == 2
                                    ? "Actors 0 -> 1 -> 0 of \"actor\" wait for each other's full mailboxes;"
                                : size == 3 ? "Actors 0 -> 1 -> 2 -> 0 of"
                                            : "Actors 0 -> 1 -> 2 -> 3 -> 0 of";
            CHECK_REFUSED(entrain_engine_run(swarm.engine, INFINITY, &error), ENTRAIN_DEADLOCK, error, named);
            assert_true(count_of(&swarm).queued > 0);
            // Again the same; and when one of them is stopped it goes on.
            CHECK_REFUSED(entrain_engine_run(swarm.engine, INFINITY, &error), ENTRAIN_DEADLOCK, error, named);
            const entrain_id first = entrain_population_id(swarm.left, 0);
            assert_int_equal(entrain_engine_stop_actor(swarm.engine, first), ENTRAIN_OK);
            assert_int_equal(entrain_engine_stop_actor(swarm.engine, first), ENTRAIN_STALE);
            run(&swarm);
            assert_int_equal(count_of(&swarm).queued, 0);
            assert_true(count_of(&swarm).cancelled > 0);
            entrain_engine_destroy(swarm.engine);
        }
}

static void a_circle_is_broken_by_shedding_where_that_is_wished(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 3; workers++) {
        entrain_engine_config config = event_driven("steal", workers);
        config.batch = 1;
        config.deadlock = ENTRAIN_DEADLOCK_SHEDS;
        world swarm;
        circle(&swarm, &config, 3, 5);
        run(&swarm);
        entrain_message_count count = count_of(&swarm);
        assert_true(count.shed > 0);
        assert_int_equal(count.received + count.shed, 9 + 45);
        int64_t seen = 0;
        for (uint32_t k = 0; k < 3; k++)
            seen += *numbers_of(swarm.left, k);
        assert_int_equal(seen, count.received);
        entrain_engine_destroy(swarm.engine);
    }
}

// A circle is found while others run for ever: two muted actors, and a token that never stops.
static void a_circle_is_found_while_others_go_on(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 2; workers++) {
        entrain_engine_config config = event_driven("steal", workers);
        config.batch = 1;
        world swarm, ring;
        entrain_error error = {0};
        const entrain_behavior pusher = behavior_of(push_on, 3, 20), passer = behavior_of(pass_on, 7, 100);
        begin(&swarm, &config);
        swarm.left = add(&swarm, &pusher, swarm.size = 2);
        ring = swarm;
        CHECK_OK(entrain_engine_add(swarm.engine, &passer, &ring, 2, &ring.left, &error), error);
        start(&swarm);
        for (uint32_t k = 0; k < 2; k++)
            for (int n = 0; n < 3; n++)
                entrain_engine_tell(swarm.engine, entrain_population_id(swarm.left, k), GO, 0, number(5),
                                    number(0));
        entrain_engine_tell(swarm.engine, entrain_population_id(ring.left, 0), WORK, 0, number(INT64_MAX),
                            number(0));
        entrain_engine_set_deadline(swarm.engine, 60);
        CHECK_REFUSED(entrain_engine_run(swarm.engine, INFINITY, &error), ENTRAIN_DEADLOCK, error,
                      "0 -> 1 -> 0");
        entrain_engine_destroy(swarm.engine);
    }
}

// --- Beginning and ending

// The parent (left) begins children (right), each answers once and ends. numbers[0] answers; [1] children
// begun.
static entrain_status child(entrain_self *self, const entrain_message *messages, uint32_t count) {
    for (uint32_t m = 0; m < count; m++)
        if (messages[m].kind == WORK)
            entrain_send(self, messages[m].from, WORK, 0, messages[m].payload[0], number(0));
    entrain_finish(self);
    return ENTRAIN_OK;
}

static entrain_status parent(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *swarm = self->context;
    int64_t *mine = self->columns[0];
    int64_t left = 0;
    for (uint32_t m = 0; m < count; m++) {
        if (messages[m].kind == GO)
            left += messages[m].payload[0].i64;
        else
            mine[0]++, mine[2] += messages[m].payload[0].i64;
    }
    for (int k = 0; k < 20 && left > 0; k++) {
        entrain_id id;
        if (entrain_spawn(self, swarm->right, &id) != ENTRAIN_OK)
            break;
        mine[1]++;
        left--;
        entrain_send(self, id, WORK, 0, number(mine[1]), number(0));
    }
    if (left > 0)
        entrain_send(self, self->id, GO, 0, number(left), number(0));
    return ENTRAIN_OK;
}

static void children_are_begun_and_end_and_their_places_are_used_again(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 4; workers++) {
        const entrain_engine_config config = event_driven("steal", workers);
        const entrain_behavior parents = behavior_of(parent, 63, 21), children = behavior_of(child, 3, 4);
        world swarm;
        entrain_error error = {0};
        begin(&swarm, &config);
        swarm.left = add(&swarm, &parents, 3);
        CHECK_OK(entrain_engine_add_room(swarm.engine, &children, &swarm, 50, 0, &swarm.right, &error),
                 error);
        start(&swarm);
        const uint64_t nobody = entrain_engine_fingerprint(swarm.engine);
        for (uint32_t k = 0; k < 3; k++)
            entrain_engine_tell(swarm.engine, entrain_population_id(swarm.left, k), GO, 0, number(2000),
                                number(0));
        run(&swarm);
        for (uint32_t k = 0; k < 3; k++) {
            assert_int_equal(numbers_of(swarm.left, k)[0], 2000);
            assert_int_equal(numbers_of(swarm.left, k)[1], 2000);
            assert_int_equal(numbers_of(swarm.left, k)[2], 2000 * 2001 / 2);
        }
        for (uint32_t k = 0; k < 50; k++)
            assert_int_equal(entrain_population_id(swarm.right, k), ENTRAIN_ID_NONE);
        assert_int_equal(count_of(&swarm).undeliverable, 0);
        assert_int_not_equal(entrain_engine_fingerprint(swarm.engine), nobody); // the parents' numbers
        entrain_engine_destroy(swarm.engine);
    }
}

// A place has 255 lives: then it is retired, and no id is used twice.
static void places_retire(void **state) {
    (void)state;
    const entrain_engine_config config = event_driven("steal", 1);
    const entrain_behavior parents = behavior_of(parent, 63, 21), children = behavior_of(child, 3, 4);
    world swarm;
    entrain_error error = {0};
    begin(&swarm, &config);
    swarm.left = add(&swarm, &parents, 1);
    CHECK_OK(entrain_engine_add_room(swarm.engine, &children, &swarm, 2, 0, &swarm.right, &error), error);
    start(&swarm);
    entrain_engine_tell(swarm.engine, entrain_population_id(swarm.left, 0), GO, 0, number(1000), number(0));
    entrain_engine_set_deadline(swarm.engine, 0.2); // it asks for ever for the rest
    assert_int_equal(entrain_engine_run(swarm.engine, INFINITY, &error), ENTRAIN_TIMEOUT);
    assert_int_equal(numbers_of(swarm.left, 0)[0], 510);
    assert_int_equal(numbers_of(swarm.left, 0)[1], 510);
    entrain_id id;
    assert_int_equal(entrain_engine_restart_actor(swarm.engine, swarm.right, 0, &id), ENTRAIN_LIMIT);
    entrain_engine_destroy(swarm.engine);
}

// Senders to one that stops and begins again all the time: no message may reach a later life.
static entrain_status victim(entrain_self *self, const entrain_message *messages, uint32_t count) {
    int64_t *mine = self->columns[0];
    for (uint32_t m = 0; m < count; m++)
        if ((entrain_id)messages[m].payload[0].i64 != self->id)
            mine[0]++; // meant for somebody else
    if (self->id % 3 == 0 || count > 2)
        entrain_finish(self);
    return ENTRAIN_OK;
}

// Keeps sending to whoever lives at the victims' places, and begins them anew. numbers[1]: wrong
// deliveries are counted there
static entrain_status hunter(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *swarm = self->context;
    int64_t left = messages[0].payload[0].i64;
    (void)count;
    for (uint32_t k = 0; k < 4; k++) {
        entrain_id id = entrain_population_id(swarm->right, k);
        if (id != ENTRAIN_ID_NONE)
            entrain_send(self, id, WORK, 0, number(id), number(0));
        if (id != ENTRAIN_ID_NONE && (left + k) % 7 == 0)
            (void)entrain_stop(self, id);
    }
    entrain_id born;
    (void)entrain_spawn(self, swarm->right, &born);
    if (left > 0)
        entrain_send(self, self->id, GO, 0, number(left - 1), number(0));
    return ENTRAIN_OK;
}

static void no_message_reaches_a_later_life(void **state) {
    (void)state;
    for (int overflow = 0; overflow < 2; overflow++)
        for (uint32_t workers = 1; workers <= 6; workers += 5) {
            entrain_engine_config config = event_driven("steal", workers);
            config.overflow = overflow == 0 ? ENTRAIN_OVERFLOW_FAIL : ENTRAIN_OVERFLOW_BLOCK;
            const entrain_behavior hunters = behavior_of(hunter, 3, 5), victims = behavior_of(victim, 3, 0);
            world swarm;
            entrain_error error = {0};
            begin(&swarm, &config);
            swarm.left = add(&swarm, &hunters, 6);
            CHECK_OK(entrain_engine_add_room(swarm.engine, &victims, &swarm, 4, 2, &swarm.right, &error),
                     error);
            start(&swarm);
            for (uint32_t k = 0; k < 6; k++)
                entrain_engine_tell(swarm.engine, entrain_population_id(swarm.left, k), GO, 0, number(300),
                                    number(0));
            run(&swarm);
            int64_t wrong = 0;
            for (uint32_t k = 0; k < 4; k++)
                wrong += *numbers_of(swarm.right, k); // of the last life; each counts from 0
            assert_int_equal(wrong, 0);
            assert_int_equal(count_of(&swarm).queued, 0);
            entrain_engine_destroy(swarm.engine);
        }
}

static void the_gone_and_the_deaf_are_undeliverable(void **state) {
    (void)state;
    const entrain_engine_config config = event_driven("steal", 1);
    const entrain_behavior behavior = behavior_of(pass_on, 3, 100), deaf = {.name = "deaf"};
    world swarm;
    begin(&swarm, &config);
    swarm.left = add(&swarm, &behavior, swarm.size = 2);
    swarm.right = add(&swarm, &deaf, 1);
    start(&swarm);
    const entrain_id second = entrain_population_id(swarm.left, 1);
    assert_int_equal(entrain_engine_stop_actor(swarm.engine, second), ENTRAIN_OK);
    assert_int_equal(entrain_engine_tell(swarm.engine, second, WORK, 0, number(1), number(0)), ENTRAIN_STALE);
    assert_int_equal(entrain_engine_tell(swarm.engine, entrain_population_id(swarm.right, 0), WORK, 0,
                                         number(1), number(0)),
                     ENTRAIN_STALE);
    assert_int_equal(entrain_engine_tell(swarm.engine, entrain_population_id(swarm.left, 0), WORK, 0,
                                         number(5), number(0)),
                     ENTRAIN_OK);
    run(&swarm); // sends to the id of nobody
    assert_int_equal(count_of(&swarm).undeliverable, 1);
    entrain_id again;
    assert_int_equal(entrain_engine_restart_actor(swarm.engine, swarm.left, 1, &again), ENTRAIN_OK);
    assert_int_not_equal(again, second);
    assert_int_equal(entrain_engine_restart_actor(swarm.engine, swarm.left, 1, &again), ENTRAIN_ORDER);
    entrain_engine_tell(swarm.engine, again, WORK, 0, number(5), number(0));
    run(&swarm);
    assert_int_equal(*numbers_of(swarm.left, 1), 3);
    entrain_engine_destroy(swarm.engine);
}

// --- Order, and requests to stop

static entrain_status count_all(entrain_self *self, const entrain_message *messages, uint32_t count) {
    (void)messages;
    *(int64_t *)self->columns[0] += count;
    return ENTRAIN_OK;
}

static uint64_t signature(uint64_t seed, uint64_t *state_out) {
    entrain_engine_config config = event_driven("shuffled", 1);
    config.scheduler.seed = seed;
    entrain_behavior sender = behavior_of(flood, 7, BURST + 1), listener = behavior_of(count_all, 63, 0);
    world swarm;
    begin(&swarm, &config);
    swarm.left = swarm.right = add(&swarm, &listener, swarm.size = 5);
    entrain_population *senders = add(&swarm, &sender, 5);
    entrain_engine_sign_order(swarm.engine, true);
    start(&swarm);
    for (uint32_t k = 0; k < 5; k++)
        entrain_engine_tell(swarm.engine, entrain_population_id(senders, k), GO, 0, number(100), number(0));
    run(&swarm);
    uint64_t order = entrain_engine_order_signature(swarm.engine);
    *state_out = entrain_engine_fingerprint(swarm.engine);
    assert_int_not_equal(order, 0);
    entrain_engine_destroy(swarm.engine);
    return order;
}

static void a_seed_is_an_order(void **state) {
    (void)state;
    uint64_t seen[20], result, first_result = 0, different = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        seen[seed] = signature(seed, &result);
        assert_int_equal(signature(seed, &result), seen[seed]);
        if (seed == 0)
            first_result = result;
        assert_int_equal(result, first_result); // numbers are counted, whatever the order
        bool is_new = true;
        for (uint64_t other = 0; other < seed; other++)
            is_new &= seen[other] != seen[seed];
        different += is_new;
    }
    assert_true(different >= 19);
}

static void a_run_ends_when_asked_and_can_go_on(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 2; workers++) {
        const entrain_engine_config config = event_driven("steal", workers);
        const entrain_behavior behavior = behavior_of(pass_on, 7, 100);
        world swarm;
        entrain_error error = {0};
        begin(&swarm, &config);
        swarm.left = add(&swarm, &behavior, swarm.size = 10);
        start(&swarm);
        entrain_engine_tell(swarm.engine, entrain_population_id(swarm.left, 0), WORK, 0, number(1000000),
                            number(0));
        entrain_engine_cancel(swarm.engine);
        CHECK_REFUSED(entrain_engine_run(swarm.engine, INFINITY, &error), ENTRAIN_CANCELLED, error,
                      "on request");
        assert_int_equal(count_of(&swarm).queued, 1);
        entrain_engine_clear(swarm.engine);
        entrain_engine_set_deadline(swarm.engine, 1e-9);
        CHECK_REFUSED(entrain_engine_run(swarm.engine, INFINITY, &error), ENTRAIN_TIMEOUT, error,
                      "at its deadline");
        assert_int_equal(count_of(&swarm).queued, 1);
        entrain_engine_clear(swarm.engine);
        run(&swarm);
        assert_int_equal(count_of(&swarm).received, 1000001);
        CHECK_REFUSED(entrain_engine_advance(swarm.engine, 1, &error), ENTRAIN_UNSUPPORTED, error,
                      "entrain_engine_run()");
        entrain_engine_destroy(swarm.engine);
    }
}

// A timeline knows rests and idleness of a run without phases; it does not list every actor's turn.
static void a_timeline_can_be_kept(void **state) {
    (void)state;
    entrain_engine_config config = event_driven("steal", 2);
    config.scheduler.timeline_events = 100;
    const entrain_behavior behavior = behavior_of(pass_on, 7, 100);
    world swarm;
    entrain_error error = {0};
    begin(&swarm, &config);
    swarm.left = add(&swarm, &behavior, swarm.size = 10);
    start(&swarm);
    entrain_engine_tell(swarm.engine, entrain_population_id(swarm.left, 0), WORK, 0, number(1000), number(0));
    run(&swarm);
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    CHECK_OK(entrain_scheduler_timeline_write(entrain_engine_scheduler(swarm.engine), stream, &error), error);
    fclose(stream);
    assert_int_equal(strncmp(text, ENTRAIN_TIMELINE_BEGINS, strlen(ENTRAIN_TIMELINE_BEGINS)), 0);
    free(text);
    entrain_engine_destroy(swarm.engine);
}

static void leaves_nothing_behind(void **state) {
    (void)state;
    int64_t before = entrain__memory_live();
    entrain_engine_config config = event_driven("steal", 3);
    world swarm;
    entrain_error error = {0};
    config.batch = 1;
    circle(&swarm, &config, 3, 5);
    assert_int_equal(entrain_engine_run(swarm.engine, INFINITY, &error), ENTRAIN_DEADLOCK);
    entrain_engine_destroy(swarm.engine);
    assert_int_equal(entrain__memory_live(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_goes_round_until_nobody_has_mail),
        cmocka_unit_test(block_delivers_everything_in_order_and_waits_for_room),
        cmocka_unit_test(fail_tells_and_shed_does_not),
        cmocka_unit_test(shed_counts_are_those_derived_by_hand),
        cmocka_unit_test(what_many_producers_cannot_do_is_refused),
        cmocka_unit_test(a_circle_of_muted_actors_is_named),
        cmocka_unit_test(a_circle_is_broken_by_shedding_where_that_is_wished),
        cmocka_unit_test(a_circle_is_found_while_others_go_on),
        cmocka_unit_test(children_are_begun_and_end_and_their_places_are_used_again),
        cmocka_unit_test(places_retire),
        cmocka_unit_test(no_message_reaches_a_later_life),
        cmocka_unit_test(the_gone_and_the_deaf_are_undeliverable),
        cmocka_unit_test(a_seed_is_an_order),
        cmocka_unit_test(a_run_ends_when_asked_and_can_go_on),
        cmocka_unit_test(a_timeline_can_be_kept),
        cmocka_unit_test(leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
