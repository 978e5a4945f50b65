// The topology replaced while the engine stands at a tick boundary.
//
//   graph by place, gather plan, links   made anew in an arena of their own, which goes as a whole
//   mailboxes                            made anew where one of them is too small for its hearer
//   the scheduler's plan                 new weights and links; comes last, for after it nothing can fail
//   sum_unit, heard                      in place
//
// Places, columns, cohorts, publications and all counts stay. Until the last step the engine can be put back
// as it was, and on any refusal it is. Nothing here may depend on how the engine came to its graph: who
// replaces g by h hears, from then on, what an engine would that was started with h, in the same state.
#include <inttypes.h>
#include <string.h>

#include "engine/delays.h"
#include "engine/disturb.h"
#include "mailbox/ring.h"

// What is taken while a part of the graph is built, scratch memory too, is the graph's.
static entrain__arena *enter(entrain_engine *engine) {
    entrain__arena *whole = engine->arena;
    engine->arena = engine->graph_arena;
    return whole;
}

entrain_status entrain__graph_place(entrain_engine *engine) {
    const entrain_topology_view view = entrain_topology_look(engine->topology);
    entrain__arena *whole = enter(engine);
    entrain_status status = entrain__graph_by_place(engine, &view);
    engine->arena = whole;
    if (status == ENTRAIN_OK)
        entrain__choose_prefetch(engine);
    return status;
}

entrain_status entrain__graph_delay(entrain_engine *engine, entrain_error *error_out) {
    const entrain_topology_view view = entrain_topology_look(engine->topology);
    entrain__arena *whole = enter(engine);
    entrain_status status = entrain__delays_by_place(engine, &view, &engine->graph, error_out);
    engine->arena = whole;
    return status;
}

entrain_status entrain__graph_link(entrain_engine *engine) {
    entrain__arena *whole = enter(engine);
    entrain_status status = entrain__cohort_links(engine, &engine->links);
    engine->arena = whole;
    return status;
}

entrain_status entrain__graph_plan(entrain_engine *engine) {
    entrain__arena *whole = enter(engine);
    entrain_status status = entrain__gather_plan(engine);
    engine->arena = whole;
    return status;
}

// Where a cohort's segments begin.
typedef struct segments {
    uint64_t row_first;
    uint32_t first, count;
} segments;

// The engine as it was, in what a replacement changes before it is sure of itself.
typedef struct before {
    entrain_topology *topology;
    entrain__arena *arena;
    entrain__graph graph;
    entrain_task_links links;
    size_t bytes_graph, bytes_table, bytes_messages;
    segments *segments; // [cohort_count], in the new graph's arena
    entrain_mailbox_set *mailboxes;
    entrain_mailbox_set *letterboxes_of[ENTRAIN_POPULATIONS_MAX];
    uint32_t letterbox_first[ENTRAIN_POPULATIONS_MAX];
    uint32_t mailbox_capacity_max;
    uint64_t *slot_traces;
} before;

static entrain_status no_memory(entrain_error *error_out) {
    return entrain_error_set(
        error_out, ENTRAIN_NO_MEMORY,
        "There is no memory for another graph beside the one there is; the topology stays.");
}

static entrain_status check_state(const entrain_engine *engine, entrain_error *error_out) {
    if (!engine->started)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "The topology was replaced before the engine was started; set it with "
                                 "entrain_engine_set_topology().");
    if (engine->broken)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "The topology was replaced after a run that failed; destroy the engine.");
    if (engine->config.execution != ENTRAIN_EXECUTION_LOCKSTEP)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "The engine's execution is %s; a topology can be replaced in lockstep only.",
                                 entrain_execution_name(engine->config.execution));
    return ENTRAIN_OK;
}

static entrain_status check_topology(const entrain_engine *engine, const entrain_topology *topology,
                                     entrain_error *error_out) {
    const entrain_topology_view view = entrain_topology_look(topology);
    if (view.vertex_count != engine->vertex_count)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "The new topology has %" PRIu32 " vertices and the engine %" PRIu32
                                 " actors that publish; they must be equal.",
                                 view.vertex_count, engine->vertex_count);
    if ((view.kind == ENTRAIN_TOPOLOGY_COMPLETE) != engine->graph.complete)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "The new topology is %scomplete and the old one is%s; a complete graph is "
                                 "kept as one sum, without "
                                 "arcs: begin with erdos-renyi of probability 1 instead.",
                                 engine->graph.complete ? "not " : "", engine->graph.complete ? "" : " not");
    return ENTRAIN_OK;
}

// Takes note of everything, then the new topology in its place, with an arena for its graph.
static entrain_status begin(entrain_engine *engine, entrain_topology *topology, before *old) {
    *old = (before){.topology = engine->topology,
                    .arena = engine->graph_arena,
                    .graph = engine->graph,
                    .links = engine->links,
                    .bytes_graph = engine->bytes_graph,
                    .bytes_table = engine->bytes_table,
                    .bytes_messages = engine->bytes_messages,
                    .mailboxes = engine->mailboxes,
                    .mailbox_capacity_max = engine->mailbox_capacity_max,
                    .slot_traces = engine->slot_traces[0]};
    for (uint32_t p = 0; p < engine->population_count; p++) {
        old->letterboxes_of[p] = engine->populations[p]->letterboxes;
        old->letterbox_first[p] = engine->populations[p]->letterbox_first;
    }
    entrain__arena *arena;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        return ENTRAIN_NO_MEMORY;
    old->segments = entrain__arena_take(arena, engine->cohort_count, sizeof *old->segments);
    if (old->segments == NULL) {
        entrain__arena_destroy(arena);
        return ENTRAIN_NO_MEMORY;
    }
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        const entrain__cohort *cohort = &engine->cohorts[c];
        old->segments[c] = (segments){cohort->row_first, cohort->segment_first, cohort->segment_count};
    }
    // The part of the table that is the graph's: all that its arena holds, but for what counts as the graph
    // itself.
    engine->bytes_table -= entrain__arena_bytes(old->arena) - engine->bytes_graph;
    engine->bytes_graph = 0;
    engine->topology = topology;
    engine->graph_arena = arena;
    engine->graph = (entrain__graph){0};
    return ENTRAIN_OK;
}

static void put_back(entrain_engine *engine, const before *old) {
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        cohort->row_first = old->segments[c].row_first;
        cohort->segment_first = old->segments[c].first;
        cohort->segment_count = old->segments[c].count;
    }
    for (uint32_t p = 0; p < engine->population_count; p++) {
        engine->populations[p]->letterboxes = old->letterboxes_of[p];
        engine->populations[p]->letterbox_first = old->letterbox_first[p];
    }
    if (engine->mailboxes != old->mailboxes)
        entrain_mailbox_set_destroy(engine->mailboxes);
    engine->mailboxes = old->mailboxes;
    engine->mailbox_capacity_max = old->mailbox_capacity_max;
    if (engine->slot_traces[0] != old->slot_traces)
        entrain__arena_give(engine->arena, engine->slot_traces[0]);
    engine->slot_traces[0] = old->slot_traces;
    entrain__arena_destroy(engine->graph_arena);
    engine->graph_arena = old->arena;
    engine->graph = old->graph;
    engine->links = old->links;
    engine->topology = old->topology;
    engine->bytes_graph = old->bytes_graph;
    engine->bytes_table = old->bytes_table;
    engine->bytes_messages = old->bytes_messages;
}

static entrain_status build_graph(entrain_engine *engine, entrain_error *error_out) {
    if (entrain__graph_place(engine) != ENTRAIN_OK)
        return no_memory(error_out);
    entrain_status status = entrain__graph_delay(engine, error_out);
    if (status != ENTRAIN_OK)
        return status;
    // What is kept for disturbances stays theirs.
    const uint32_t most =
        engine->delay_most - (engine->exchanges > 0 ? engine->config.disturbance_delay_max : 0);
    if (engine->graph.delay_most > most)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "The new topology delays by up to %" PRIu32
                                 " ticks, and what is published is kept for the %" PRIu32
                                 " of the first one; begin with one that delays as long.",
                                 engine->graph.delay_most, most);
    if (engine->links.offsets != NULL && entrain__graph_link(engine) != ENTRAIN_OK)
        return no_memory(error_out);
    if (entrain__graph_divide(engine) != ENTRAIN_OK)
        return no_memory(error_out);
    return entrain__graph_plan(engine) == ENTRAIN_OK ? ENTRAIN_OK : no_memory(error_out);
}

// One number for each slot of each mailbox; they are empty, so the numbers mean nothing yet.
static entrain_status build_traces(entrain_engine *engine, const before *old) {
    if (old->slot_traces == NULL)
        return ENTRAIN_OK;
    engine->bytes_messages -= entrain__mailbox_slot_count(old->mailboxes) * sizeof(uint64_t);
    uint64_t *traces = entrain__engine_take(engine, &engine->bytes_messages,
                                            entrain__mailbox_slot_count(engine->mailboxes), sizeof *traces);
    if (traces == NULL)
        return ENTRAIN_NO_MEMORY;
    engine->slot_traces[0] = traces;
    return ENTRAIN_OK;
}

// Mailboxes as an engine would get that is started with the new graph. The letters' own set, where they have
// one, stays.
static entrain_status build_mailboxes(entrain_engine *engine, const before *old, entrain_error *error_out) {
    if (engine->mailboxes == NULL || !entrain__mailboxes_are_small(engine))
        return ENTRAIN_OK;
    for (uint32_t m = 0; m < entrain_mailbox_count(engine->mailboxes); m++)
        if (entrain_mailbox_queued(engine->mailboxes, m) > 0) // of those who are mute, under block
            return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                     "Some actor would hear more than its mailbox holds, and mail of a muted "
                                     "one waits in another, so that "
                                     "they cannot be made anew; say mailbox_capacity, with overflow block, "
                                     "when the engine is created.");
    entrain_mailbox_set *made = NULL;
    engine->mailbox_capacity_max = 0;
    entrain__arena *whole = enter(engine); // for scratch memory, which a refusal leaves
    entrain_status status = entrain__mailboxes_build(engine, &made, error_out);
    engine->arena = whole;
    if (status != ENTRAIN_OK) {
        entrain_mailbox_set_destroy(made);
        return status;
    }
    engine->mailboxes = made;
    for (uint32_t p = 0; p < engine->population_count; p++)
        if (old->letterboxes_of[p] == engine->letterboxes && engine->letterboxes != NULL) {
            engine->populations[p]->letterboxes = engine->letterboxes;
            engine->populations[p]->letterbox_first = old->letterbox_first[p];
        }
    for (uint32_t m = 0; engine->letterboxes != NULL && m < entrain_mailbox_count(engine->letterboxes); m++)
        if (entrain_mailbox_capacity(engine->letterboxes, m) > engine->mailbox_capacity_max)
            engine->mailbox_capacity_max = entrain_mailbox_capacity(engine->letterboxes, m);
    return build_traces(engine, old) == ENTRAIN_OK ? ENTRAIN_OK : no_memory(error_out);
}

// Tasks weigh their actors and arcs.
static uint32_t weight_of(const entrain_engine *engine, const entrain__cohort *cohort) {
    uint64_t weight = cohort->count;
    const uint32_t place = cohort->population->first + cohort->first;
    if (cohort->population->behavior.words > 0 && engine->graph.offsets != NULL)
        weight += engine->graph.offsets[place + cohort->count] - engine->graph.offsets[place];
    return weight < UINT32_MAX ? (uint32_t)weight : UINT32_MAX;
}

static entrain_status plan(entrain_engine *engine, entrain_error *error_out) {
    uint32_t *weights = entrain__arena_take(engine->graph_arena, engine->cohort_count, sizeof *weights);
    if (weights == NULL)
        return no_memory(error_out);
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        weights[c] = weight_of(engine, &engine->cohorts[c]);
    const entrain_task_links *links = engine->links.offsets != NULL ? &engine->links : NULL;
    entrain_status status =
        entrain_scheduler_plan_linked(engine->scheduler, engine->cohort_count, weights, links, error_out);
    entrain__arena_give(engine->graph_arena, weights);
    return status;
}

static void commit(entrain_engine *engine, before *old) {
    engine->replaced = true;
    entrain__arena_give(engine->graph_arena, old->segments);
    entrain__arena_destroy(old->arena);
    if (engine->mailboxes != old->mailboxes)
        entrain_mailbox_set_destroy(old->mailboxes);
    if (engine->slot_traces[0] != old->slot_traces)
        entrain__arena_give(engine->arena, old->slot_traces);
    entrain_topology_retain(engine->topology);
    entrain_topology_release(old->topology);
    engine->sum_unit = entrain__sum_unit_of(engine);
    if (engine->graph.complete)
        entrain__field_choose(engine);
    else
        entrain__silence_count(engine);
}

static void rewire_range(void *context, const entrain_range *range, uint32_t task) {
    const entrain_engine *engine = context;
    const entrain_population *population = engine->cohorts[task].population;
    if (population->behavior.rewired != NULL)
        population->behavior.rewired(range);
}

static entrain_status tell_all(entrain_engine *engine, entrain_error *error_out) {
    bool anybody = false;
    for (uint32_t p = 0; p < engine->population_count; p++)
        anybody |= engine->populations[p]->behavior.rewired != NULL;
    entrain_status status = ENTRAIN_OK;
    if (anybody)
        status = entrain_engine_visit(engine, NULL, false, rewire_range, engine);
    if (status == ENTRAIN_OK)
        return ENTRAIN_OK;
    return entrain_error_set(
        error_out, status,
        "The topology was replaced, but not everybody could be told: %s. Destroy the engine.",
        entrain_status_text(status));
}

entrain_status entrain_engine_replace_topology(entrain_engine *engine, entrain_topology *topology,
                                               entrain_error *error_out) {
    ENTRAIN_ASSERT(topology != NULL && !engine->running); // not from within a behavior or a visitor
    entrain_status status = check_state(engine, error_out);
    if (status == ENTRAIN_OK)
        status = check_topology(engine, topology, error_out);
    if (status != ENTRAIN_OK)
        return status;
    before old;
    if (begin(engine, topology, &old) != ENTRAIN_OK)
        return no_memory(error_out);
    status = build_graph(engine, error_out);
    if (status == ENTRAIN_OK)
        status = build_mailboxes(engine, &old, error_out);
    if (status == ENTRAIN_OK)
        status = plan(engine, error_out);
    if (status != ENTRAIN_OK) {
        put_back(engine, &old);
        return status;
    }
    commit(engine, &old);
    return tell_all(engine, error_out);
}
