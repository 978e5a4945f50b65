// A swarm's course as it changes: goals, strategies, patterns, graphs, who joins and who leaves.
#include "sims/events_course.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/random.h"

#define OWN_DRAWS 0x80000000u // of the stream; the graph's are below

static entrain_status no_memory(entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "there is no memory for it.");
}

static entrain_population *population_of(const event_run *run) {
    return entrain_swarm_population(run->swarm);
}

static bool complete(const event_run *run) {
    return entrain_topology_look(run->topology).kind == ENTRAIN_TOPOLOGY_COMPLETE;
}

static uint32_t place_count(const event_run *run) { return entrain_population_count(population_of(run)); }

bool event_is_member(const event_run *run, uint32_t index) {
    return run->course.member == NULL ? index < run->course.size : run->course.member[index];
}

// --- Goals and strategies

// Whether agents that pulse could reach everybody: they took mailboxes for so many at the start.
static entrain_status check_pulses(const event_run *run, const entrain_agent_config *config,
                                   const entrain_topology *topology, entrain_error *error_out) {
    const entrain_topology_view graph = entrain_topology_look(topology);
    const bool pulse =
        config->strategy == ENTRAIN_STRATEGY_PULSE || config->strategy == ENTRAIN_STRATEGY_ADAPTIVE;
    (void)run;
    if (!pulse || !config->pulses || graph.kind == ENTRAIN_TOPOLOGY_COMPLETE)
        return ENTRAIN_OK;
    uint64_t most = graph.in_degree_max;
    for (uint32_t v = 0; graph.directed && v < graph.vertex_count; v++) {
        const uint64_t hearers = graph.out_offsets[v + 1] - graph.out_offsets[v];
        most = hearers > most ? hearers : most;
    }
    if (most <= config->neighbours)
        return ENTRAIN_OK;
    return entrain_error_set(error_out, ENTRAIN_LIMIT,
                             "an agent would have %" PRIu64
                             " neighbours, and mailboxes for pulses were made for %" PRIu32
                             "; begin with a graph of that degree, or with a strategy that does not pulse.",
                             most, config->neighbours);
}

// A complete graph; or one that has arcs, because events lose or cut them, as many as a complete graph of
// the members.
static bool all_hear_all(const event_run *run) {
    uint64_t members = 0;
    for (uint32_t i = 0; i < place_count(run); i++)
        members += event_is_member(run, i);
    return complete(run) || entrain_topology_look(run->topology).arc_count + members >= members * members;
}

// Who spreads by pulses needs to hear everybody; as scenario_agents.c has it.
static entrain_strategy strategy_of(const event_run *run, const entrain_agent_config *config) {
    const entrain_strategy strategy = entrain_goal_look(config->goal).strategy;
    const bool few = all_hear_all(run) && config->pulses &&
                     entrain_agents_band(population_of(run)).size <= ENTRAIN_SPLAY_SIZE_MAX;
    return strategy == ENTRAIN_STRATEGY_PULSE && !few ? ENTRAIN_STRATEGY_FREQUENCY_LOCK : strategy;
}

// The band is the goal's again, but where there is no goal of its own: the one that the scenario began
// with, if it had none either. The strategy is the goal's, but where somebody has said one.
entrain_status event_goal(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out) {
    (void)count;
    const entrain_agent_config *now = entrain_agents_look(population_of(run));
    entrain_agent_config changed = *now;
    changed.goal = (entrain_goal)items->from;
    const entrain_goal_facts facts = entrain_goal_look(changed.goal);
    if (facts.spread && !changed.moments && !(changed.pulses && complete(run)))
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "distribute-load needs room for moments from the start; name it in `events`, or in the script of "
            "on_sample by its whole name.");
    const bool plain =
        changed.goal == ENTRAIN_GOAL_COHERENCE && run->course.begun.goal == ENTRAIN_GOAL_COHERENCE;
    changed.low = plain ? run->course.begun.low : NAN;
    changed.high = plain ? run->course.begun.high : NAN;
    if (!run->course.strategy_told)
        changed.strategy = strategy_of(run, &changed);
    return entrain_agents_change(population_of(run), &changed, error_out);
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

static bool lives(const event_run *run, uint32_t index) {
    return event_is_member(run, index) && entrain_population_id(population_of(run), index) != ENTRAIN_ID_NONE;
}

// @p wanted of the living members (@p share of them where that is not 0), in ascending order of index.
static entrain_status draw_some(event_run *run, uint32_t wanted, double share, uint32_t **chosen_out,
                                uint32_t *count_out, entrain_error *error_out) {
    const uint32_t places = place_count(run);
    const uint64_t tick = entrain_swarm_tick(run->swarm);
    const entrain_random key =
        entrain_random_key(entrain_engine_seed(entrain_swarm_engine(run->swarm)), ENTRAIN_STREAM_JOIN);
    ranked *all = malloc((size_t)places * sizeof *all);
    uint32_t *chosen = malloc((size_t)places * sizeof *chosen);
    if (all == NULL || chosen == NULL) {
        free(all);
        free(chosen);
        return no_memory(error_out);
    }
    if (run->course.tick != tick)
        run->course.ordinal = 0;
    run->course.tick = tick;
    const uint32_t draw = OWN_DRAWS + run->course.ordinal++;
    uint32_t count = 0;
    for (uint32_t i = 0; i < places; i++)
        if (lives(run, i))
            all[count++] = (ranked){entrain_random_draw(key, i, tick, draw).bits[0], i};
    if (share > 0)
        wanted = (uint32_t)nearbyint(share * count);
    if (wanted > count)
        wanted = count;
    qsort(all, count, sizeof *all, by_draw);
    for (uint32_t k = 0; k < wanted; k++)
        chosen[k] = all[k].index;
    free(all);
    *chosen_out = chosen;
    *count_out = wanted;
    return ENTRAIN_OK;
}

entrain_status event_strategy(event_run *run, const event_item *items, uint32_t count,
                              entrain_error *error_out) {
    (void)count;
    entrain_population *population = population_of(run);
    entrain_agent_config changed = *entrain_agents_look(population);
    const entrain_strategy strategy = (entrain_strategy)items->from;
    entrain_agent_config probe = changed;
    probe.strategy = strategy;
    entrain_status status = check_pulses(run, &probe, run->topology, error_out);
    if (status != ENTRAIN_OK)
        return status;
    run->course.strategy_told = true;
    uint32_t *chosen = NULL, told = 0;
    if (items->to != 0) {
        status = draw_some(run, 0, items->weight, &chosen, &told, error_out);
    } else if (changed.strategy != strategy) {
        return entrain_agents_change(population, &probe, error_out);
    } else { // some may have been told another one
        status = draw_some(run, UINT32_MAX, 0, &chosen, &told, error_out);
    }
    for (uint32_t k = 0; status == ENTRAIN_OK && k < told; k++)
        status = entrain_agent_set_strategy(population, chosen[k], strategy, error_out);
    free(chosen);
    return status;
}

entrain_status event_pattern(event_run *run, const event_item *items, uint32_t count,
                             entrain_error *error_out) {
    (void)count;
    entrain_workload *workload = entrain_swarm_workload(run->swarm);
    if (workload == NULL)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED, "these agents produce nothing.");
    entrain_workload_config changed = *entrain_workload_look(workload);
    changed.pattern = (entrain_pattern)items->from;
    return entrain_workload_change(workload, &changed, error_out);
}

static void put_field(void *config, const event_key *key, double value) {
    char *field = (char *)config + key->offset;
    if (key->whole)
        *(uint32_t *)(void *)field = (uint32_t)value;
    else
        *(double *)(void *)field = value;
}

entrain_status event_set_agents(event_run *run, const event_item *items, uint32_t count, bool work,
                                entrain_error *error_out) {
    entrain_population *population = population_of(run);
    entrain_workload *workload = entrain_swarm_workload(run->swarm);
    entrain_agent_config agent = *entrain_agents_look(population);
    entrain_workload_config config =
        workload != NULL ? *entrain_workload_look(workload) : entrain_workload_config_defaults();
    bool agents = false, works = false;
    for (uint32_t i = 0; i < count; i++) {
        const event_key *key = &event_keys[items[i].from];
        if (key->part == EVENT_KEY_AGENT && run->control)
            continue;
        agents |= key->part == EVENT_KEY_AGENT;
        works |= key->part == EVENT_KEY_WORK;
        if (key->part == EVENT_KEY_AGENT)
            put_field(&agent, key, items[i].weight);
        if (key->part == EVENT_KEY_WORK)
            put_field(&config, key, items[i].weight);
    }
    entrain_status status = agents ? entrain_agents_change(population, &agent, error_out) : ENTRAIN_OK;
    if (status == ENTRAIN_OK && works && work)
        status = workload != NULL
                     ? entrain_workload_change(workload, &config, error_out)
                     : entrain_error_set(error_out, ENTRAIN_UNSUPPORTED, "these agents produce nothing.");
    return status;
}

entrain_status event_try_agents(event_run *run, const scenario_event *event, entrain_error *error_out) {
    const event_action *goal = event_action_of(run->list, event, "goal");
    const event_action *strategy = event_action_of(run->list, event, "strategy");
    const event_action *set = event_action_of(run->list, event, "set");
    const event_item *items = run->list->items;
    entrain_status status = ENTRAIN_OK;
    if (goal != NULL)
        status = event_goal(run, items + goal->first, goal->count, error_out);
    if (status == ENTRAIN_OK && strategy != NULL && items[strategy->first].to == 0)
        status = event_strategy(run, items + strategy->first, strategy->count, error_out);
    if (status == ENTRAIN_OK && set != NULL)
        status = event_set_agents(run, items + set->first, set->count, false, error_out);
    return status;
}

// --- Graphs

entrain_status event_replace_graph(event_run *run, entrain_topology *changed, entrain_error *error_out) {
    const entrain_agent_config *config = entrain_agents_look(population_of(run));
    entrain_status status = config != NULL ? check_pulses(run, config, changed, error_out) : ENTRAIN_OK;
    if (status == ENTRAIN_OK)
        status = entrain_engine_replace_topology(entrain_swarm_engine(run->swarm), changed, error_out);
    if (status != ENTRAIN_OK) {
        entrain_topology_release(changed);
        return status;
    }
    entrain_topology_release(run->topology);
    run->topology = changed;
    return ENTRAIN_OK;
}

// The same graph over vertices of which only members have edges: vertex k of @p small is members[k].
static entrain_status spread_out(const entrain_topology *small, const uint32_t *members, uint32_t places,
                                 entrain_topology **large_out, entrain_error *error_out) {
    const entrain_topology_view graph = entrain_topology_look(small);
    entrain_edge *edges = malloc((graph.arc_count > 0 ? graph.arc_count : 1) * sizeof *edges);
    uint64_t count = 0;
    if (edges == NULL)
        return no_memory(error_out);
    for (uint32_t v = 0; v < graph.vertex_count; v++)
        for (uint64_t a = graph.in_offsets[v]; a < graph.in_offsets[v + 1]; a++) {
            const uint32_t from = (uint32_t)graph.in_speakers[a];
            if (graph.directed || from < v) // an undirected edge is two arcs
                edges[count++] = (entrain_edge){members[from], members[v], 1};
        }
    double *delays = NULL;
    if (graph.delay_low > 0) { // one for all: graphs that come later have no others
        delays = malloc((count > 0 ? count : 1) * sizeof *delays);
        for (uint64_t e = 0; delays != NULL && e < count; e++)
            delays[e] = graph.delay_low;
        if (delays == NULL) {
            free(edges);
            return no_memory(error_out);
        }
    }
    const entrain_status status = entrain_topology_from_delayed_edges(
        places, edges, delays, count, graph.directed, false, large_out, error_out);
    free(edges);
    free(delays);
    return status;
}

// The members' indices, or NULL where all places have one and nothing is to be mapped.
static uint32_t *list_members(const event_run *run, uint32_t *count_out) {
    const uint32_t places = place_count(run);
    uint32_t *members = malloc((size_t)places * sizeof *members), count = 0;
    for (uint32_t i = 0; members != NULL && i < places; i++)
        if (event_is_member(run, i))
            members[count++] = i;
    *count_out = count;
    return members;
}

static entrain_topology_config graph_of(const event_run *run, const event_item *item, uint32_t size) {
    entrain_topology_config config = entrain_topology_config_defaults();
    const entrain_topology_view now = entrain_topology_look(run->topology);
    config.kind = (entrain_topology_kind)(item->from & ~EVENT_DIRECTED);
    config.directed = (item->from & EVENT_DIRECTED) != 0;
    config.size = size;
    // Another one than at the start, and at every other time.
    config.seed = entrain_engine_seed(entrain_swarm_engine(run->swarm)) + entrain_swarm_tick(run->swarm);
    config.delay_low = config.delay_high = now.delay_low;
    const bool grid = config.kind == ENTRAIN_TOPOLOGY_LATTICE || config.kind == ENTRAIN_TOPOLOGY_TORUS;
    if (grid) {
        config.rows = item->to;
        config.columns = (uint32_t)item->weight;
    } else {
        config.degree = item->to;
    }
    if (config.kind == ENTRAIN_TOPOLOGY_SMALL_WORLD)
        config.rewire = item->weight;
    if (config.kind == ENTRAIN_TOPOLOGY_ERDOS_RENYI)
        config.probability = item->weight;
    return config;
}

entrain_status event_topology(event_run *run, const event_item *items, uint32_t count,
                              entrain_error *error_out) {
    (void)count;
    const uint32_t places = place_count(run);
    entrain_topology *made = NULL, *large = NULL;
    if (complete(run)) { // it is the same for any members
        const entrain_topology_config config = graph_of(run, items, places);
        const entrain_status status = entrain_topology_create(&config, &made, error_out);
        return status == ENTRAIN_OK ? event_replace_graph(run, made, error_out) : status;
    }
    uint32_t size = 0;
    uint32_t *members = list_members(run, &size);
    if (members == NULL)
        return no_memory(error_out);
    const entrain_topology_config config = graph_of(run, items, size);
    entrain_status status = entrain_topology_create(&config, &made, error_out);
    if (status == ENTRAIN_OK && size < places) {
        status = spread_out(made, members, places, &large, error_out);
        entrain_topology_release(made);
        made = large;
    }
    free(members);
    return status == ENTRAIN_OK ? event_replace_graph(run, made, error_out) : status;
}

// --- Who leaves and who joins

static entrain_status know_members(event_run *run, entrain_error *error_out) {
    const uint32_t places = place_count(run);
    if (run->course.member != NULL)
        return ENTRAIN_OK;
    run->course.member = calloc(places, sizeof *run->course.member);
    if (run->course.member == NULL)
        return no_memory(error_out);
    for (uint32_t i = 0; i < run->course.size && i < places; i++)
        run->course.member[i] = true;
    return ENTRAIN_OK;
}

// Who lives, for graphs. NULL: no memory.
static bool *list_living(const event_run *run) {
    const uint32_t places = place_count(run);
    bool *living = malloc(places * sizeof *living);
    for (uint32_t i = 0; living != NULL && i < places; i++)
        living[i] = lives(run, i);
    return living;
}

static entrain_status take_leave(event_run *run, const uint32_t *leaving, uint32_t count,
                                 entrain_error *error_out) {
    entrain_engine *engine = entrain_swarm_engine(run->swarm);
    entrain_topology *changed = NULL;
    bool *living = list_living(run);
    if (living == NULL)
        return no_memory(error_out);
    entrain_status status = ENTRAIN_OK;
    if (!complete(run))
        status = entrain_topology_leave(run->topology, leaving, count, living, entrain_engine_seed(engine),
                                        entrain_swarm_tick(run->swarm), &changed, error_out);
    free(living);
    if (status == ENTRAIN_OK && changed != NULL)
        status = event_replace_graph(run, changed, error_out);
    for (uint32_t k = 0; status == ENTRAIN_OK && k < count; k++) {
        (void)entrain_engine_stop_actor(engine, entrain_population_id(population_of(run), leaving[k]));
        run->course.member[leaving[k]] = false;
    }
    return status;
}

entrain_status event_leave(event_run *run, const event_item *items, uint32_t count,
                           entrain_error *error_out) {
    uint32_t *leaving = NULL, gone = 0;
    entrain_status status = know_members(run, error_out);
    if (status == ENTRAIN_OK && items->to != LEAVE_NAMED) {
        status = draw_some(run, items->from, items->weight, &leaving, &gone, error_out);
    } else if (status == ENTRAIN_OK) {
        leaving = malloc(count * sizeof *leaving);
        status = leaving != NULL ? ENTRAIN_OK : no_memory(error_out);
        for (uint32_t i = 0; status == ENTRAIN_OK && i < count; i++) {
            if (!lives(run, items[i].from))
                status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                           "number %" PRIu32
                                           " does not live at that time, so it cannot leave; name "
                                           "another one.",
                                           items[i].from);
            leaving[gone++] = items[i].from;
        }
    }
    if (status == ENTRAIN_OK && gone > 0)
        status = take_leave(run, leaving, gone, error_out);
    free(leaving);
    return status;
}

// As many neighbours as the scenario's graph gives each, or as they have on average.
static uint32_t degree_of(const event_run *run) {
    const entrain_topology_view graph = entrain_topology_look(run->topology);
    uint32_t members = 0;
    for (uint32_t i = 0; i < graph.vertex_count; i++)
        members += graph.in_offsets[i + 1] > graph.in_offsets[i];
    const uint32_t mean = members > 0 ? (uint32_t)nearbyint((double)graph.arc_count / members) : 0;
    return mean > 0 ? mean : 1;
}

entrain_status event_join(event_run *run, const event_item *items, uint32_t count, entrain_error *error_out) {
    (void)count;
    entrain_engine *engine = entrain_swarm_engine(run->swarm);
    const uint32_t joining = items->from, places = place_count(run),
                   first = run->course.size + run->course.joined;
    entrain_topology *changed = NULL;
    entrain_status status = know_members(run, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (joining > places - first)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "%" PRIu32 " agents join, and of %" PRIu32 " places %" PRIu32
                                 " are left; set swarm.room to how many there can be.",
                                 joining, places, places - first);
    uint32_t *newcomers = malloc(joining * sizeof *newcomers);
    bool *living = list_living(run);
    if (newcomers == NULL || living == NULL)
        status = no_memory(error_out);
    for (uint32_t k = 0; status == ENTRAIN_OK && k < joining; k++) {
        newcomers[k] = first + k;
        living[first + k] = true;
    }
    if (status == ENTRAIN_OK && !complete(run))
        status = entrain_topology_join(run->topology, newcomers, joining, degree_of(run), living,
                                       entrain_engine_seed(engine), entrain_swarm_tick(run->swarm), &changed,
                                       error_out);
    if (status == ENTRAIN_OK && changed != NULL)
        status = event_replace_graph(run, changed, error_out);
    for (uint32_t k = 0; status == ENTRAIN_OK && k < joining; k++) {
        entrain_id id;
        status = entrain_engine_restart_actor(engine, population_of(run), newcomers[k], &id);
        if (status != ENTRAIN_OK)
            entrain_error_set(error_out, status, "number %" PRIu32 " could not join: %s.", newcomers[k],
                              entrain_status_text(status));
        run->course.member[newcomers[k]] = true;
    }
    run->course.joined += joining;
    free(newcomers);
    free(living);
    return status;
}
