/// @file pulse_model.h  Oscillators that fire, by one thread with one list: what the engine has to do, done
/// naively. And a stage on which the engine does it.
#ifndef ENTRAIN_TESTS_PULSE_MODEL_H
#define ENTRAIN_TESTS_PULSE_MODEL_H

#include "check.h"

#include <math.h>

#include "entrain/math.h"
#include "entrain/pulse.h"
#include "entrain/swarm.h"

#define NAIVE_TWO_PI 6.283185307179586
enum { NAIVE_MAX = 300, NAIVE_EVENTS_MAX = 200000 };

/// A random number in [0, 1) that owes nothing to the engine (SplitMix64, Steele, Lea and Flood 2014).
static inline double naive_draw(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

typedef struct naive_event {
    double time_s;
    uint32_t round, to, from;
    bool timer, gone;
    double weight;
} naive_event;

typedef struct naive_world {
    uint32_t count, edge_count; // edge_count 0: everybody hears everybody
    const entrain_edge *edges;
    const double *delays; // of edges, beside that of all; NULL: none
    bool is_desync;
    entrain_pulse_config config;
    double alpha;
    double frequency[NAIVE_MAX], period[NAIVE_MAX], at[NAIVE_MAX], since_s[NAIVE_MAX], fired_s[NAIVE_MAX];
    double before_s[NAIVE_MAX], heard_s[NAIVE_MAX]; // desync
    bool waits[NAIVE_MAX];
    uint32_t degree[NAIVE_MAX];
    uint64_t fired[NAIVE_MAX], driven;
    uint64_t timer[NAIVE_MAX]; // number + 1 of the event
    naive_event *events;
    uint64_t event_count, first;
} naive_world;

static inline uint64_t naive_add(naive_world *world, double time_s, double now_s, uint32_t round,
                                 naive_event event) {
    assert_true(world->event_count < NAIVE_EVENTS_MAX);
    event.time_s = time_s;
    event.round = time_s == now_s ? round + 1 : 0;
    world->events[world->event_count++] = event;
    return world->event_count;
}

static inline void naive_plan(naive_world *world, uint32_t i, double time_s, double now_s, uint32_t round) {
    if (world->timer[i] != 0)
        world->events[world->timer[i] - 1].gone = true;
    world->timer[i] =
        naive_add(world, time_s, now_s, round, (naive_event){.to = i, .from = i, .timer = true});
}

static inline void naive_fire(naive_world *world, uint32_t i, double now_s, uint32_t round) {
    const double delay = world->is_desync ? 0 : world->config.delay_s;
    world->at[i] = 0;
    world->since_s[i] = world->fired_s[i] = now_s;
    world->fired[i]++;
    world->before_s[i] = world->heard_s[i];
    world->waits[i] = true;
    naive_plan(world, i, now_s + world->period[i], now_s, round);
    for (uint32_t j = 0; world->edge_count == 0 && j < world->count; j++)
        if (j != i)
            naive_add(world, now_s + delay, now_s, round, (naive_event){.to = j, .from = i, .weight = 1});
    for (uint32_t e = 0; e < world->edge_count; e++)
        if (world->edges[e].from == i)
            naive_add(world, now_s + (delay + (world->delays != NULL ? world->delays[e] : 0)), now_s, round,
                      (naive_event){.to = world->edges[e].to, .from = i, .weight = world->edges[e].weight});
}

static inline double naive_less_1(double x) {
    const double e = entrain_exp(x);
    return e == 1 ? x : fabs(x) < 1 ? (e - 1) * x / entrain_log(e) : e - 1;
}

static inline void naive_kick(naive_world *world, uint32_t i, double weight, double now_s, uint32_t round) {
    const entrain_pulse_config *config = &world->config;
    const double share = config->divide ? config->strength / (double)world->degree[i] : config->strength;
    const double epsilon = weight * share;
    if (epsilon == 0)
        return;
    double phase = world->at[i] + (now_s - world->since_s[i]) * (world->frequency[i] / NAIVE_TWO_PI);
    phase = phase < 1 ? phase : 1;
    const double next =
        phase + naive_less_1(config->dissipation * epsilon) * (phase + 1 / naive_less_1(config->dissipation));
    if (next >= 1) {
        world->driven++;
        naive_fire(world, i, now_s, round);
        return;
    }
    world->at[i] = next > 0 ? next : 0;
    world->since_s[i] = now_s;
    naive_plan(world, i, now_s + (1 - world->at[i]) * world->period[i], now_s, round);
}

static inline void naive_jump(naive_world *world, uint32_t i, double now_s, uint32_t round) {
    world->waits[i] = false;
    if (world->before_s[i] < 0)
        return;
    const double next = world->fired_s[i] + world->period[i] +
                        world->alpha * ((world->before_s[i] + now_s) / 2 - world->fired_s[i]);
    naive_plan(world, i, next > now_s ? next : now_s, now_s, round);
}

// With one period for all, a delayed pulse comes in the very instant in which another fires, but for
// rounding.
static inline bool naive_just_fired(const naive_world *world, uint32_t i, double now_s) {
    return now_s - world->fired_s[i] <= now_s * 0x1p-44;
}

// What reaches one oscillator at one instant: its timer first, then pulses in the order of senders.
static inline void naive_instant(naive_world *world, uint32_t i, double now_s, uint32_t round, uint64_t end) {
    double weight = 0;
    for (uint64_t e = world->first; e < end; e++) {
        naive_event *one = &world->events[e];
        if (!one->gone && one->timer && one->to == i && one->time_s == now_s && one->round == round) {
            one->gone = true;
            world->timer[i] = 0;
            naive_fire(world, i, now_s, round);
        }
    }
    for (uint32_t from = 0; from < world->count; from++)
        for (uint64_t e = world->first; e < end; e++) {
            naive_event *one = &world->events[e];
            if (one->gone || one->timer || one->to != i || one->from != from || one->time_s != now_s ||
                one->round != round)
                continue;
            one->gone = true;
            if (!world->is_desync) {
                weight += naive_just_fired(world, i, now_s) ? 0 : one->weight;
                continue;
            }
            world->heard_s[i] = now_s;
            if (world->fired_s[i] == now_s && from < i)
                world->before_s[i] = now_s;
            else if (world->waits[i])
                naive_jump(world, i, now_s, round);
        }
    if (weight != 0 && !naive_just_fired(world, i, now_s))
        naive_kick(world, i, weight, now_s, round);
}

static inline void naive_run(naive_world *world, double until_s) {
    for (;;) {
        double now_s = INFINITY;
        uint32_t round = UINT32_MAX;
        while (world->first < world->event_count && world->events[world->first].gone)
            world->first++;
        for (uint64_t e = world->first; e < world->event_count; e++) {
            const naive_event *one = &world->events[e];
            if (!one->gone && (one->time_s < now_s || (one->time_s == now_s && one->round < round))) {
                now_s = one->time_s;
                round = one->round;
            }
        }
        if (!(now_s <= until_s))
            return;
        const uint64_t end = world->event_count;
        bool here[NAIVE_MAX] = {false};
        for (uint64_t e = world->first; e < end; e++)
            if (!world->events[e].gone && world->events[e].time_s == now_s && world->events[e].round == round)
                here[world->events[e].to] = true;
        for (uint32_t i = 0; i < world->count; i++)
            if (here[i])
                naive_instant(world, i, now_s, round, end);
    }
}

static inline void naive_begin(naive_world *world, uint32_t count, const double *phases,
                               const double *frequencies) {
    world->count = count;
    world->events = malloc(NAIVE_EVENTS_MAX * sizeof *world->events);
    assert_non_null(world->events);
    for (uint32_t i = 0; i < count; i++) {
        const double turns = phases[i] / NAIVE_TWO_PI;
        world->frequency[i] = frequencies[i];
        world->period[i] = NAIVE_TWO_PI / frequencies[i];
        world->at[i] = turns - floor(turns);
        world->fired_s[i] = world->heard_s[i] = world->before_s[i] = -1;
        world->degree[i] = world->edge_count == 0 ? count - 1 : 0;
        naive_plan(world, i, (1 - world->at[i]) * world->period[i], -1, 0);
    }
    for (uint32_t e = 0; e < world->edge_count; e++)
        world->degree[world->edges[e].to]++;
}

// --- The engine's

typedef struct stage {
    entrain_engine *engine;
    entrain_population *population;
    uint32_t count;
} stage;

typedef struct stage_spec {
    uint32_t count, edge_count;
    const entrain_edge *edges;
    const double *delays;               // of edges; NULL: none
    const double *phases, *frequencies; // NULL: all 2 pi
    const entrain_pulse_config *pulse;
    const entrain_desync_config *desync;
    const char *policy; // NULL: the default
    uint32_t workers, cohort;
    double lookahead_s;
} stage_spec;

static inline void stage_open(stage *play, const stage_spec *spec) {
    entrain_error error = {0};
    entrain_engine_config config = entrain_engine_config_defaults();
    entrain_topology *topology;
    double same[NAIVE_MAX];
    config.execution = ENTRAIN_EXECUTION_VIRTUAL_TIME;
    config.scheduler.worker_count = spec->workers > 0 ? spec->workers : 1;
    if (spec->policy != NULL)
        config.scheduler.policy = spec->policy;
    config.cohort_weight = spec->cohort;
    config.lookahead_s = spec->lookahead_s;
    config.layout = spec->workers % 2 == 0 ? ENTRAIN_LAYOUT_SHUFFLED : ENTRAIN_LAYOUT_AUTO;
    for (uint32_t i = 0; i < NAIVE_MAX; i++)
        same[i] = NAIVE_TWO_PI;
    if (spec->edge_count > 0) {
        CHECK_OK(entrain_topology_from_delayed_edges(spec->count, spec->edges, spec->delays, spec->edge_count,
                                                     true, true, &topology, &error),
                 error);
    } else {
        entrain_topology_config complete = entrain_topology_config_defaults();
        complete.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        complete.size = spec->count;
        CHECK_OK(entrain_topology_create(&complete, &topology, &error), error);
    }
    play->count = spec->count;
    CHECK_OK(entrain_engine_create(&config, &play->engine, &error), error);
    const double *frequencies = spec->frequencies != NULL ? spec->frequencies : same;
    if (spec->pulse != NULL)
        CHECK_OK(entrain_pulse_add(play->engine, spec->pulse, topology, spec->count, spec->phases,
                                   frequencies, &play->population, &error),
                 error);
    else
        CHECK_OK(entrain_desync_add(play->engine, spec->desync, topology, spec->count, spec->phases,
                                    frequencies, &play->population, &error),
                 error);
    entrain_topology_release(topology);
    CHECK_OK(entrain_engine_start(play->engine, &error), error);
}

static inline void stage_run(stage *play, double until_s) {
    entrain_error error = {0};
    CHECK_OK(entrain_engine_run(play->engine, until_s, &error), error);
}

/// Every message is accounted for, at any time.
static inline void stage_close(stage *play) {
    entrain_message_count count;
    entrain_engine_count(play->engine, &count);
    assert_int_equal(entrain_message_count_residual(&count), 0);
    assert_int_equal(count.shed + count.conflated + count.lost, 0);
    entrain_engine_destroy(play->engine);
}

/// Phase of everybody in cycles, 0 to 1, now.
static inline void stage_cycles(stage *play, double *cycles_out) {
    assert_int_equal(entrain_pulse_look(play->population), ENTRAIN_OK);
    for (uint32_t i = 0; i < play->count; i++) {
        const double turns =
            *(const double *)entrain_population_at(play->population, i, ENTRAIN_KURAMOTO_PHASE) /
            NAIVE_TWO_PI;
        cycles_out[i] = turns - floor(turns);
    }
}

/// Both worlds have fired alike so far, to the last bit of the last time.
static inline void stage_compare(const stage *play, const naive_world *world) {
    for (uint32_t i = 0; i < play->count; i++) {
        uint64_t fired;
        double last_s;
        entrain_pulse_read(play->population, i, &fired, &last_s, NULL);
        if (fired != world->fired[i] || last_s != world->fired_s[i])
            fail_msg("oscillator %u fired %llu times, last at %.17g s; naively %llu times, last at %.17g s",
                     i, (unsigned long long)fired, last_s, (unsigned long long)world->fired[i],
                     world->fired_s[i]);
    }
}

#endif
