// Disruptions of agents: who is hit, and what becomes of them.
//
// The k smallest of N draws without keeping the draws: a histogram of their upper 16 bits says in which
// bucket
// the k-th lies; in a second pass all below that bucket are chosen, and of the bucket itself, about N /
// 65536,
// the smallest by sorting.
#include "actors/disruption.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/assert.h"

enum { BUCKET_BITS = 16, BUCKETS = 1 << BUCKET_BITS };
static const double pi = 3.14159265358979323846;

static entrain_status no_memory(entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                             "There is no memory left to disrupt the swarm; free some.");
}

entrain_status entrain_disruptions_create(entrain_swarm *swarm, entrain_disruptions **disruptions_out,
                                          entrain_error *error_out) {
    entrain__arena *arena = NULL;
    entrain_disruptions *made = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        made = entrain__arena_take(arena, 1, sizeof *made);
    if (made == NULL) {
        entrain__arena_destroy(arena);
        return no_memory(error_out);
    }
    entrain_population *population = entrain_swarm_population(swarm);
    const uint32_t count = entrain_population_count(population);
    *made = (entrain_disruptions){
        .arena = arena,
        .swarm = swarm,
        .engine = entrain_swarm_engine(swarm),
        .population = population,
        .count = count,
        .by_ticks = entrain_population_behavior(population)->step != NULL,
        .agents = entrain_agents_look(population) != NULL,
        .key = entrain_random_key(entrain_engine_seed(entrain_swarm_engine(swarm)), ENTRAIN_STREAM_DISRUPT),
        .histogram = entrain__arena_take(arena, BUCKETS, sizeof *made->histogram),
        .chosen = entrain__arena_take(arena, count / 64 + 1, sizeof *made->chosen),
        .killed = entrain__arena_take(arena, count / 64 + 1, sizeof *made->killed),
    };
    if (made->histogram == NULL || made->chosen == NULL || made->killed == NULL) {
        entrain__arena_destroy(arena);
        return no_memory(error_out);
    }
    *disruptions_out = made;
    return ENTRAIN_OK;
}

void entrain_disruptions_destroy(entrain_disruptions *disruptions) {
    if (disruptions != NULL)
        entrain__arena_destroy(disruptions->arena);
}

// --- Who is hit

uint32_t entrain__disruption_ordinal(entrain_disruptions *disruptions) {
    const uint64_t tick = entrain_swarm_tick(disruptions->swarm);
    if (tick != disruptions->tick)
        disruptions->ordinal = 0;
    disruptions->tick = tick;
    return disruptions->ordinal++;
}

static uint64_t draw_of(const entrain_disruptions *disruptions, uint32_t ordinal, uint32_t index) {
    return entrain_random_draw(disruptions->key, index, disruptions->tick, ordinal).bits[0];
}

// Uniform on the circle; the block's other word says who is hit.
static double phase_of(const entrain_disruptions *disruptions, uint32_t ordinal, uint32_t index) {
    const uint64_t bits = entrain_random_draw(disruptions->key, index, disruptions->tick, ordinal).bits[1];
    return (((double)(bits >> 12) + 0.5) * 0x1p-52 - 0.5) * (2 * pi);
}

typedef struct ranked {
    uint64_t draw;
    uint32_t index;
} ranked;

static int by_draw(const void *left, const void *right) {
    const ranked *a = left, *b = right;
    if (a->draw != b->draw)
        return a->draw < b->draw ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static void mark(uint64_t *bits, uint32_t index) { bits[index / 64] |= (uint64_t)1 << (index % 64); }
static void unmark(uint64_t *bits, uint32_t index) { bits[index / 64] &= ~((uint64_t)1 << (index % 64)); }

// The second pass: all candidates below @p bucket, and the smallest @p rest in it.
static entrain_status take_smallest(entrain_disruptions *disruptions, uint32_t ordinal,
                                    entrain__candidate *candidate, uint32_t bucket, uint32_t rest,
                                    entrain_error *error_out) {
    const uint32_t held = disruptions->histogram[bucket];
    ranked *edge = entrain__arena_take(disruptions->arena, held, sizeof *edge);
    if (edge == NULL)
        return no_memory(error_out);
    uint32_t count = 0;
    for (uint32_t i = 0; i < disruptions->count; i++) {
        if (!candidate(disruptions, i))
            continue;
        const uint64_t draw = draw_of(disruptions, ordinal, i);
        const uint32_t own = (uint32_t)(draw >> (64 - BUCKET_BITS));
        if (own < bucket)
            mark(disruptions->chosen, i);
        else if (own == bucket)
            edge[count++] = (ranked){draw, i};
    }
    ENTRAIN_ASSERT(count == held && rest <= held);
    qsort(edge, count, sizeof *edge, by_draw);
    for (uint32_t k = 0; k < rest; k++)
        mark(disruptions->chosen, edge[k].index);
    entrain__arena_give(disruptions->arena, edge);
    return ENTRAIN_OK;
}

entrain_status entrain__disruption_choose(entrain_disruptions *disruptions, uint32_t ordinal,
                                          entrain__candidate *candidate, double share, uint32_t exactly,
                                          uint32_t *count_out, entrain_error *error_out) {
    memset(disruptions->chosen, 0, ((size_t)disruptions->count / 64 + 1) * sizeof *disruptions->chosen);
    memset(disruptions->histogram, 0, BUCKETS * sizeof *disruptions->histogram);
    uint32_t candidates = 0;
    for (uint32_t i = 0; i < disruptions->count; i++)
        if (candidate(disruptions, i)) {
            disruptions->histogram[draw_of(disruptions, ordinal, i) >> (64 - BUCKET_BITS)]++;
            candidates++;
        }
    uint32_t wanted = exactly != UINT32_MAX ? exactly : (uint32_t)round(share * candidates);
    wanted = wanted < candidates ? wanted : candidates;
    *count_out = wanted;
    if (wanted == 0)
        return ENTRAIN_OK;
    uint32_t bucket = 0, rest = wanted;
    while (rest > disruptions->histogram[bucket])
        rest -= disruptions->histogram[bucket++];
    return take_smallest(disruptions, ordinal, candidate, bucket, rest, error_out);
}

static bool lives(const entrain_disruptions *disruptions, uint32_t index) {
    return entrain_population_id(disruptions->population, index) != ENTRAIN_ID_NONE;
}
static bool is_killed(const entrain_disruptions *disruptions, uint32_t index) {
    return entrain__bit(disruptions->killed, index) && !lives(disruptions, index);
}
static entrain_agent_habit *habit_of(const entrain_disruptions *disruptions, uint32_t index) {
    return entrain_population_at(disruptions->population, index, ENTRAIN_AGENT_HABIT);
}
static bool is_starved(const entrain_disruptions *disruptions, uint32_t index) {
    return lives(disruptions, index) && habit_of(disruptions, index)->unpowered != 0;
}

entrain_status entrain__disruption_check_share(double share, entrain_error *error_out) {
    if (share >= 0 && share <= 1)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_INVALID,
                             "A share is from 0 to 1, and %g is not; give one that is.", share);
}

// --- What becomes of them

// One kind of disruption, on its way: who, and what is done to each.
typedef struct hit {
    entrain_disruptions *of;
    uint32_t ordinal;
    double amount;
    uint32_t missed; // could not be hit
} hit;

static entrain_status strike(entrain_disruptions *disruptions, double share, entrain__candidate *candidate,
                             void (*each)(hit *how, uint32_t index), double amount, uint32_t *count_out,
                             entrain_error *error_out) {
    entrain_status status = entrain__disruption_check_share(share, error_out);
    if (status != ENTRAIN_OK)
        return status;
    hit how = {.of = disruptions, .ordinal = entrain__disruption_ordinal(disruptions), .amount = amount};
    uint32_t count = 0;
    status =
        entrain__disruption_choose(disruptions, how.ordinal, candidate, share, UINT32_MAX, &count, error_out);
    if (status != ENTRAIN_OK)
        return status;
    for (uint32_t word = 0; word <= disruptions->count / 64; word++)
        for (uint64_t bits = disruptions->chosen[word]; bits != 0; bits &= bits - 1)
            each(&how, word * 64 + (uint32_t)__builtin_ctzll(bits));
    entrain_engine_republish(disruptions->engine);
    if (count_out != NULL)
        *count_out = count - how.missed;
    return ENTRAIN_OK;
}

static entrain_status needs_ticks(const entrain_disruptions *disruptions, entrain_error *error_out) {
    if (disruptions->by_ticks)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                             "Oscillators that fire, in virtual time, can only be killed and revived; use a "
                             "swarm that advances by ticks.");
}

static entrain_status needs_agents(const entrain_disruptions *disruptions, const char *what,
                                   entrain_error *error_out) {
    if (disruptions->agents)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                             "Only goal-directed agents have %s; use a swarm of them.", what);
}

static void scramble(hit *how, uint32_t index) {
    *(double *)entrain_population_at(how->of->population, index, ENTRAIN_KURAMOTO_PHASE) =
        phase_of(how->of, how->ordinal, index);
}

entrain_status entrain_disrupt_scramble(entrain_disruptions *disruptions, double share, uint32_t *count_out,
                                        entrain_error *error_out) {
    const entrain_status status = needs_ticks(disruptions, error_out);
    return status != ENTRAIN_OK ? status
                                : strike(disruptions, share, lives, scramble, 0, count_out, error_out);
}

// Several drifts may add up to more than a step can bear.
static double greatest_frequency(const entrain_disruptions *disruptions) {
    return fmin(1e9, 0x1p20 / entrain_engine_step_s(disruptions->engine));
}

static void drift(hit *how, uint32_t index) {
    double *frequency = entrain_population_at(how->of->population, index, ENTRAIN_KURAMOTO_FREQUENCY);
    const double most = greatest_frequency(how->of);
    *frequency = fmax(-most, fmin(most, *frequency + how->amount));
}

entrain_status entrain_disrupt_drift(entrain_disruptions *disruptions, double share, double shift,
                                     uint32_t *count_out, entrain_error *error_out) {
    const entrain_status status = needs_ticks(disruptions, error_out);
    if (status != ENTRAIN_OK)
        return status;
    const entrain_kuramoto_config *model = entrain_kuramoto_look(disruptions->population);
    if (model != NULL && (model->inertia > 0 || model->inertias != NULL))
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "Oscillators with inertia have powers, not frequencies, that could drift; "
                                 "leave it out.");
    const double most = greatest_frequency(disruptions);
    if (!(fabs(shift) <= most))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "A drift of %g rad/s is not from -%g to %g; give one that is.", shift, most,
                                 most);
    return strike(disruptions, share, lives, drift, shift, count_out, error_out);
}

static void kill_one(hit *how, uint32_t index) {
    mark(how->of->killed, index);
    (void)entrain_engine_stop_actor(how->of->engine, entrain_population_id(how->of->population, index));
}

entrain_status entrain_disrupt_kill(entrain_disruptions *disruptions, double share, uint32_t *count_out,
                                    entrain_error *error_out) {
    return strike(disruptions, share, lives, kill_one, 0, count_out, error_out);
}

static void revive_one(hit *how, uint32_t index) {
    entrain_id id;
    unmark(how->of->killed, index);
    if (entrain_engine_restart_actor(how->of->engine, how->of->population, index, &id) != ENTRAIN_OK)
        how->missed++; // its place's lives are used up
}

entrain_status entrain_disrupt_revive(entrain_disruptions *disruptions, double share, uint32_t *count_out,
                                      entrain_error *error_out) {
    return strike(disruptions, share, is_killed, revive_one, 0, count_out, error_out);
}

static void starve(hit *how, uint32_t index) {
    habit_of(how->of, index)->unpowered = 1;
    *(double *)entrain_population_at(how->of->population, index, ENTRAIN_AGENT_ENERGY) = 0;
}

entrain_status entrain_disrupt_starve(entrain_disruptions *disruptions, double share, uint32_t *count_out,
                                      entrain_error *error_out) {
    const entrain_status status = needs_agents(disruptions, "energy", error_out);
    return status != ENTRAIN_OK ? status : strike(disruptions, share, lives, starve, 0, count_out, error_out);
}

static void feed(hit *how, uint32_t index) { habit_of(how->of, index)->unpowered = 0; }

entrain_status entrain_disrupt_feed(entrain_disruptions *disruptions, double share, uint32_t *count_out,
                                    entrain_error *error_out) {
    const entrain_status status = needs_agents(disruptions, "energy", error_out);
    return status != ENTRAIN_OK ? status
                                : strike(disruptions, share, is_starved, feed, 0, count_out, error_out);
}

static void slow(hit *how, uint32_t index) { habit_of(how->of, index)->slow = (uint16_t)how->amount; }

entrain_status entrain_disrupt_slow(entrain_disruptions *disruptions, double share, uint32_t every,
                                    uint32_t *count_out, entrain_error *error_out) {
    const entrain_status status = needs_agents(disruptions, "a pace", error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (every < 1 || every > UINT16_MAX)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "Slow agents act in every 1st to 65535th tick, not in every %u-th; give such a "
            "number.",
            every);
    return strike(disruptions, share, lives, slow, every, count_out, error_out);
}

static void make_stubborn(hit *how, uint32_t index) {
    habit_of(how->of, index)->stubborn = (uint16_t)how->amount;
}

entrain_status entrain_disrupt_stubborn(entrain_disruptions *disruptions, double share, double chance,
                                        uint32_t *count_out, entrain_error *error_out) {
    const entrain_status status = needs_agents(disruptions, "stubbornness", error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (!(chance >= 0 && chance <= 1))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "A chance is from 0 to 1, and %g is not; give one that is.", chance);
    return strike(disruptions, share, lives, make_stubborn, round(chance * UINT16_MAX), count_out, error_out);
}
