// An engine's life: configuration, populations, topology, start, destroy; and what can be read from it.
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "engine/base/simd.h"
#include "engine/base/version.h"
#include "engine/delays.h"
#include "engine/engine_private.h"
#include "engine/event_driven.h"
#include "engine/order.h"
#include "engine/virtual_time.h"

const char *entrain_version(void) { return ENTRAIN_VERSION_TEXT; }

const char *entrain_transport_name(entrain_transport transport) {
    static const char *const names[] = {"mailbox", "publish"};
    return (unsigned)transport < ENTRAIN_TRANSPORT_COUNT ? names[transport] : NULL;
}

const char *entrain_execution_name(entrain_execution execution) {
    static const char *const names[] = {"lockstep", "event-driven", "virtual-time"};
    return (unsigned)execution < ENTRAIN_EXECUTION_COUNT ? names[execution] : NULL;
}

uint64_t entrain__now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

entrain_engine_config entrain_engine_config_defaults(void) {
    return (entrain_engine_config){
        .scheduler = entrain_scheduler_config_defaults(),
        .transport = ENTRAIN_TRANSPORT_MAILBOX,
        .simd = ENTRAIN_SIMD_AUTO,
        .layout = ENTRAIN_LAYOUT_AUTO,
        .step_s = 0.01,
        .seed = 1,
        .overflow = ENTRAIN_OVERFLOW_FAIL,
        .batch = ENTRAIN_BATCH_MAX,
    };
}

static entrain_status validate(const entrain_engine_config *config, entrain_error *error_out) {
    if (!(config->step_s > 0) || !isfinite(config->step_s))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "step_s is %g; it must be a finite number of seconds above 0.",
                                 config->step_s);
    if ((unsigned)config->transport >= ENTRAIN_TRANSPORT_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "transport is %d; it must be mailbox (0) or publish (1).",
                                 (int)config->transport);
    if ((unsigned)config->layout >= ENTRAIN_LAYOUT_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "layout is %d; it must be auto (0), index (1), near (2) or shuffled (3).",
                                 (int)config->layout);
    if ((unsigned)config->execution >= ENTRAIN_EXECUTION_COUNT)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "execution is %d; it must be lockstep (0), event-driven (1) or virtual-time (2).",
            (int)config->execution);
    if ((unsigned)config->deadlock >= ENTRAIN_DEADLOCK_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "deadlock is %d; it must be 0 (the run ends) or 1 (a message is shed).",
                                 (int)config->deadlock);
    if ((unsigned)config->overflow >= ENTRAIN_OVERFLOW_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "overflow is %d; it must be fail (0), shed-newest (1), shed-oldest (2), "
                                 "conflate (3) or block (4).",
                                 (int)config->overflow);
    if (config->mailbox_capacity > ENTRAIN_ID_INDEX_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "mailbox_capacity is %" PRIu32
                                 "; it must be 0 (what the topology needs) to %" PRIu32 " messages.",
                                 config->mailbox_capacity, (uint32_t)ENTRAIN_ID_INDEX_MAX);
    if (config->transport == ENTRAIN_TRANSPORT_PUBLISH &&
        (config->overflow_named || config->mailbox_capacity != 0))
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "%s is given, but transport publish has no mailboxes for observations; use "
                                 "transport mailbox, or leave it out.",
                                 config->overflow_named ? "overflow" : "mailbox_capacity");
    if (config->disturbance_delay_max > ENTRAIN__DELAY_TICKS_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "disturbance_delay_max is %" PRIu32 "; it must be 0 to %u ticks.",
                                 config->disturbance_delay_max, ENTRAIN__DELAY_TICKS_MAX);
    if (config->trace > ENTRAIN__TRACE_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "trace is %" PRIu32 "; it must be 0 (none) to %d deliveries a worker.",
                                 config->trace, ENTRAIN__TRACE_MAX);
    if ((config->cohort_weight < 64 && config->cohort_weight != 0) || config->cohort_weight > UINT32_C(1)
                                                                                                  << 24)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "cohort_weight is %" PRIu32 "; it must be 0 (chosen) or 64 to 16777216.",
                                 config->cohort_weight);
    if (config->execution == ENTRAIN_EXECUTION_EVENT_DRIVEN)
        return entrain__events_check(config, error_out);
    if (config->execution == ENTRAIN_EXECUTION_VIRTUAL_TIME)
        return entrain__virtual_check(config, error_out);
    return ENTRAIN_OK;
}

entrain_status entrain_engine_create(const entrain_engine_config *config, entrain_engine **engine_out,
                                     entrain_error *error_out) {
    entrain_status status = validate(config, error_out);
    entrain_simd simd = ENTRAIN_SIMD_SSE2;
    if (status == ENTRAIN_OK)
        status = entrain__simd_resolve(config->simd, &simd, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__memory_check_environment(error_out);
    if (status != ENTRAIN_OK)
        return status;

    entrain__arena *arena = NULL;
    if (entrain__arena_create(&arena) != ENTRAIN_OK)
        goto no_memory;
    entrain_engine *engine = entrain__arena_take(arena, 1, sizeof *engine);
    if (engine == NULL)
        goto no_memory;
    engine->arena = arena;
    engine->config = *config;
    engine->config.scheduler.policy = NULL; // the scheduler keeps its own
    engine->config.scheduler.machine = NULL;
    engine->simd = simd;
    engine->supervise.calls = &entrain__lockstep_calls;
    status = entrain_scheduler_create(&config->scheduler, &engine->scheduler, error_out);
    if (status != ENTRAIN_OK) {
        entrain__arena_destroy(arena);
        return status;
    }
    *engine_out = engine;
    return ENTRAIN_OK;
no_memory:
    entrain__arena_destroy(arena);
    return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                             "There is no memory for an engine; free some and try again.");
}

void entrain_engine_destroy(entrain_engine *engine) {
    if (engine == NULL)
        return;
    ENTRAIN_ASSERT(!engine->running);
    entrain_scheduler_destroy(engine->scheduler);
    for (uint32_t p = 0; p < engine->population_count; p++) {
        entrain_population *population = engine->populations[p];
        if (population->behavior.release != NULL)
            population->behavior.release(population->context);
    }
    entrain_mailbox_set_destroy(engine->mailboxes);
    entrain_mailbox_set_destroy(engine->letterboxes);
    entrain_topology_release(engine->topology);
    entrain__arena_destroy(engine->graph_arena);
    entrain__arena_destroy(engine->arena); // everything else, the engine included
}

void *entrain__engine_take(entrain_engine *engine, size_t *counter, size_t count, size_t size) {
    void *memory = entrain__arena_take(engine->arena, count, size);
    if (memory != NULL)
        *counter += count * size;
    return memory;
}

static bool column_is_valid(const entrain_column *column) {
    uint32_t bytes = column->bytes;
    return column->name != NULL && bytes > 0 && bytes <= 1u << 16 &&
           (bytes == 1 || bytes == 2 || bytes == 4 || bytes % 8 == 0) && (!column->finite || bytes % 8 == 0);
}

// Whether the behavior keeps its own rules and agrees with those already there.
static entrain_status check_behavior(const entrain_engine *engine, const entrain_behavior *behavior,
                                     uint32_t count, entrain_error *error_out) {
    const char *name = behavior->name != NULL ? behavior->name : "?";
    uint64_t room = (uint64_t)ENTRAIN_ID_INDEX_MAX - engine->actor_count;
    if (engine->started)
        return entrain_error_set(
            error_out, ENTRAIN_ORDER,
            "Behavior \"%s\" was added after the engine started; add every population before.", name);
    if (engine->population_count == ENTRAIN_POPULATIONS_MAX)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "Behavior \"%s\" would be population %d; an engine holds at most %d.", name,
                                 ENTRAIN_POPULATIONS_MAX + 1, ENTRAIN_POPULATIONS_MAX);
    if (count == 0 || count > room)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "A population of %" PRIu32 " actors of \"%s\"; it must be 1 to %" PRIu64
                                 ", what is left of 16777215 ids.",
                                 count, name, room);
    if (behavior->column_count > ENTRAIN_COLUMNS_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "Behavior \"%s\" declares %" PRIu32 " columns; at most %d.", name,
                                 behavior->column_count, ENTRAIN_COLUMNS_MAX);
    for (uint32_t c = 0; c < behavior->column_count; c++)
        if (!column_is_valid(&behavior->columns[c]))
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "Column %" PRIu32 " of behavior \"%s\" has %" PRIu32
                                     " bytes or no name; bytes must be 1, 2, 4 or a multiple of 8 up to "
                                     "65536, and of 8 where it is to "
                                     "stay finite.",
                                     c, name, behavior->columns[c].bytes);
    if (behavior->words > ENTRAIN_WORDS_MAX || (behavior->words > 0 && behavior->publish == NULL))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "Behavior \"%s\" declares %" PRIu32 " words %s; it must be 0 to %d, with publish().", name,
            behavior->words, behavior->publish == NULL ? "without publish()" : "", ENTRAIN_WORDS_MAX);
    if (behavior->step != NULL && behavior->exchanges != 1 && behavior->exchanges != 2 &&
        behavior->exchanges != 4)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "Behavior \"%s\" steps in %" PRIu32
                                 " exchanges a tick; it must be 1, 2 or 4.",
                                 name, behavior->exchanges);
    if (behavior->inbox > ENTRAIN_ID_INDEX_MAX)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "Behavior \"%s\" has an inbox of %" PRIu32 "; it must be at most %" PRIu32
                                 " messages.",
                                 name, behavior->inbox, (uint32_t)ENTRAIN_ID_INDEX_MAX);
    if ((behavior->inbox > 0) != (behavior->receive != NULL))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "Behavior \"%s\" has an inbox of %" PRIu32
                                 " and %s receive(); a receiver needs both, others neither.",
                                 name, behavior->inbox, behavior->receive != NULL ? "a" : "no");
    if (behavior->receive == NULL && behavior->sends_max > 0)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "Behavior \"%s\" declares sends without receive(), from which alone an actor sends.", name);
    if (behavior->watches_max > 65535 || (behavior->receive == NULL && behavior->watches_max > 0))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "Behavior \"%s\" declares %" PRIu32
                                 " watches; it must be 0 to 65535, and 0 without receive().",
                                 name, behavior->watches_max);
    if (behavior->sends_max > 65536)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "Behavior \"%s\" declares %" PRIu32 " sends in a call; at most 65536.", name,
                                 behavior->sends_max);
    if (behavior->tick_sends_max > 0 && behavior->tick_sends_max < behavior->sends_max)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "Behavior \"%s\" declares %" PRIu32 " sends in a tick and %" PRIu32
                                 " in a call; the former must be 0, or at least the latter.",
                                 name, behavior->tick_sends_max, behavior->sends_max);
    if (behavior->step_sends_max > 65536 || (behavior->step == NULL && behavior->step_sends_max > 0))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "Behavior \"%s\" declares %" PRIu32
                                 " sends in a step; it must be 0 to 65536, and 0 without step().",
                                 name, behavior->step_sends_max);
    if (behavior->step_sends_max > 0 && engine->config.execution != ENTRAIN_EXECUTION_LOCKSTEP)
        return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                 "Behavior \"%s\" sends from step(), which %s execution never calls; use "
                                 "lockstep, or send from receive().",
                                 name, entrain_execution_name(engine->config.execution));
    if (behavior->timers_max > UINT16_MAX || (behavior->timers_max > 0 && behavior->sends_max == 0))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "Behavior \"%s\" declares %" PRIu32 " timers and %" PRIu32
                                 " sends in a call; timers are sends, and at most 65535.",
                                 name, behavior->timers_max, behavior->sends_max);
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_behavior *other = &engine->populations[p]->behavior;
        if (behavior->words > 0 && other->words > 0 && behavior->words != other->words)
            return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                     "Behavior \"%s\" publishes %" PRIu32 " words and \"%s\" %" PRIu32
                                     "; populations that publish must agree.",
                                     name, behavior->words, other->name, other->words);
        if (behavior->step != NULL && other->step != NULL && behavior->exchanges != other->exchanges)
            return entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                     "Behavior \"%s\" has %" PRIu32 " exchanges a tick and \"%s\" %" PRIu32
                                     "; populations that step must agree.",
                                     name, behavior->exchanges, other->name, other->exchanges);
    }
    return ENTRAIN_OK;
}

entrain_status entrain_engine_add(entrain_engine *engine, const entrain_behavior *behavior, void *context,
                                  uint32_t count, entrain_population **population_out,
                                  entrain_error *error_out) {
    return entrain_engine_add_room(engine, behavior, context, count, count, population_out, error_out);
}

entrain_status entrain_engine_add_room(entrain_engine *engine, const entrain_behavior *behavior,
                                       void *context, uint32_t count, uint32_t living,
                                       entrain_population **population_out, entrain_error *error_out) {
    entrain_status status = check_behavior(engine, behavior, count, error_out);
    if (status == ENTRAIN_OK && living > count)
        status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                   "Of \"%s\" %" PRIu32 " actors are to live and there is room for %" PRIu32
                                   "; make room for all of them.",
                                   behavior->name, living, count);
    if (status == ENTRAIN_OK && living < count && behavior->words > 0 &&
        engine->config.execution != ENTRAIN_EXECUTION_LOCKSTEP)
        status = entrain_error_set(error_out, ENTRAIN_UNSUPPORTED,
                                   "\"%s\" publishes, and there is room for more of them than live; only "
                                   "lockstep execution, in which publications are heard, has room for those.",
                                   behavior->name);
    entrain_population *population = NULL;
    if (status == ENTRAIN_OK) {
        population = entrain__engine_take(engine, &engine->bytes_table, 1, sizeof *population);
        if (population == NULL)
            status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                       "There is no memory for a population of \"%s\".", behavior->name);
    }
    if (status != ENTRAIN_OK) {
        if (behavior->release != NULL)
            behavior->release(context);
        return status;
    }
    population->engine = engine;
    population->behavior = *behavior;
    for (uint32_t c = 0; c < behavior->column_count; c++)
        population->column_specs[c] = behavior->columns[c];
    population->behavior.columns = population->column_specs;
    population->context = context;
    population->count = count;
    population->living = living;
    population->supervision = entrain_supervision_defaults();
    population->order = engine->population_count;
    engine->populations[engine->population_count++] = population;
    engine->actor_count += count;
    if (behavior->words > 0) {
        engine->words = behavior->words;
        engine->vertex_count += count;
    }
    if (behavior->step != NULL)
        engine->exchanges = behavior->exchanges;
    *population_out = population;
    return ENTRAIN_OK;
}

entrain_status entrain_engine_set_topology(entrain_engine *engine, entrain_topology *topology,
                                           entrain_error *error_out) {
    if (engine->started)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "The topology was set after the engine started; set it before.");
    entrain_topology_retain(topology);
    entrain_topology_release(engine->topology);
    engine->topology = topology;
    return ENTRAIN_OK;
}

entrain_topology *entrain_engine_topology(const entrain_engine *engine) { return engine->topology; }

static entrain_status check_start(const entrain_engine *engine, entrain_error *error_out) {
    if (engine->started || engine->broken)
        return entrain_error_set(
            error_out, ENTRAIN_ORDER,
            "The engine was started twice; start it once, and after a refusal destroy it and begin anew.");
    if (engine->population_count == 0)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "The engine has no population; add one before starting it.");
    if (engine->vertex_count > 0 && engine->topology == NULL)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "The engine has actors that publish but no topology says who hears them; "
                                 "set one before starting.");
    if (engine->topology != NULL) {
        uint32_t vertices = entrain_topology_look(engine->topology).vertex_count;
        if (vertices != engine->vertex_count)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "The topology has %" PRIu32 " vertices and the engine %" PRIu32
                                     " actors that publish; they must be equal.",
                                     vertices, engine->vertex_count);
    }
    if (engine->config.execution == ENTRAIN_EXECUTION_VIRTUAL_TIME)
        return entrain__virtual_check_populations(engine, error_out);
    for (uint32_t p = 0; p < engine->population_count; p++)
        if (engine->populations[p]->behavior.begins)
            return entrain_error_set(
                error_out, ENTRAIN_UNSUPPORTED,
                "Behavior \"%s\" is to be told when it begins, which virtual-time execution alone "
                "does; use that.",
                engine->populations[p]->behavior.name);
    return ENTRAIN_OK;
}

entrain_status entrain_engine_start(entrain_engine *engine, entrain_error *error_out) {
    entrain_status status = check_start(engine, error_out);
    if (status != ENTRAIN_OK)
        return status;
    status = entrain__engine_build(engine, error_out);
    if (status != ENTRAIN_OK) {
        engine->broken = true; // half built: to be destroyed
        return status;
    }
    entrain_job job = entrain__lockstep;
    job.context = engine;
    engine->started = true;
    engine->stage = UINT32_MAX; // tells the serial part that this is the start
    engine->running = true;
    status = entrain_scheduler_run(engine->scheduler, &job, error_out);
    engine->running = false;
    engine->broken = status != ENTRAIN_OK; // half started: to be destroyed
    return status;
}

void entrain_engine_cancel(entrain_engine *engine) {
    // Pairs with the load in boundary_ends(). One store: safe in a signal handler.
    entrain__store_release_u32(&engine->cancelled, 1);
}

void entrain_engine_set_deadline(entrain_engine *engine, double seconds) {
    engine->deadline_ns = seconds > 0 ? entrain__now_ns() + (uint64_t)(fmin(seconds, 1e9) * 1e9) : 0;
}

void entrain_engine_clear(entrain_engine *engine) {
    entrain__store_release_u32(&engine->cancelled, 0);
    engine->deadline_ns = 0;
}

entrain_status entrain_engine_run(entrain_engine *engine, double until_s, entrain_error *error_out) {
    ENTRAIN_ASSERT(!engine->running); // not from within a behavior or a visitor
    if (engine->config.execution == ENTRAIN_EXECUTION_LOCKSTEP)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "The engine is in lockstep, which goes by ticks: use entrain_engine_advance().");
    if (!engine->started)
        return entrain_error_set(error_out, ENTRAIN_ORDER, "The engine was run before it was started.");
    if (engine->broken)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "The engine was run after a run that failed; destroy it and begin anew.");
    if (isnan(until_s) || until_s < engine->time_s)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "until_s is %g; it must not be before the present, %g s.", until_s,
                                 engine->time_s);
    if (engine->events != NULL)
        return entrain__events_run(engine, until_s, error_out);
    return entrain__virtual_run(engine, until_s, error_out);
}

void entrain_engine_sign_order(entrain_engine *engine, bool on) {
    ENTRAIN_ASSERT(!engine->started);
    engine->signs_order = on;
}
uint64_t entrain_engine_order_signature(const entrain_engine *engine) {
    uint64_t sum = 0;
    for (uint32_t slot = 0; engine->chains != NULL && slot < engine->actor_count; slot++)
        sum += entrain__order_part(engine->chains[slot], slot);
    return sum;
}

double entrain_engine_time_s(const entrain_engine *engine) {
    return engine->config.execution == ENTRAIN_EXECUTION_LOCKSTEP
               ? (double)engine->tick * engine->config.step_s
               : engine->time_s;
}
double entrain_engine_step_s(const entrain_engine *engine) { return engine->config.step_s; }
uint64_t entrain_engine_seed(const entrain_engine *engine) { return engine->config.seed; }
uint32_t entrain_population_count(const entrain_population *population) { return population->count; }
entrain_engine *entrain_population_engine(const entrain_population *population) { return population->engine; }
const entrain_behavior *entrain_population_behavior(const entrain_population *population) {
    return &population->behavior;
}
void *entrain_population_context(const entrain_population *population) { return population->context; }
uint32_t entrain_population_words(const entrain_population *population) { return population->behavior.words; }
uint32_t entrain_engine_task_count(const entrain_engine *engine) { return engine->cohort_count; }
const entrain_scheduler *entrain_engine_scheduler(const entrain_engine *engine) { return engine->scheduler; }
entrain_simd entrain_engine_simd(const entrain_engine *engine) { return engine->simd; }
entrain_layout entrain_engine_layout(const entrain_engine *engine) { return engine->layout; }
uint32_t entrain_engine_mailbox_capacity_max(const entrain_engine *engine) {
    return engine->mailbox_capacity_max;
}
void entrain_engine_stats_read(const entrain_engine *engine, entrain_engine_stats *stats_out) {
    *stats_out = engine->stats;
}

double entrain_engine_links_mean(const entrain_engine *engine) {
    return engine->links.offsets != NULL
               ? (double)engine->links.offsets[engine->cohort_count] / engine->cohort_count
               : 0;
}

void entrain_engine_measure(const entrain_engine *engine, entrain_engine_memory *memory_out) {
    entrain_engine_memory memory = {
        .state = engine->bytes_state,
        .publications = engine->bytes_publications,
        .mailboxes = (engine->mailboxes != NULL ? entrain_mailbox_set_bytes(engine->mailboxes) : 0) +
                     (engine->letterboxes != NULL ? entrain_mailbox_set_bytes(engine->letterboxes) : 0) +
                     (engine->events != NULL ? engine->events->cells.bytes : 0),
        .topology =
            engine->topology != NULL ? entrain_topology_bytes(engine->topology) + engine->bytes_graph : 0,
        .messages = engine->bytes_messages,
        .table = engine->bytes_table,
    };
    for (uint32_t p = 0; p < engine->population_count; p++) {
        const entrain_population *population = engine->populations[p];
        if (population->behavior.measure != NULL)
            memory.contexts += population->behavior.measure(population->context);
    }
    memory.total = memory.state + memory.contexts + memory.publications + memory.mailboxes + memory.topology +
                   memory.messages + memory.table;
    *memory_out = memory;
}

static uint64_t queued_in(const entrain_mailbox_set *set) {
    uint64_t queued = 0;
    for (uint32_t m = 0; set != NULL && m < entrain_mailbox_count(set); m++)
        queued += entrain_mailbox_queued(set, m);
    return queued;
}

void entrain_engine_count(const entrain_engine *engine, entrain_message_count *count_out) {
    entrain_message_count sum = engine->count_of;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        const entrain__cohort *cohort = &engine->cohorts[c];
        sum.sent += cohort->count_of.sent;
        sum.received += cohort->count_of.received;
        sum.shed += cohort->count_of.shed;
        sum.conflated += cohort->count_of.conflated;
        sum.undeliverable += cohort->count_of.undeliverable;
        sum.cancelled += cohort->count_of.cancelled;
        sum.lost += cohort->count_of.lost;
        sum.queued += cohort->outbox_count;
        if (cohort->calendar != NULL)
            sum.queued += entrain__calendar_queued(cohort->calendar);
        if (cohort->calendar != NULL && engine->virtual_time == NULL) // there they have left and hold a place
            sum.queued += entrain__calendar_lined(cohort->calendar);
    }
    if (engine->virtual_time != NULL)
        sum.queued += entrain__virtual_queued(engine);
    // Lockstep empties every mailbox before a tick ends, but for those of actors muted by block; counted, not
    // assumed.
    sum.queued += engine->tell_count + engine->waiting_count + queued_in(engine->mailboxes) +
                  queued_in(engine->letterboxes);
    if (engine->events != NULL)
        entrain__events_count(engine, &sum);
    *count_out = sum;
}

uint64_t entrain_engine_observations(const entrain_engine *engine) {
    uint64_t sum = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        sum += engine->cohorts[c].observations;
    return sum;
}
