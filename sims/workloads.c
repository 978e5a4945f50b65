// Which reference workloads, and at what size: --filter big,flood --set big.actors=100 --seed 7.
#include "sims/workloads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sims/words.h"

enum { NAME_BYTES = 80 };

entrain_status workload_find(const char *where, const char *name, const entrain_reference **reference_out,
                             entrain_error *error_out) {
    const entrain_reference *reference = entrain_reference_find(name);
    const char *names[WORKLOADS_MAX + 1] = {NULL};
    if (reference != NULL) {
        *reference_out = reference;
        return ENTRAIN_OK;
    }
    for (uint32_t i = 0; i < WORKLOADS_MAX && entrain_reference_at(i) != NULL; i++)
        names[i] = entrain_reference_at(i)->name;
    const char *nearest = entrain_nearest_word(name, names);
    return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "%s: there is no workload \"%s\"%s%s%s", where,
                             words_text(name).text, nearest != NULL ? "; did you mean " : "",
                             nearest != NULL ? nearest : "",
                             nearest != NULL ? "?" : "; `entrain list workloads` names those there are.");
}

static workload *row_of(workloads *chosen, const entrain_reference *reference) {
    for (uint32_t i = 0; i < chosen->count; i++)
        if (chosen->rows[i].reference == reference)
            return &chosen->rows[i];
    return NULL;
}

static void add_row(workloads *chosen, const entrain_reference *reference, bool normal) {
    workload *row = &chosen->rows[chosen->count++];
    *row = (workload){.reference = reference};
    for (uint32_t p = 0; p < reference->parameter_count; p++)
        row->parameters[p] = normal ? reference->normal[p] : reference->parameters[p].value;
}

static entrain_status choose_names(const cli_options *cli, const char *names, bool normal, const char *also,
                                   bool *also_out, workloads *chosen, entrain_error *error_out) {
    const char *where = names == cli->filter ? "--filter" : cli->command->name;
    for (const char *at = names; at != NULL;) {
        char name[NAME_BYTES];
        size_t size = strcspn(at, ",");
        const entrain_reference *reference = NULL;
        snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), at);
        at = at[size] == ',' ? at + size + 1 : NULL;
        if (also != NULL && strcmp(name, also) == 0) {
            *also_out = true;
            continue;
        }
        entrain_status status = workload_find(where, name, &reference, error_out);
        if (status != ENTRAIN_OK)
            return status;
        if (row_of(chosen, reference) != NULL)
            return entrain_error_set(error_out, ENTRAIN_INVALID, "%s names %s twice; leave one out.", where,
                                     name);
        add_row(chosen, reference, normal);
    }
    return ENTRAIN_OK;
}

static entrain_status set_seed(workloads *chosen, const char *value, entrain_error *error_out) {
    char *end;
    errno = 0;
    chosen->seed = strtoull(value, &end, 10);
    chosen->seeded = true;
    if (errno != 0 || *end != '\0' || end == value)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "--seed takes 0 to 2^64 - 1, not \"%s\".",
                                 value);
    return ENTRAIN_OK;
}

static entrain_status set_parameter(workloads *chosen, const char *set, entrain_error *error_out) {
    const char *dot = strchr(set, '.'), *equals = strchr(set, '=');
    const entrain_reference *reference = NULL;
    char name[NAME_BYTES], *end;
    if (strncmp(set, "seed=", 5) == 0)
        return set_seed(chosen, set + 5, error_out);
    if (dot == NULL || equals == NULL || dot > equals)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "--set takes WORKLOAD.PARAMETER=VALUE here, such as big.actors=100, not "
                                 "\"%s\".",
                                 words_text(set).text);
    snprintf(name, sizeof name, "%.*s", (int)(dot - set < 70 ? dot - set : 70), set);
    entrain_status status = workload_find("--set", name, &reference, error_out);
    if (status != ENTRAIN_OK)
        return status;
    workload *row = row_of(chosen, reference);
    if (row == NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "--set %s would change nothing: %s is not run.",
                                 words_text(set).text, name);
    const char *names[ENTRAIN_PARAMETERS_MAX + 1] = {NULL};
    for (uint32_t p = 0; p < reference->parameter_count; p++) {
        const entrain_parameter *parameter = &reference->parameters[p];
        names[p] = parameter->name;
        if (strlen(parameter->name) != (size_t)(equals - dot - 1) ||
            strncmp(parameter->name, dot + 1, (size_t)(equals - dot - 1)) != 0)
            continue;
        row->parameters[p] = strtod(equals + 1, &end);
        row->sized = true;
        if (end == equals + 1 || *end != '\0' ||
            !(row->parameters[p] >= parameter->least && row->parameters[p] <= parameter->most))
            return entrain_error_set(error_out, ENTRAIN_INVALID, "--set %s: %s is a number from %g to %g.",
                                     words_text(set).text, parameter->name, parameter->least,
                                     parameter->most);
        return ENTRAIN_OK;
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - dot - 1 < 70 ? equals - dot - 1 : 70), dot + 1);
    const char *nearest = entrain_nearest_word(name, names);
    return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "--set: workload %s has no parameter \"%s\"%s%s%s",
                             reference->name, name, nearest != NULL ? "; did you mean " : "",
                             nearest != NULL ? nearest : "",
                             nearest != NULL ? "?" : "; `entrain list workloads` names those it has.");
}

entrain_status workloads_choose(const cli_options *cli, const char *names, bool normal, const char *also,
                                bool *also_out, workloads *chosen_out, entrain_error *error_out) {
    bool wanted = names == NULL;
    entrain_status status = ENTRAIN_OK;
    *chosen_out = (workloads){.seed = 1};
    if (names != NULL)
        status = choose_names(cli, names, normal, also, &wanted, chosen_out, error_out);
    else
        for (uint32_t i = 0; i < WORKLOADS_MAX && entrain_reference_at(i) != NULL; i++)
            add_row(chosen_out, entrain_reference_at(i), normal);
    for (uint32_t s = 0; s < cli->set_count && status == ENTRAIN_OK; s++)
        status = set_parameter(chosen_out, cli->sets[s], error_out);
    if (also_out != NULL)
        *also_out = wanted;
    return status;
}
