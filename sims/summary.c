// Builds the two JSON documents that close a run.
#include "sims/summary.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include "sims/comparison.h"
#include "sims/plugins.h"
#include "sims/run_directory.h"

#define STRINGIFY(x) #x
#define NUMBER_TEXT(x) STRINGIFY(x)

const char *build_compiler(void) {
#if defined(__clang__)
    return "clang " NUMBER_TEXT(__clang_major__) "." NUMBER_TEXT(__clang_minor__) "." NUMBER_TEXT(
        __clang_patchlevel__);
#else
    return "gcc " NUMBER_TEXT(__GNUC__) "." NUMBER_TEXT(__GNUC_MINOR__) "." NUMBER_TEXT(__GNUC_PATCHLEVEL__);
#endif
}

// Jansson's integers are signed; what does not fit is written as text, exactly.
static json_t *json_count(uint64_t count) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, count);
    return count <= INT64_MAX ? json_integer((json_int_t)count) : json_string(text);
}

static void put_count(json_t *object, const char *key, uint64_t count) {
    json_object_set_new(object, key, json_count(count));
}

static void put_text(json_t *object, const char *key, const char *text) {
    json_object_set_new(object, key, text != NULL ? json_string(text) : json_null());
}

static json_t *begin(const char *format) {
    json_t *json = json_object();
    put_text(json, "format", format);
    put_count(json, "format_version", RUN_FORMAT_VERSION);
    return json;
}

// The plug-ins, without which the scenario may mean nothing.
static json_t *loaded_json(void) {
    json_t *list = json_array();
    for (uint32_t i = 0; plugins_at(i) != NULL; i++) {
        json_t *path = json_string(plugins_at(i));
        json_array_append_new(list, path != NULL ? path : json_string("?")); // a path may be no UTF-8
    }
    return list;
}

json_t *manifest_json(const char *name, const scenario *given, entrain_engine *engine) {
    json_t *json = begin(RUN_FORMAT), *made_by = json_object(), *host = json_object(), *levels = json_array();
    put_text(made_by, "version", entrain_version());
    put_text(made_by, "compiler", build_compiler());
    put_count(host, "cpus", entrain_scheduler_cpus());
    for (int level = ENTRAIN_SIMD_SSE2; level <= ENTRAIN_SIMD_AVX512; level++)
        if (entrain_simd_available((entrain_simd)level))
            json_array_append_new(levels, json_string(entrain_simd_name((entrain_simd)level)));
    json_object_set_new(host, "simd", levels);
    put_text(json, "name", name);
    put_count(json, "seed", entrain_engine_seed(engine));
    json_object_set_new(json, "engine", made_by);
    json_object_set_new(json, "host", host);
    json_object_set_new(json, "loaded", loaded_json());
    json_object_set(json, "scenario", given->resolved);
    return json;
}

static json_t *topology_json(entrain_swarm *swarm) {
    entrain_topology_view view = entrain_topology_look(entrain_swarm_topology(swarm));
    json_t *json = json_object();
    put_text(json, "kind", view.name);
    put_count(json, "arcs", view.arc_count);
    put_count(json, "in_degree_max", view.in_degree_max);
    json_object_set_new(json, "directed", json_boolean(view.directed));
    json_object_set_new(json, "weighted", json_boolean(view.weighted));
    return json;
}

static entrain_execution execution_of(const scenario *given) {
    return scenario_in_virtual_time(given) ? ENTRAIN_EXECUTION_VIRTUAL_TIME : ENTRAIN_EXECUTION_LOCKSTEP;
}

json_t *summary_json(const char *name, const scenario *given, entrain_swarm *swarm,
                     const run_outcome *outcome, run_end end, uint32_t together) {
    entrain_engine *engine = entrain_swarm_engine(swarm);
    entrain_topology_view view = entrain_topology_look(entrain_swarm_topology(swarm));
    json_t *json = begin(SUMMARY_FORMAT), *found = outcome_json(outcome, view.kind);
    json_object_update(json, found);
    json_decref(found);
    put_text(json, "name", name);
    put_text(json, "title", given->title);
    put_count(json, "seed", entrain_engine_seed(engine));
    put_text(json, "model",
             json_string_value(json_object_get(json_object_get(given->resolved, "model"), "kind")));
    put_count(json, "actors", given->swarm.size);
    put_count(json, "living", outcome->last.living);
    put_count(json, "together", together);
    json_object_set_new(json, "topology", topology_json(swarm));
    json_t *theory = comparison_json(given, outcome);
    if (theory != NULL)
        json_object_set_new(json, "theory", theory);
    put_text(json, "ended", run_end_name(end));
    put_count(json, "ticks", outcome->last.tick);
    put_count(json, "ticks_planned", given->tick_count);
    json_object_set_new(json, "step_s", json_number(entrain_engine_step_s(engine)));
    json_object_set_new(json, "time_s", json_number(outcome->last.time_s));
    put_count(json, "samples", outcome->count);
    put_count(json, "observations", outcome->last.observations);
    char fingerprint[20];
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, outcome->last.fingerprint);
    put_text(json, "fingerprint", fingerprint);
    // In lockstep and in virtual time, the only ones there are here, no result depends on who ran what when.
    put_text(json, "execution", entrain_execution_name(execution_of(given)));
    json_object_set_new(json, "deterministic", json_true());
    return json;
}

void summary_put_events(json_t *summary, const scenario_events *events, uint32_t happened,
                        uint64_t unlisted) {
    if (events_count(events) == 0)
        return;
    json_t *list = json_array();
    for (uint32_t e = 0; e < happened; e++) {
        const event_facts event = events_at(events, e);
        json_t *json = json_object();
        json_object_set_new(json, "at", json_number(event.at_s));
        put_count(json, "tick", event.tick);
        put_text(json, "what", event.what);
        if (event.asked)
            put_text(json, "by", "on_sample");
        json_array_append_new(list, json);
    }
    json_object_set_new(summary, "events", list);
    put_count(summary, "events_planned", events_count(events));
    if (unlisted > 0)
        put_count(summary, "events_unlisted", unlisted);
}

static json_t *messages_json(const entrain_engine *engine) {
    entrain_message_count count;
    entrain_engine_count(engine, &count);
    json_t *json = json_object();
    put_count(json, "sent", count.sent);
    put_count(json, "received", count.received);
    put_count(json, "queued", count.queued);
    put_count(json, "shed", count.shed);
    put_count(json, "conflated", count.conflated);
    put_count(json, "lost", count.lost);
    put_count(json, "cancelled", count.cancelled);
    put_count(json, "undeliverable", count.undeliverable);
    json_object_set_new(json, "residual", json_integer(entrain_message_count_residual(&count)));
    return json;
}

static json_t *memory_json(const entrain_engine *engine) {
    entrain_engine_memory memory;
    entrain_engine_measure(engine, &memory);
    json_t *json = json_object();
    put_count(json, "state", memory.state);
    put_count(json, "contexts", memory.contexts);
    put_count(json, "publications", memory.publications);
    put_count(json, "mailboxes", memory.mailboxes);
    put_count(json, "topology", memory.topology);
    put_count(json, "messages", memory.messages);
    put_count(json, "table", memory.table);
    put_count(json, "total", memory.total);
    return json;
}

// Of this process since it began, in pages of memory that really were there; 0 where nobody says.
static uint64_t resident_bytes_max(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

static json_t *workers_json(const entrain_scheduler *scheduler) {
    json_t *list = json_array();
    for (uint32_t worker = 0; worker < entrain_scheduler_worker_count(scheduler); worker++) {
        entrain_worker_stats stats;
        entrain_scheduler_worker(scheduler, worker, &stats);
        json_t *json = json_object();
        if (entrain_scheduler_pinned(scheduler))
            put_count(json, "cpu", entrain_scheduler_cpu(scheduler, worker));
        put_count(json, "tasks", stats.tasks);
        put_count(json, "steals_tried", stats.steals_tried);
        put_count(json, "steals_won", stats.steals_won);
        put_count(json, "parks", stats.parks);
        put_count(json, "yields", stats.yields);
        put_count(json, "busy_ns", stats.busy_ns);
        put_count(json, "barrier_wait_ns", stats.barrier_wait_ns);
        put_count(json, "idle_ns", stats.idle_ns);
        put_count(json, "serial_ns", stats.serial_ns);
        put_count(json, "task_ns_max", stats.task_ns_max);
        json_array_append_new(list, json);
    }
    return list;
}

json_t *execution_json(const scenario *given, entrain_swarm *swarm, double wall_s) {
    entrain_engine *engine = entrain_swarm_engine(swarm);
    const entrain_scheduler *scheduler = entrain_engine_scheduler(engine);
    entrain_engine_stats stats;
    entrain_engine_stats_read(engine, &stats);
    double advance_s = (double)stats.advance_ns * 1e-9;
    const double ticks = (double)entrain_swarm_tick(swarm), updates = ticks * (double)given->swarm.size;

    json_t *json = begin(EXECUTION_FORMAT);
    put_count(json, "workers", entrain_scheduler_worker_count(scheduler));
    put_text(json, "policy", entrain_scheduler_policy(scheduler));
    // A policy that runs ahead needs one only where everybody hears everybody.
    json_object_set_new(json, "barrier",
                        json_boolean(!entrain_scheduler_runs_ahead(scheduler) ||
                                     given->swarm.topology.kind == ENTRAIN_TOPOLOGY_COMPLETE));
    json_object_set_new(json, "pinned", json_boolean(entrain_scheduler_pinned(scheduler)));
    if (entrain_scheduler_machine(scheduler) != NULL)
        put_text(json, "machine", entrain_scheduler_machine(scheduler));
    put_text(json, "execution", entrain_execution_name(execution_of(given)));
    if (execution_of(given) == ENTRAIN_EXECUTION_LOCKSTEP)
        put_text(json, "transport", entrain_transport_name(given->swarm.engine.transport));
    put_text(json, "simd", entrain_simd_name(entrain_engine_simd(engine)));
    put_text(json, "layout", entrain_layout_name(entrain_engine_layout(engine)));
    put_text(json, "layout_asked", entrain_layout_name(given->swarm.engine.layout));
    put_count(json, "mailbox_capacity_max", entrain_engine_mailbox_capacity_max(engine));
    if (given->swarm.engine.overflow_named)
        put_text(json, "overflow", entrain_overflow_name(given->swarm.engine.overflow));
    json_object_set_new(json, "messages", messages_json(engine));
    json_object_set_new(json, "memory_bytes", memory_json(engine));
    put_count(json, "resident_bytes_max", resident_bytes_max());
    json_object_set_new(json, "wall_s", json_number(wall_s));
    json_object_set_new(json, "advance_s", json_number(advance_s));
    json_object_set_new(json, "ticks_per_s", json_number(advance_s > 0 ? ticks / advance_s : 0));
    json_object_set_new(json, "ns_per_actor_tick",
                        json_number(updates > 0 ? (double)stats.advance_ns / updates : 0));
    json_object_set_new(json, "worker_stats", workers_json(scheduler));
    return json;
}

uint32_t count_together(entrain_population *population, double mean_phase) {
    static const double pi = 3.14159265358979323846;
    uint32_t together = 0;
    for (uint32_t i = 0; i < entrain_population_count(population); i++) {
        if (entrain_population_id(population, i) == ENTRAIN_ID_NONE)
            continue; // an event stopped it
        double phase = *(const double *)entrain_population_at(population, i, ENTRAIN_KURAMOTO_PHASE);
        double apart = fabs(phase - mean_phase);
        if (apart > pi)
            apart = 2 * pi - apart;
        together += apart <= pi / 4;
    }
    return together;
}

entrain_status summary_print_json(FILE *to, const json_t *summary, const json_t *execution,
                                  const char *directory, entrain_error *error_out) {
    json_t *both = json_copy((json_t *)summary); // shallow; the cast only because jansson counts references
    if (execution != NULL)
        json_object_set(both, "execution", (json_t *)execution);
    json_object_set_new(both, "directory", directory != NULL ? json_string(directory) : json_null());
    int failed = json_dumpf(both, to, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    json_decref(both);
    if (failed != 0 || fputc('\n', to) == EOF)
        return entrain_error_set(error_out, ENTRAIN_IO, "The summary could not be written to stdout.");
    return ENTRAIN_OK;
}
