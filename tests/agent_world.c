// Swarms of goal-directed agents for tests, blows to them, and many of them side by side.
#include "agent_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void world_must(entrain_status status, const entrain_error *error, const char *what) {
    if (status == ENTRAIN_OK)
        return;
    (void)fprintf(stderr, "%s: %s: %s\n", what, entrain_status_name(status), error ? error->sentence : "");
    abort(); // cmocka's way to fail works on its own thread only
}

double world_draw(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

entrain_swarm_config world_goal(entrain_goal goal, uint32_t size, uint64_t seed) {
    entrain_swarm_config config = entrain_swarm_config_defaults();
    const bool spread = goal == ENTRAIN_GOAL_DISTRIBUTE_LOAD;
    const bool complete = size <= 9 || (spread && size <= ENTRAIN_SPLAY_SIZE_MAX);
    config.kind = ENTRAIN_SWARM_AGENTS;
    config.size = size;
    config.seed = seed;
    config.engine.step_s = 0.01;
    config.engine.transport = ENTRAIN_TRANSPORT_PUBLISH;
    config.engine.scheduler.worker_count = 1;
    config.topology.kind = complete ? ENTRAIN_TOPOLOGY_COMPLETE : ENTRAIN_TOPOLOGY_RANDOM_REGULAR;
    config.topology.degree = 8;
    config.frequency =
        (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_NORMAL, .mean = TWO_PI, .deviation = 0.2};
    if (spread)
        config.phase =
            (entrain_distribution){.kind = ENTRAIN_DISTRIBUTION_CLUSTERED, .clusters = 1, .deviation = 0.3};
    config.agent = entrain_agent_config_defaults();
    config.agent.goal = goal;
    config.agent.pulses = goal == ENTRAIN_GOAL_ADAPT_TO_TRAFFIC || (spread && complete);
    config.agent.moments = spread && !complete;
    return config;
}

entrain_swarm_config world_coherence(double target, uint32_t size, uint64_t seed) {
    entrain_swarm_config config = world_goal(ENTRAIN_GOAL_COHERENCE, size, seed);
    config.agent.low = target;
    config.agent.high = 1;
    return config;
}

void world_open(world *world_out, const entrain_swarm_config *config) {
    entrain_error error = {0};
    *world_out = (world){.size = config->size, .random = config->seed * 7919 + 17};
    world_must(entrain_swarm_create(config, &world_out->swarm, &error), &error, "create");
    world_out->engine = entrain_swarm_engine(world_out->swarm);
    world_out->population = entrain_swarm_population(world_out->swarm);
}

void world_close(world *here) {
    entrain_swarm_destroy(here->swarm);
    free(here->sides);
    *here = (world){0};
}

double world_time(const world *here) {
    return (double)entrain_swarm_tick(here->swarm) * entrain_engine_step_s(here->engine);
}

void world_run_to(world *here, double time_s) {
    entrain_error error = {0};
    world_must(entrain_swarm_advance(here->swarm,
                                     (uint64_t)llround(time_s / entrain_engine_step_s(here->engine)), &error),
               &error, "advance");
}

entrain_phase_sample world_sample(world *here) {
    entrain_phase_sample sample;
    world_must(entrain_swarm_sample(here->swarm, &sample), NULL, "sample");
    return sample;
}

// A random order of who lives (Fisher and Yates); how many that are.
static uint32_t shuffled_living(world *here, uint32_t **order_out) {
    uint32_t *order = (uint32_t *)malloc(here->size * sizeof *order), living = 0;
    if (order == NULL)
        abort();
    for (uint32_t i = 0; i < here->size; i++)
        if (entrain_population_id(here->population, i) != ENTRAIN_ID_NONE)
            order[living++] = i;
    for (uint32_t k = living; k > 1; k--) {
        const uint32_t other = (uint32_t)(world_draw(&here->random) * k), mine = order[k - 1];
        order[k - 1] = order[other];
        order[other] = mine;
    }
    *order_out = order;
    return living;
}

void world_scramble(world *here, double share) {
    uint32_t *order;
    const uint32_t living = shuffled_living(here, &order), count = (uint32_t)lround(share * living);
    for (uint32_t k = 0; k < count; k++)
        *world_double(here, order[k], 0) = (world_draw(&here->random) - 0.5) * TWO_PI;
    free(order);
    entrain_engine_republish(here->engine);
}

void world_kill(world *here, double share) {
    uint32_t *order;
    const uint32_t living = shuffled_living(here, &order), count = (uint32_t)lround(share * living);
    for (uint32_t k = 0; k < count; k++)
        world_must(entrain_engine_stop_actor(here->engine, entrain_population_id(here->population, order[k])),
                   NULL, "stop");
    free(order);
}

void world_revive(world *here) {
    for (uint32_t i = 0; i < here->size; i++)
        if (entrain_population_id(here->population, i) == ENTRAIN_ID_NONE) {
            entrain_id id;
            world_must(entrain_engine_restart_actor(here->engine, here->population, i, &id), NULL, "restart");
        }
}

void world_partition(world *here) {
    entrain_error error = {0};
    uint32_t *order;
    const uint32_t living = shuffled_living(here, &order);
    if (here->sides == NULL && (here->sides = (uint8_t *)calloc(here->size, 1)) == NULL)
        abort();
    for (uint32_t k = 0; k < living; k++)
        here->sides[order[k]] = k < living / 2;
    free(order);
    world_must(entrain_engine_disturb(here->engine, &(entrain_disturbance){.sides = here->sides}, &error),
               &error, "partition");
}

void world_heal(world *here) {
    entrain_error error = {0};
    world_must(entrain_engine_disturb(here->engine, &(entrain_disturbance){0}, &error), &error, "heal");
}

void world_lose(world *here, double share) {
    entrain_error error = {0};
    world_must(entrain_engine_disturb(here->engine, &(entrain_disturbance){.loss = share}, &error), &error,
               "lose");
}

void world_slow(world *here, double share, uint16_t every) {
    uint32_t *order;
    const uint32_t living = shuffled_living(here, &order), count = (uint32_t)lround(share * living);
    for (uint32_t k = 0; k < count; k++)
        ((entrain_agent_habit *)entrain_population_at(here->population, order[k], ENTRAIN_AGENT_HABIT))
            ->slow = every;
    free(order);
}

double world_watch(world *here, double until_s, double every_s, entrain_goal_watch *watch) {
    const uint64_t every = (uint64_t)llround(every_s / entrain_engine_step_s(here->engine));
    const uint64_t until = (uint64_t)llround(until_s / entrain_engine_step_s(here->engine));
    entrain_error error = {0};
    double least = INFINITY;
    for (uint64_t tick = entrain_swarm_tick(here->swarm); tick < until;) {
        tick = tick + every < until ? tick + every : until;
        world_must(entrain_swarm_advance(here->swarm, tick, &error), &error, "advance");
        const entrain_phase_sample sample = world_sample(here);
        least = fmin(least, sample.coherence);
        if (watch != NULL)
            entrain_goal_watch_add(watch, &sample);
    }
    return least;
}

typedef struct crew {
    uint32_t count;
    void (*play)(void *context, uint32_t k);
    void *context;
    atomic_uint next;
} crew;

static void *crew_member(void *argument) {
    crew *all = (crew *)argument;
    for (uint32_t k; (k = atomic_fetch_add(&all->next, 1)) < all->count;)
        all->play(all->context, k);
    return NULL;
}

void world_side_by_side(uint32_t count, uint32_t threads, void (*play)(void *context, uint32_t k),
                        void *context) {
    enum { MEMBERS_MAX = 32 };
    crew all = {.count = count, .play = play, .context = context};
    pthread_t members[MEMBERS_MAX];
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t member_count = threads > 0 ? threads : processors < 1 ? 1 : (uint32_t)processors;
    member_count = member_count < count ? member_count : count;
    member_count = member_count < MEMBERS_MAX ? member_count : MEMBERS_MAX;
    for (uint32_t m = 0; m < member_count; m++)
        if (pthread_create(&members[m], NULL, crew_member, &all) != 0)
            abort();
    for (uint32_t m = 0; m < member_count; m++)
        (void)pthread_join(members[m], NULL);
}
