/// @file archive_world.h  Worlds in which everything happens that a lockstep engine has to remember:
/// actors that do what a hash of all they ever saw tells them, and an outside that disturbs them. Whatever
/// is forgotten shows in the fingerprint soon. A function of the world's number alone.
#ifndef ENTRAIN_TESTS_ARCHIVE_WORLD_H
#define ENTRAIN_TESTS_ARCHIVE_WORLD_H

#include <math.h>

#include "check.h"

#include "engine/base/fingerprint.h"
#include "entrain/engine.h"

enum {
    AW_TALKERS = 70,
    AW_ROOM = 10,
    AW_QUIET = 25,
    AW_TALKER_PLACES = AW_TALKERS + AW_ROOM,
    AW_EDGES = 400,
    AW_TICKS = 26,
    AW_REPLACED_AT = 9,
    AW_SEED = 4711
};
#define AW_STEP_S 0.1

typedef struct aw_world {
    uint64_t number;
    // Drawn.
    uint32_t words, stages, inbox, capacity, delay_max;
    bool complete, weighted, delayed, directed, silent_past, mail, budgets, all_for_one, named, replaces;
    entrain_overflow overflow;
    entrain_remedy remedy;
    // How it goes on: may differ between who writes and who reads.
    entrain_transport transport;
    const char *policy;
    uint32_t workers;
    entrain_layout layout;
    uint32_t cohort_weight;
    uint32_t spare_delay; // that no disturbance uses
    // What a reader may get wrong.
    uint64_t seed_more;
    double step_s;
    const char *quiet_name;
    uint32_t quiet_more, scratch_bytes, timers_max;
    // Running.
    entrain_engine *engine;
    entrain_population *talkers, *quiet;
    uint64_t context; // of the talkers: changed between ticks, archived
} aw_world;

static inline uint64_t aw_draw(uint64_t number, uint64_t what, uint64_t which) {
    return entrain__mix64(entrain__mix64(number * 131 + what) + which);
}

// --- Actors

typedef struct aw_columns {
    uint64_t *state;
    entrain_timer *timer;
    double *health;
    uint32_t *friend_id;
    uint16_t *scratch; // not part of the fingerprint
} aw_columns;

static inline aw_columns aw_of(void *const *columns) {
    return (aw_columns){columns[0], columns[1], columns[2], columns[3], columns[4]};
}

static inline entrain_id aw_somebody(const aw_world *world, uint64_t bits) {
    const uint32_t k = (uint32_t)(bits % (AW_TALKER_PLACES + AW_QUIET));
    return k < AW_TALKER_PLACES ? entrain_population_id(world->talkers, k)
                                : entrain_population_id(world->quiet, k - AW_TALKER_PLACES);
}

static inline void aw_start(const entrain_range *range) {
    aw_columns its = aw_of(range->columns);
    for (uint32_t k = 0; k < range->count; k++) {
        its.state[k] = entrain__mix64(range->ids[k]);
        its.health[k] = 1;
    }
}

static inline void aw_act(entrain_self *self, const aw_world *world, aw_columns its, uint64_t bits) {
    const entrain_payload first = {.u64 = bits}, second = {.u64 = *its.scratch};
    const entrain_id whom = aw_somebody(world, bits >> 20);
    entrain_status status = ENTRAIN_OK;
    entrain_timer timer = 0;
    switch (bits % 23) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
        status = entrain_send(self, whom, (uint16_t)(ENTRAIN_KIND_USER + bits % 3), (uint16_t)(bits >> 50),
                              first, second);
        break;
    case 7:
    case 8:
        status = entrain_send_after_ticks(self, bits >> 40 & 7, self->id, ENTRAIN_KIND_USER + 7, 1, first,
                                          second, &timer);
        *its.timer = status == ENTRAIN_OK ? timer : *its.timer;
        break;
    case 9:
    case 10:
        status = entrain_send_after(self, (double)(bits >> 40 & 63) * 0.017, whom, ENTRAIN_KIND_USER + 8, 2,
                                    first, second, &timer);
        *its.timer = status == ENTRAIN_OK ? timer : *its.timer;
        break;
    case 11:
        status = entrain_cancel(self, *its.timer);
        break;
    case 12:
    case 13:
        *its.friend_id = whom;
        status = entrain_watch(self, whom);
        break;
    case 14:
        status = entrain_unwatch(self, *its.friend_id);
        break;
    case 15:
        if ((bits >> 30 & 7) == 0)
            status = entrain_stop(self, whom);
        break;
    case 16:
        if ((bits >> 30 & 7) == 0)
            entrain_finish(self);
        break;
    case 17:
        if ((bits >> 30 & 7) == 0)
            *its.health = (double)NAN;
        break;
    default:
        break;
    }
    *its.state = entrain__mix_fold(*its.state, (uint64_t)status);
    ++*its.scratch;
}

static inline entrain_status aw_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const aw_world *world = self->context;
    aw_columns its = aw_of(self->columns);
    *its.state = entrain__mix_fold(*its.state, self->undelivered);
    for (uint32_t m = 0; m < count; m++) {
        const entrain_message *message = &messages[m];
        *its.state = entrain__mix_fold(*its.state, (uint64_t)message->from << 32 |
                                                       (uint32_t)message->kind << 16 | message->flags);
        *its.state =
            entrain__mix_fold(*its.state, message->payload[0].u64 ^ message->payload[1].u64 ^ world->context);
        aw_act(self, world, its, *its.state);
        aw_act(self, world, its, entrain__mix64(*its.state));
    }
    return *its.state % 211 == 0 ? ENTRAIN_IO : ENTRAIN_OK;
}

static inline void aw_step(const entrain_range *range, uint32_t stage) {
    const aw_world *world = range->context;
    aw_columns its = aw_of(range->columns);
    const entrain_payload unit = {.f64 = range->sum_unit};
    for (uint32_t k = 0; k < range->count; k++) {
        its.state[k] = entrain__mix_fold(its.state[k], unit.u64);
        for (uint32_t w = 0; w < world->words; w++)
            its.state[k] = entrain__mix_fold(its.state[k], (uint64_t)range->sums[k * world->words + w]);
        its.state[k] = entrain__mix_fold(its.state[k], (uint64_t)range->heard[k] << 8 | stage);
        if (world->remedy != ENTRAIN_REMEDY_ESCALATE && its.state[k] % 977 == 0)
            its.health[k] = (double)INFINITY;
        if (world->mail && its.state[k] % 5 == 0)
            (void)entrain_range_send(range, k, aw_somebody(world, its.state[k] >> 20), ENTRAIN_KIND_USER + 9,
                                     3, (entrain_payload){.u64 = its.state[k]},
                                     (entrain_payload){.u64 = range->tick});
    }
}

static inline int64_t aw_word(uint64_t state, uint64_t tick, uint32_t stage, uint32_t word) {
    return (int64_t)(entrain__mix64(state ^ entrain__mix64((tick * 4 + stage) * 8 + word)) >> 20) -
           (INT64_C(1) << 43);
}
static inline void aw_publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    const aw_world *world = range->context;
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < world->words; w++)
            words_out[k * world->words + w] =
                aw_word(((const uint64_t *)range->columns[0])[k], range->tick, stage, w);
}
static inline void aw_past(const entrain_range *range, uint32_t ticks_ago, uint32_t stage,
                           int64_t *words_out) {
    const aw_world *world = range->context;
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < world->words; w++)
            words_out[k * world->words + w] = aw_word(range->indices[k], 1000 + ticks_ago, stage, w);
}
static inline void aw_archive(void *context, entrain_archive *archive) {
    entrain_archive_u64(archive, &((aw_world *)context)->context);
}

// --- The world

/// The @p number-th: among 24 in a row everything occurs.
static inline aw_world aw_make(uint64_t number) {
    static const entrain_overflow overflows[] = {ENTRAIN_OVERFLOW_FAIL,        ENTRAIN_OVERFLOW_BLOCK,
                                                 ENTRAIN_OVERFLOW_SHED_OLDEST, ENTRAIN_OVERFLOW_BLOCK,
                                                 ENTRAIN_OVERFLOW_CONFLATE,    ENTRAIN_OVERFLOW_FAIL,
                                                 ENTRAIN_OVERFLOW_SHED_NEWEST};
    aw_world world = {
        .number = number,
        .words = 1 + (uint32_t)(number % 4),
        .stages = 1U << number % 3,
        .inbox = 2 + (uint32_t)(number % 3),
        .delay_max = number % 5 < 2 ? 3 : 0,
        .complete = number % 6 == 5,
        .weighted = number % 4 == 1,
        .delayed = number % 4 < 2,
        .directed = number % 5 == 3,
        .silent_past = number % 4 == 2,
        .mail = number % 8 != 7,
        .budgets = number % 5 == 1,
        .all_for_one = number % 7 == 3,
        .replaces = number % 3 != 1,
        .overflow = overflows[number % 7],
        .remedy = number % 7 == 6 ? ENTRAIN_REMEDY_STOP : ENTRAIN_REMEDY_RESTART,
        .transport = ENTRAIN_TRANSPORT_MAILBOX,
        .policy = "steal",
        .workers = 2,
        .layout = ENTRAIN_LAYOUT_INDEX,
        .cohort_weight = 64,
        .step_s = AW_STEP_S,
        .quiet_name = "quiet",
        .scratch_bytes = 2,
        .timers_max = 5,
    };
    world.named = world.overflow != ENTRAIN_OVERFLOW_FAIL;
    world.capacity = world.named && !world.complete && number % 2 != 0 ? 7 : 0;
    return world;
}

static inline entrain_topology *aw_graph(const aw_world *world, uint64_t which) {
    entrain_edge edges[AW_EDGES];
    double delays[AW_EDGES];
    entrain_topology *topology = NULL;
    entrain_error error = {0};
    if (world->complete) {
        entrain_topology_config config = entrain_topology_config_defaults();
        config.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        config.size = AW_TALKER_PLACES;
        config.delay_low = config.delay_high = world->delayed ? (which == 0 ? 4 : 2) * AW_STEP_S : 0;
        CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
        return topology;
    }
    for (uint32_t e = 0; e < AW_EDGES; e++) {
        const uint64_t bits = aw_draw(world->number, 100 + which, e);
        const uint32_t to = (uint32_t)(bits >> 32) % AW_TALKER_PLACES;
        const uint32_t shift = 1 + (uint32_t)(bits & 0xffff) % (AW_TALKER_PLACES - 1);
        edges[e] = (entrain_edge){(to + shift) % AW_TALKER_PLACES, to, 0.2 + (double)(bits >> 48) / 3000};
        delays[e] = e == 0 ? 4 * AW_STEP_S : AW_STEP_S * (double)(bits >> 20 & 3);
    }
    CHECK_OK(entrain_topology_from_delayed_edges(AW_TALKER_PLACES, edges, world->delayed ? delays : NULL,
                                                 AW_EDGES, world->directed, world->weighted, &topology,
                                                 &error),
             error);
    return topology;
}

static inline void aw_supervise(aw_world *world, entrain_population *population) {
    entrain_supervision how = entrain_supervision_defaults();
    entrain_error error = {0};
    how.remedy = world->remedy;
    how.all_for_one = world->all_for_one && population == world->quiet;
    how.restarts_max = 2;
    how.window_s = 0.75;
    how.messages_max = world->budgets ? 9 : 0;
    how.sends_max = world->budgets ? 13 : 0;
    CHECK_OK(entrain_engine_supervise(world->engine, population, &how, &error), error);
}

static inline void aw_add(aw_world *world) {
    const entrain_column columns[] = {{"state", 8, true, false},
                                      {"timer", 8, true, false},
                                      {"health", 8, true, true},
                                      {"friend", 4, true, false},
                                      {"scratch", world->scratch_bytes, false, false}};
    entrain_behavior quiet = {.name = world->quiet_name,
                              .columns = columns,
                              .column_count = 5,
                              .sends_max = 6,
                              .inbox = world->inbox,
                              .timers_max = world->timers_max,
                              .watches_max = 3,
                              .start = aw_start,
                              .receive = aw_receive};
    entrain_behavior talker = quiet;
    entrain_error error = {0};
    talker.name = "talker";
    talker.words = world->words;
    talker.exchanges = world->stages;
    talker.wants_heard = true;
    talker.step = aw_step;
    talker.publish = aw_publish;
    talker.publish_past = aw_past;
    talker.past_silent = world->silent_past;
    talker.archive = aw_archive;
    talker.step_sends_max = 2;
    if (!world->mail) {
        talker.sends_max = talker.step_sends_max = talker.inbox = talker.timers_max = talker.watches_max = 0;
        talker.receive = NULL;
    }
    if (world->mail)
        CHECK_OK(entrain_engine_add(world->engine, &quiet, world, AW_QUIET + world->quiet_more, &world->quiet,
                                    &error),
                 error);
    CHECK_OK(entrain_engine_add_room(world->engine, &talker, world, AW_TALKER_PLACES, AW_TALKERS,
                                     &world->talkers, &error),
             error);
    aw_supervise(world, world->talkers);
    if (world->mail)
        aw_supervise(world, world->quiet);
}

/// Started, at tick 0.
static inline void aw_begin(aw_world *world) {
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_error error = {0};
    config.scheduler.worker_count = world->workers;
    config.scheduler.policy = world->policy;
    config.transport = world->transport;
    config.layout = world->layout;
    config.step_s = world->step_s;
    config.seed = AW_SEED + world->number + world->seed_more;
    config.cohort_weight = world->cohort_weight;
    config.mailbox_capacity = world->capacity;
    config.overflow = world->overflow;
    config.overflow_named = world->named;
    config.deadlock = ENTRAIN_DEADLOCK_SHEDS;
    config.disturbance_delay_max = world->delay_max + world->spare_delay;
    world->quiet = NULL;
    world->context = 0;
    CHECK_OK(entrain_engine_create(&config, &world->engine, &error), error);
    aw_add(world);
    entrain_topology *topology = aw_graph(world, 0);
    CHECK_OK(entrain_engine_set_topology(world->engine, topology, &error), error);
    entrain_topology_release(topology);
    CHECK_OK(entrain_engine_start(world->engine, &error), error);
}

static inline void aw_end(aw_world *world) {
    entrain_engine_destroy(world->engine);
    world->engine = NULL;
}

static inline void aw_lives(aw_world *world, uint64_t tick) {
    for (uint64_t which = 0; which < 2; which++) {
        const uint64_t bits = aw_draw(world->number, 1000 + tick, which);
        entrain_population *population =
            world->quiet != NULL && bits % 3 == 0 ? world->quiet : world->talkers;
        const uint32_t index = (uint32_t)(bits >> 8) % entrain_population_count(population);
        entrain_id id = entrain_population_id(population, index);
        if (id == ENTRAIN_ID_NONE)
            (void)entrain_engine_restart_actor(world->engine, population, index, &id);
        else if (bits >> 40 & 1)
            assert_int_equal(entrain_engine_stop_actor(world->engine, id), ENTRAIN_OK);
    }
}

static inline void aw_disturb(aw_world *world, uint64_t tick) {
    uint8_t sides[AW_TALKER_PLACES];
    entrain_error error = {0};
    entrain_disturbance how = {.loss = world->complete || tick % 2 ? 0 : 0.2,
                               .delay = world->delay_max > 0 ? (uint32_t)(tick % (world->delay_max + 1)) : 0};
    for (uint32_t v = 0; v < AW_TALKER_PLACES; v++)
        sides[v] = (uint8_t)(v % 3);
    if (!world->complete && tick % 4 < 2)
        how.sides = sides;
    CHECK_OK(entrain_engine_disturb(world->engine, &how, &error), error);
}

static inline void aw_replace(aw_world *world) {
    entrain_error error = {0};
    entrain_topology *topology = aw_graph(world, 1);
    if (!world->complete && world->number % 2 == 0) { // edited, then
        entrain_topology *edited = NULL;
        const entrain_edge added[] = {{1, 2, 1}, {3, 4, 1}};
        CHECK_OK(
            entrain_topology_edit(entrain_engine_topology(world->engine), NULL, 0, added, 2, &edited, &error),
            error);
        entrain_topology_release(topology);
        topology = edited;
    }
    CHECK_OK(entrain_engine_replace_topology(world->engine, topology, &error), error);
    entrain_topology_release(topology);
}

/// The outside's part at this tick boundary, then the next tick.
static inline void aw_tick(aw_world *world) {
    entrain_error error = {0};
    const uint64_t tick = entrain_engine_tick(world->engine);
    aw_lives(world, tick);
    if (tick % 5 == 3)
        aw_disturb(world, tick);
    if (world->replaces && tick == AW_REPLACED_AT)
        aw_replace(world);
    world->context += tick;
    for (uint64_t t = 0; world->mail && t < 6; t++) {
        const uint64_t bits = aw_draw(world->number, 2000 + tick, t);
        const entrain_id id = aw_somebody(world, bits);
        if (id != ENTRAIN_ID_NONE)
            (void)entrain_engine_tell(world->engine, id, ENTRAIN_KIND_USER, 0, (entrain_payload){.u64 = bits},
                                      (entrain_payload){.u64 = tick});
    }
    CHECK_OK(entrain_engine_advance(world->engine, 1, &error), error);
}

/// The whole state, the caller's to free().
static inline void *aw_write(aw_world *world, size_t *size_out) {
    entrain_archive *archive = NULL;
    entrain_error error = {0};
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    entrain_engine_archive(world->engine, archive);
    void *data = entrain_archive_data(archive, size_out, &error);
    if (data == NULL)
        fail_msg("could not be written: %s", error.sentence);
    return data;
}

static inline entrain_status aw_read(aw_world *world, const void *data, size_t size,
                                     entrain_error *error_out) {
    entrain_archive *archive = NULL;
    const entrain_status status = entrain_archive_read_memory(data, size, "the archive", &archive, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain_engine_archive(world->engine, archive);
    return entrain_archive_end(archive, error_out);
}

#endif
