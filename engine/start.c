// Building an engine before its first tick: cohorts, and every array a tick will need. Layout: layout.c.
#include <inttypes.h>
#include <string.h>

#include "engine/delays.h"
#include "engine/event_driven.h"
#include "engine/layout.h"
#include "engine/virtual_time.h"
#include "mailbox/ring.h"

static entrain_status no_memory(const char *what, entrain_error *error_out) {
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                             "There is no memory for %s; make the swarm smaller or free some.", what);
}

// Populations that publish first, so that vertices are the first slots; each group in the order of adding.
static void order_populations(entrain_engine *engine) {
    entrain_population *ordered[ENTRAIN_POPULATIONS_MAX];
    uint32_t count = 0;
    for (int publishing = 1; publishing >= 0; publishing--)
        for (uint32_t p = 0; p < engine->population_count; p++)
            if ((engine->populations[p]->behavior.words > 0) == (publishing == 1))
                ordered[count++] = engine->populations[p];
    ENTRAIN_ASSERT(count == engine->population_count);
    uint32_t first = 0;
    for (uint32_t p = 0; p < count; p++) {
        engine->populations[p] = ordered[p];
        ordered[p]->first = first;
        first += ordered[p]->count;
        engine->has_mail |= ordered[p]->behavior.inbox > 0 || ordered[p]->behavior.step_sends_max > 0;
    }
}

// Whether many speakers of a swarm that fits the near caches lie where another worker writes: then each of
// their lines comes from another core's cache, as slowly as from memory. Sampled, so that the choice itself
// is quick.
static bool speakers_are_elsewhere(const entrain_engine *engine) {
    const entrain__graph *graph = &engine->graph;
    const uint32_t workers = entrain_scheduler_worker_count(engine->scheduler);
    const uint32_t near = engine->vertex_count / (4 * workers) + 64, stride = engine->vertex_count / 1024 + 1;
    uint64_t seen = 0, elsewhere = 0;
    for (uint32_t place = 0; workers > 1 && place < engine->vertex_count; place += stride)
        for (uint64_t a = graph->offsets[place];
             a < graph->offsets[place + 1] && a < graph->offsets[place] + 64; a++) {
            const int64_t distance = (int64_t)graph->speakers[a] - (int64_t)place;
            elsewhere += distance > near || distance < -(int64_t)near;
            seen++;
        }
    return elsewhere * 20 > seen;
}

// Looking ahead pays when publications do not fit in the near caches and speakers lie far away (40 % on a
// random graph of a million), or belong to other workers (small worlds on two: 13 % of publish at 1,000, 17
// at 10,000, 23 at 40,000). It costs a quarter where speakers are at hand.
void entrain__choose_prefetch(entrain_engine *engine) {
    const entrain__graph *graph = &engine->graph;
    uint64_t bytes = (uint64_t)engine->vertex_count * engine->words * sizeof(int64_t);
    if (graph->complete || engine->vertex_count == 0)
        return;
    const bool far =
        bytes < UINT64_C(1) << 20
            ? speakers_are_elsewhere(engine)
            : entrain__spread_of(engine->vertex_count, graph->offsets, graph->speakers, NULL).far_share >
                  0.05;
    if (far)
        engine->graph.prefetch = 48;
}

static uint64_t arcs_of(const entrain_engine *engine, uint32_t place) {
    const entrain__graph *graph = &engine->graph;
    if (place >= engine->vertex_count || graph->offsets == NULL)
        return 0;
    return graph->offsets[place + 1] - graph->offsets[place];
}

static uint64_t weight_of_column(const entrain_engine *engine, const entrain_population *population,
                                 uint32_t column) {
    return 1 + arcs_of(engine, population->first + column);
}

// How much a task should weigh where nobody says: about what fits the first cache, and twice that where a
// single worker or many tasks for each make the price of a task count more. Without a barrier several tasks'
// memory is to stay in the second cache, so there they are small.
enum { TASK_WEIGHT = 4096, TASKS_EACH = 16 };
static uint64_t task_weight(const entrain_engine *engine, uint64_t total) {
    const uint32_t workers = entrain_scheduler_worker_count(engine->scheduler);
    if (engine->config.cohort_weight != 0)
        return engine->config.cohort_weight;
    const bool many = workers == 1 || total / workers > 2 * (uint64_t)TASK_WEIGHT * TASKS_EACH;
    return many && !entrain_scheduler_runs_ahead(engine->scheduler) ? 2 * TASK_WEIGHT : TASK_WEIGHT;
}

// What a cohort of this population shall weigh: as near to that as equal ones can be, so that a small swarm
// is not cut into two whole ones and a crumb, which two workers could not share.
static uint64_t cohort_weight(const entrain_engine *engine, const entrain_population *population) {
    uint64_t total = 0;
    for (uint32_t column = 0; column < population->count; column++)
        total += weight_of_column(engine, population, column);
    const uint64_t wished = task_weight(engine, total), count = (total + wished / 2) / wished;
    return count > 1 ? (total + count - 1) / count : total;
}

// Cuts each population into contiguous blocks of about cohort_weight arcs and actors, so that a hub does not
// make one task cost a thousand others. With cohorts NULL it only counts.
static uint32_t cut_cohorts(entrain_engine *engine, entrain__cohort *cohorts, uint32_t *weights) {
    uint32_t made = 0;
    for (uint32_t p = 0; p < engine->population_count; p++) {
        entrain_population *population = engine->populations[p];
        const uint64_t wished = cohort_weight(engine, population);
        for (uint32_t column = 0; column < population->count;) {
            uint32_t first = column;
            uint64_t weight = 0;
            while (column < population->count && weight < wished) {
                uint64_t more = weight_of_column(engine, population, column);
                if (column > first && weight + more > 2 * wished)
                    break; // a hub begins a cohort of its own
                weight += more;
                column++;
            }
            if (cohorts != NULL) {
                cohorts[made].population = population;
                cohorts[made].first = first;
                cohorts[made].count = column - first;
                weights[made] = weight > UINT32_MAX ? UINT32_MAX : (uint32_t)weight;
            }
            if (column - first > engine->cohort_count_max)
                engine->cohort_count_max = column - first;
            made++;
        }
    }
    return made;
}

static entrain_status build_cohorts(entrain_engine *engine, entrain_error *error_out) {
    uint32_t count = cut_cohorts(engine, NULL, NULL);
    engine->cohorts = entrain__engine_take(engine, &engine->bytes_table, count, sizeof *engine->cohorts);
    engine->fingerprints =
        entrain__engine_take(engine, &engine->bytes_table, count, sizeof *engine->fingerprints);
    uint32_t *weights = entrain__arena_take(engine->arena, count, sizeof *weights);
    if (engine->cohorts == NULL || engine->fingerprints == NULL || weights == NULL)
        return no_memory("the tasks of the swarm", error_out);
    engine->cohort_count = cut_cohorts(engine, engine->cohorts, weights);
    ENTRAIN_ASSERT(engine->cohort_count == count);
    entrain_status status = ENTRAIN_OK;
    const entrain_task_links *links = NULL;
    if (entrain_scheduler_runs_ahead(engine->scheduler) && engine->vertex_count > 0 &&
        !engine->graph.complete) {
        links = &engine->links;
        status = entrain__graph_link(engine);
        if (status != ENTRAIN_OK)
            return no_memory("what the tasks of the swarm wait for", error_out);
    }
    status = entrain_scheduler_plan_linked(engine->scheduler, count, weights, links, error_out);
    entrain__arena_give(engine->arena, weights);
    return status;
}

static uint32_t parts_of(const entrain_engine *engine) { return (engine->words + 1) / 2; }

// Messages of observations that the mailbox at a place must hold: one exchange's.
static uint64_t observations_at(const entrain_engine *engine, const entrain_population *population,
                                uint32_t place) {
    if (engine->config.transport != ENTRAIN_TRANSPORT_MAILBOX || population->behavior.words == 0)
        return 0;
    return (engine->graph.complete ? 1 : arcs_of(engine, place)) * parts_of(engine);
}

// Whether general messages of a population have mailboxes of their own. Under block they stay where they are
// while their actor is mute, which must not be in the way of the observations that it goes on to hear.
static bool letters_apart(const entrain_engine *engine, const entrain_population *population) {
    return engine->config.overflow == ENTRAIN_OVERFLOW_BLOCK && population->behavior.inbox > 0 &&
           engine->config.transport == ENTRAIN_TRANSPORT_MAILBOX && population->behavior.words > 0;
}

// How many messages the mailbox at a place must hold: one exchange's observations, or the general messages.
static uint64_t capacity_needed(const entrain_engine *engine, const entrain_population *population,
                                uint32_t place, bool apart) {
    uint64_t observations = apart ? 0 : observations_at(engine, population, place);
    uint32_t letters = letters_apart(engine, population) == apart ? population->behavior.inbox : 0;
    return observations > letters ? observations : letters;
}

static bool has_mailboxes(const entrain_engine *engine, const entrain_population *population, bool apart) {
    if (apart)
        return letters_apart(engine, population);
    return population->behavior.inbox > 0 ||
           (engine->config.transport == ENTRAIN_TRANSPORT_MAILBOX && population->behavior.words > 0);
}

// What @p needed messages at a place get, or a refusal.
static entrain_status choose_capacity(const entrain_engine *engine, const entrain_population *population,
                                      uint32_t column, bool apart, uint32_t *capacity_out,
                                      entrain_error *error_out) {
    uint32_t given = engine->config.mailbox_capacity;
    uint64_t needed = capacity_needed(engine, population, population->first + column, apart);
    if (needed > ENTRAIN_ID_INDEX_MAX)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "Actor %" PRIu32 " of \"%s\" hears %" PRIu64
                                 " messages an exchange and a mailbox holds at most %" PRIu32
                                 "; use transport publish or a smaller degree.",
                                 population->index_of_column[column], population->behavior.name, needed,
                                 (uint32_t)ENTRAIN_ID_INDEX_MAX);
    if (given != 0 && needed > given && !engine->config.overflow_named)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "mailbox_capacity is %" PRIu32 ", but actor %" PRIu32 " of \"%s\" gets up to %" PRIu64
            " messages at once; ask for at least that, leave it out, or name an overflow policy "
            "(fail, shed-newest, shed-oldest, conflate, block) that says what is to be done.",
            given, population->index_of_column[column], population->behavior.name, needed);
    *capacity_out = given != 0 ? given : needed > 0 ? (uint32_t)needed : 1;
    return ENTRAIN_OK;
}

// Where no whole observation fits, none is ever heard, and one that waits for room waits for ever.
static entrain_status check_capacity(const entrain_engine *engine, const entrain_population *population,
                                     const entrain_mailbox_set *set, entrain_error *error_out) {
    if (engine->config.mailbox_capacity == 0 || engine->config.transport != ENTRAIN_TRANSPORT_MAILBOX ||
        population->behavior.words == 0 ||
        entrain_mailbox_capacity(set, population->mailbox_first) >= parts_of(engine))
        return ENTRAIN_OK;
    return entrain_error_set(
        error_out, ENTRAIN_INVALID,
        "mailbox_capacity is %" PRIu32 ", but what an actor of \"%s\" publishes is %" PRIu32
        " messages, and a mailbox takes all of them or none; ask for at least %" PRIu32
        ", whatever the overflow policy.",
        engine->config.mailbox_capacity, population->behavior.name, parts_of(engine), parts_of(engine));
}

static entrain_status build_set(entrain_engine *engine, bool apart, entrain_mailbox_set **set_out,
                                entrain_error *error_out) {
    uint32_t count = 0;
    for (uint32_t p = 0; p < engine->population_count; p++)
        if (has_mailboxes(engine, engine->populations[p], apart))
            count += engine->populations[p]->count;
    if (count == 0)
        return ENTRAIN_OK;
    uint32_t *capacities = entrain__arena_take(engine->arena, count, sizeof *capacities);
    if (capacities == NULL)
        return no_memory("the mailboxes", error_out);
    uint32_t at = 0;
    for (uint32_t p = 0; p < engine->population_count; p++) {
        entrain_population *population = engine->populations[p];
        if (!has_mailboxes(engine, population, apart))
            continue;
        if (!apart)
            population->mailbox_first = at;
        if (apart || population->behavior.inbox > 0)
            population->letterbox_first = at; // the set apart comes second, and has the last word
        for (uint32_t c = 0; c < population->count; c++) {
            entrain_status status =
                choose_capacity(engine, population, c, apart, &capacities[at++], error_out);
            if (status != ENTRAIN_OK)
                return status;
        }
    }
    entrain_mailbox_set_config config = entrain_mailbox_set_config_defaults();
    config.mailbox_count = count;
    config.capacities = capacities;
    config.producers = ENTRAIN_PRODUCERS_ONE;
    config.overflow = engine->config.overflow;
    entrain_status status = entrain__mailbox_set_create_bare(&config, set_out, error_out);
    entrain__arena_give(engine->arena, capacities);
    for (uint32_t p = 0; p < engine->population_count && status == ENTRAIN_OK; p++) {
        entrain_population *population = engine->populations[p];
        if (!has_mailboxes(engine, population, apart))
            continue;
        if (population->behavior.inbox > 0)
            population->letterboxes = *set_out;
        if (!apart)
            status = check_capacity(engine, population, *set_out, error_out);
    }
    for (uint32_t m = 0; m < count && status == ENTRAIN_OK; m++) {
        uint32_t capacity = entrain_mailbox_capacity(*set_out, m);
        if (capacity > engine->mailbox_capacity_max)
            engine->mailbox_capacity_max = capacity;
    }
    return status;
}

bool entrain__mailboxes_are_small(const entrain_engine *engine) {
    if (engine->config.mailbox_capacity != 0 && engine->config.overflow_named)
        return false; // whoever said both accepts what does not fit
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        if (population->behavior.words == 0 || !has_mailboxes(engine, population, false))
            continue;
        for (uint32_t c = 0; c < population->count; c++)
            if (capacity_needed(engine, population, population->first + c, false) >
                (engine->config.mailbox_capacity !=
                         0 // which a ring may exceed; a start would not look at that
                     ? engine->config.mailbox_capacity
                     : entrain_mailbox_capacity(engine->mailboxes, population->mailbox_first + c)))
                return true;
    }
    return false;
}

entrain_status entrain__mailboxes_build(entrain_engine *engine, entrain_mailbox_set **set_out,
                                        entrain_error *error_out) {
    return build_set(engine, false, set_out, error_out);
}

static entrain_status build_mailboxes(entrain_engine *engine, entrain_error *error_out) {
    for (uint32_t p = 0; p < engine->population_count; p++)
        engine->populations[p]->mailbox_first = UINT32_MAX;
    entrain_status status = build_set(engine, false, &engine->mailboxes, error_out);
    return status != ENTRAIN_OK ? status : build_set(engine, true, &engine->letterboxes, error_out);
}

// What overflow policy block needs besides: a place for what waits, and who waits.
static entrain_status build_waiting(entrain_engine *engine) {
    if (engine->config.overflow != ENTRAIN_OVERFLOW_BLOCK)
        return ENTRAIN_OK;
    engine->waiting =
        entrain__engine_take(engine, &engine->bytes_messages, engine->letters_max, sizeof *engine->waiting);
    uint32_t **const by_slot[] = {&engine->muted, &engine->expected, &engine->waits_for, &engine->walked};
    for (size_t a = 0; a < sizeof by_slot / sizeof *by_slot; a++) {
        *by_slot[a] =
            entrain__engine_take(engine, &engine->bytes_messages, engine->actor_count, sizeof **by_slot[a]);
        if (*by_slot[a] == NULL)
            return ENTRAIN_NO_MEMORY;
    }
    return engine->waiting != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
}

// An actor can be called once per ENTRAIN_BATCH_MAX messages its mailbox holds and notices lie ready, and per
// so many of its timers, and send sends_max each time, or tick_sends_max in all: that bounds everything that
// can be on its way between two ticks, and all its delayed messages may be due at once. Each exchange adds
// what a step() may send. Block makes it no more: whoever has letters waiting is not called, and sends
// nothing from step() either.
uint64_t entrain__letters_quota(const entrain_engine *engine, const entrain_population *population,
                                uint32_t column) {
    const entrain_behavior *behavior = &population->behavior;
    const uint64_t stepping = (uint64_t)behavior->step_sends_max * engine->exchanges;
    if (behavior->sends_max == 0)
        return stepping;
    const uint32_t capacity =
        entrain_mailbox_capacity(population->letterboxes, population->letterbox_first + column);
    const uint64_t sends =
        (uint64_t)behavior->sends_max *
        (((uint64_t)capacity + behavior->watches_max + ENTRAIN_BATCH_MAX - 1) / ENTRAIN_BATCH_MAX +
         (behavior->timers_max + ENTRAIN_BATCH_MAX - 1) / ENTRAIN_BATCH_MAX);
    const uint32_t in_tick = behavior->tick_sends_max;
    return stepping + (in_tick > 0 && in_tick < sends ? in_tick : sends);
}

// Outboxes, lanes and the router's scratch.
static entrain_status build_letters(entrain_engine *engine) {
    if (!engine->has_mail)
        return ENTRAIN_OK;
    uint64_t total = ENTRAIN_TELLS_MAX;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        const entrain_population *population = cohort->population;
        if (population->behavior.sends_max == 0 && population->behavior.step_sends_max == 0)
            continue;
        uint64_t quota = 0;
        for (uint32_t k = 0; k < cohort->count; k++)
            quota += entrain__letters_quota(engine, population, cohort->first + k);
        if (quota > UINT32_MAX)
            return ENTRAIN_NO_MEMORY;
        cohort->outbox_capacity = (uint32_t)quota;
        cohort->outbox = entrain__engine_take(engine, &engine->bytes_messages, quota, sizeof *cohort->outbox);
        if (cohort->outbox == NULL)
            return ENTRAIN_NO_MEMORY;
        total += quota + (uint64_t)cohort->count * population->behavior.timers_max;
    }
    engine->letters_max = total;
    engine->tells =
        entrain__engine_take(engine, &engine->bytes_messages, ENTRAIN_TELLS_MAX, sizeof *engine->tells);
    engine->lanes = entrain__engine_take(engine, &engine->bytes_messages, total, sizeof *engine->lanes);
    engine->sorted = entrain__engine_take(engine, &engine->bytes_messages, total, sizeof *engine->sorted);
    engine->homes = entrain__engine_take(engine, &engine->bytes_messages, total, sizeof *engine->homes);
    engine->sorted_twin =
        entrain__engine_take(engine, &engine->bytes_messages, total, sizeof *engine->sorted_twin);
    engine->undelivered = entrain__engine_take(engine, &engine->bytes_messages, engine->actor_count,
                                               sizeof *engine->undelivered);
    return engine->tells != NULL && engine->lanes != NULL && engine->sorted != NULL &&
                   engine->sorted_twin != NULL && engine->homes != NULL && engine->undelivered != NULL
               ? build_waiting(engine)
               : ENTRAIN_NO_MEMORY;
}

// One number for each slot of each mailbox.
static entrain_status build_traces(entrain_engine *engine) {
    const entrain_mailbox_set *const sets[] = {engine->mailboxes, engine->letterboxes};
    for (int s = 0; s < 2 && engine->trace_logs != NULL; s++) {
        if (sets[s] == NULL)
            continue;
        engine->slot_traces[s] = entrain__engine_take(engine, &engine->bytes_messages,
                                                      entrain__mailbox_slot_count(sets[s]), sizeof(uint64_t));
        if (engine->slot_traces[s] == NULL)
            return ENTRAIN_NO_MEMORY;
    }
    return ENTRAIN_OK;
}

static entrain_status build_columns(entrain_engine *engine) {
    for (uint32_t p = 0; p < engine->population_count; p++) {
        entrain_population *population = engine->populations[p];
        for (uint32_t c = 0; c < population->behavior.column_count; c++) {
            population->columns[c] = entrain__engine_take(engine, &engine->bytes_state, population->count,
                                                          population->column_specs[c].bytes);
            if (population->columns[c] == NULL)
                return ENTRAIN_NO_MEMORY;
        }
    }
    return ENTRAIN_OK;
}

static entrain_status build_table(entrain_engine *engine) {
    engine->generations =
        entrain__engine_take(engine, &engine->bytes_table, engine->actor_count, sizeof *engine->generations);
    engine->ids =
        entrain__engine_take(engine, &engine->bytes_table, engine->actor_count, sizeof *engine->ids);
    if (engine->generations == NULL || engine->ids == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        memset(engine->generations + population->first, 1, population->living);
        for (uint32_t k = 0; k < population->living; k++)
            engine->ids[population->first + entrain__column_of(population, k)] =
                entrain__id_make(population->first + k, 1);
    }
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        entrain__cohort *cohort = &engine->cohorts[c];
        const entrain_id *ids = engine->ids + cohort->population->first + cohort->first;
        for (uint32_t k = 0; k < cohort->count; k++)
            cohort->stopped += ids[k] == ENTRAIN_ID_NONE;
        if (cohort->population->behavior.words > 0)
            engine->stopped_vertices += cohort->stopped;
    }
    return ENTRAIN_OK;
}

double entrain__sum_unit_of(const entrain_engine *engine) {
    if (engine->graph.complete)
        return ENTRAIN_WORD_UNIT * (double)(UINT64_C(1) << engine->field_shift);
    if (engine->graph.weighted)
        return ENTRAIN_WORD_UNIT * entrain_topology_look(engine->topology).weight_scale;
    return ENTRAIN_WORD_UNIT;
}

static entrain_status build_publications(entrain_engine *engine) {
    if (!engine->graph.complete) {
        engine->heard =
            entrain__engine_take(engine, &engine->bytes_table, engine->vertex_count, sizeof *engine->heard);
        if (engine->heard == NULL)
            return ENTRAIN_NO_MEMORY;
    } else {
        uint32_t bits = 0;
        while ((UINT64_C(1) << bits) < engine->vertex_count)
            bits++;
        engine->field_shift = bits > ENTRAIN_STRENGTH_BITS_MAX ? bits - ENTRAIN_STRENGTH_BITS_MAX : 0;
    }
    engine->sum_unit = entrain__sum_unit_of(engine);
    uint32_t workers = entrain_scheduler_worker_count(engine->scheduler);
    engine->scratch = entrain__engine_take(engine, &engine->bytes_table, workers, sizeof *engine->scratch);
    if (engine->scratch == NULL)
        return ENTRAIN_NO_MEMORY;
    bool step_sends = false;
    for (uint32_t p = 0; p < engine->population_count; p++)
        step_sends |= engine->populations[p]->behavior.step_sends_max > 0;
    for (uint32_t w = 0; w < workers; w++) {
        entrain__scratch *scratch = &engine->scratch[w];
        scratch->sums = entrain__engine_take(engine, &engine->bytes_table, engine->cohort_count_max,
                                             (engine->words + 1) * sizeof(int64_t));
        scratch->heard = entrain__engine_take(engine, &engine->bytes_table, engine->cohort_count_max,
                                              sizeof *scratch->heard);
        if (step_sends)
            scratch->step_counts = entrain__engine_take(
                engine, &engine->bytes_table, engine->cohort_count_max, sizeof *scratch->step_counts);
        if (engine->has_mail)
            scratch->called = entrain__engine_take(
                engine, &engine->bytes_table, engine->cohort_count_max / 64 + 1, sizeof *scratch->called);
        if (scratch->sums == NULL || scratch->heard == NULL ||
            (engine->has_mail && scratch->called == NULL) || (step_sends && scratch->step_counts == NULL))
            return ENTRAIN_NO_MEMORY;
    }
    return ENTRAIN_OK;
}

entrain_status entrain__engine_build(entrain_engine *engine, entrain_error *error_out) {
    order_populations(engine);
    entrain_topology_view view = {0};
    if (engine->vertex_count > 0)
        view = entrain_topology_look(engine->topology);
    // The layout's scratch memory, too: the graph takes it up again at once.
    if (engine->vertex_count > 0 && entrain__arena_create(&engine->graph_arena) != ENTRAIN_OK)
        return no_memory("the graph", error_out);
    if (entrain__lay_out(engine, &view) != ENTRAIN_OK)
        return no_memory("the layout of the swarm", error_out);
    if (engine->vertex_count > 0 && entrain__graph_place(engine) != ENTRAIN_OK)
        return no_memory("the graph", error_out);
    entrain_status status = ENTRAIN_OK;
    if (engine->vertex_count > 0)
        status = entrain__graph_delay(engine, error_out);
    if (status == ENTRAIN_OK)
        status = build_cohorts(engine, error_out);
    if (status == ENTRAIN_OK && engine->vertex_count > 0 && entrain__graph_plan(engine) != ENTRAIN_OK)
        return no_memory("the plan of who is gathered when", error_out);
    const bool events = engine->config.execution == ENTRAIN_EXECUTION_EVENT_DRIVEN;
    const bool virtual_time = engine->config.execution == ENTRAIN_EXECUTION_VIRTUAL_TIME;
    if (status == ENTRAIN_OK && !virtual_time)
        status = events ? entrain__events_build(engine, error_out) : build_mailboxes(engine, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (build_columns(engine) != ENTRAIN_OK)
        return no_memory("the state of the swarm", error_out);
    if (build_table(engine) != ENTRAIN_OK)
        return no_memory("the table of actors", error_out);
    status = entrain__ring_build(engine, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (build_publications(engine) != ENTRAIN_OK)
        return no_memory("what actors publish", error_out);
    if (engine->vertex_count > 0)
        entrain__silence_count(engine); // there may be room
    if (entrain__timers_build(engine) != ENTRAIN_OK ||
        (virtual_time && entrain__virtual_build(engine) != ENTRAIN_OK) ||
        (!virtual_time && !events && build_letters(engine) != ENTRAIN_OK))
        return no_memory("messages on their way", error_out);
    if (entrain__supervise_build(engine) != ENTRAIN_OK || build_traces(engine) != ENTRAIN_OK)
        return no_memory("supervision and the trace", error_out);
    return ENTRAIN_OK;
}
