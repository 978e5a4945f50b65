// Topologies of the user's own: who is known, and calling one. What a generator does wrong is refused with
// its name, never an assertion: it is the user's code, and often a plug-in's.
#include "engine/topology.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/registry.h"

static entrain__registry registry = {.what = "topology", .built_in = ENTRAIN_TOPOLOGY_KIND_COUNT};

const entrain_topology_generator *entrain_topology_generator_at(uint32_t index) {
    return entrain__registry_at(&registry, index);
}

const entrain_topology_generator *entrain_topology_generator_find(const char *name) {
    return entrain__registry_find(&registry, name);
}

static const char *missing_function(const entrain_topology_generator *generator) {
    return generator->generate == NULL ? "generate" : NULL;
}

entrain_status entrain__generator_check(const entrain_topology_generator *generator,
                                        entrain_error *error_out) {
    const char *name = generator->name != NULL ? generator->name : "?";
    if (missing_function(generator) != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "topology \"%s\" has no %s function; fill it in",
                                 name, missing_function(generator));
    return entrain__parameters_check("topology", name, generator->parameters, generator->parameter_count,
                                     error_out);
}

entrain_status entrain_topology_register(const entrain_topology_generator *generator,
                                         entrain_error *error_out) {
    const char *name = generator->name;
    entrain__candidate candidate = {.row = generator,
                                    .name = name,
                                    .summary = generator->summary,
                                    .missing = missing_function(generator),
                                    .built_in = name != NULL && entrain_topology_kind_find(name) !=
                                                                    ENTRAIN_TOPOLOGY_KIND_COUNT};
    entrain_status status = candidate.missing == NULL ? entrain__generator_check(generator, error_out)
                                                      : ENTRAIN_OK; // the registry's sentence is the same
    return status != ENTRAIN_OK ? status : entrain__registry_add(&registry, &candidate, error_out);
}

struct entrain_topology_edges {
    entrain__edges *list;
    bool weighted;
    uint64_t added;        // also where the list is full
    entrain_status status; // of the first edge that could not be taken
    entrain_error *error_out;
};

entrain_status entrain_topology_edge(entrain_topology_edges *edges, uint32_t from, uint32_t to,
                                     double weight) {
    if (edges->status != ENTRAIN_OK)
        return edges->status;
    entrain_edge edge = {from, to, weight};
    edges->status = entrain__edge_check(edges->list->vertex_count, edges->added++, edge, edges->weighted,
                                        edges->error_out);
    if (edges->status == ENTRAIN_OK)
        edges->status = entrain__edges_append(edges->list, from, to, weight, edges->error_out);
    return edges->status;
}

entrain_status entrain__generate_own(const entrain_topology_config *config, entrain__edges *edges,
                                     entrain_error *error_out) {
    const entrain_topology_generator *generator = config->generator;
    double parameters[ENTRAIN_PARAMETERS_MAX] = {0};
    entrain_status status =
        entrain__parameters_fill("topology", generator->name, generator->parameters,
                                 generator->parameter_count, config->parameters, parameters, error_out);
    if (status == ENTRAIN_OK)
        status = entrain__edges_reserve(edges, 1024, generator->weighted, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain_error refusal = {0}, bad_edge = {0};
    entrain_topology_edges list = {.list = edges, .weighted = generator->weighted, .error_out = &bad_edge};
    entrain_topology_request request = {.size = config->size,
                                        .degree = config->degree,
                                        .seed = config->seed,
                                        .directed = config->directed,
                                        .parameters = parameters};
    status = generator->generate(&request, &list, &refusal);
    if (list.status != ENTRAIN_OK) // what it answers afterwards is a consequence
        return entrain_error_set(error_out, list.status, "%s", bad_edge.sentence);
    if (status == ENTRAIN_OK)
        return ENTRAIN_OK;
    if ((unsigned)status >= ENTRAIN_STATUS_COUNT)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "it answered %d, which is no status",
                                 (int)status);
    return entrain_error_set(error_out, status, "%s",
                             refusal.sentence[0] != '\0' ? refusal.sentence : entrain_status_text(status));
}

entrain_status entrain__generator_blame(const entrain_topology_generator *generator, entrain_status status,
                                        entrain_error *error_out) {
    static const char general[] = "topology: ";
    if (error_out == NULL)
        return status;
    char opening[96], sentence[sizeof error_out->sentence];
    snprintf(opening, sizeof opening, "topology \"%.64s\"", generator->name);
    if (strncmp(error_out->sentence, opening, strlen(opening)) == 0)
        return status;
    bool repeats = strncmp(error_out->sentence, general, sizeof general - 1) == 0;
    snprintf(sentence, sizeof sentence, "%s", error_out->sentence + (repeats ? sizeof general - 1 : 0));
    return entrain_error_set(error_out, status, "%s: %s", opening, sentence);
}
