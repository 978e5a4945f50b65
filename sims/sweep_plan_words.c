// What a plan is, in words: as JSON, as a number, as commands, as a list of runs.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/say.h"
#include "sims/schema.h"
#include "sims/sweep_plan_owned.h"
#include "sims/sweep_values.h"

json_t *sweep_plan_json(const sweep_plan *plan) {
    const plan_owned *owned = owned_of(plan);
    json_t *json = json_object(), *axes = json_array(), *zip = json_array();
    for (uint32_t i = 0; i < plan->axis_count; i++) {
        json_object_set(json, plan->axes[i].key, (json_t *)plan->axes[i].values);
        json_array_append_new(axes, json_string(plan->axes[i].key));
    }
    for (uint32_t g = 0; g < owned->group_count; g++) {
        json_t *group = json_array();
        for (uint32_t i = 0; i < plan->axis_count; i++)
            if (plan->axes[i].group == g)
                json_array_append_new(group, json_string(plan->axes[i].key));
        if (json_array_size(group) > 1)
            json_array_append(zip, group);
        json_decref(group);
    }
    if (json_array_size(axes) > 0)
        json_object_set(json, "axes", axes);
    if (json_array_size(zip) > 0)
        json_object_set(json, "zip", zip);
    json_decref(axes);
    json_decref(zip);
    if (owned->given.filter != NULL)
        json_object_set_new(json, "where", json_string(owned->given.filter));
    json_object_set_new(json, "replicas", json_integer(plan->replicas));
    json_object_set_new(json, "seeds", json_string(plan->own_seeds ? "own" : "common"));
    json_object_set_new(json, "order", json_string(plan->order));
    if (plan->find.key != NULL)
        json_object_set_new(json, "find",
                            json_pack("{s:s, s:s, s:[f,f], s:f, s:b}", "key", plan->find.key, "where",
                                      plan->find.where, "between", plan->find.low, plan->find.high,
                                      "tolerance", plan->find.tolerance, "log", plan->find.logarithmic));
    return json;
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size) { // FNV-1a
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_json(uint64_t hash, const json_t *json) {
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(17) | JSON_ENCODE_ANY);
    if (text != NULL)
        hash = hash_bytes(hash, text, strlen(text));
    free(text);
    return hash;
}

// Files that the scenario names are part of it.
static uint64_t hash_files(uint64_t hash, const sweep_plan *plan) {
    for (schema_key_id id = KEY_NONE + 1; id < KEY_COUNT; id++) {
        const char *path = schema_keys[id].type == SCHEMA_FILE
                               ? json_string_value(sweep_value_at(plan->base, schema_keys[id].name))
                               : NULL;
        FILE *file = path != NULL ? fopen(path, "re") : NULL;
        char block[4096];
        size_t size;
        while (file != NULL && (size = fread(block, 1, sizeof block, file)) > 0)
            hash = hash_bytes(hash, block, size);
        if (file != NULL)
            fclose(file);
    }
    return hash;
}

uint64_t sweep_plan_hash(const sweep_plan *plan) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    hash = hash_bytes(hash, plan->text, strlen(plan->text));
    hash = hash_json(hash, plan->base);
    hash = hash_json(hash, plan->json);
    return hash_files(hash, plan);
}

void sweep_tell_values(const sweep_plan *plan, const json_t *values, char *text_out, size_t size) {
    size_t used = 0;
    text_out[0] = '\0';
    for (uint32_t i = 0; i < plan->axis_count && used + 1 < size; i++) {
        char *set = sweep_values_set(plan->axes[i].key, json_object_get(values, plan->axes[i].key));
        char *equals = set != NULL ? strchr(set, '=') : NULL;
        if (equals != NULL) {
            *equals = '\0';
            const int more = snprintf(text_out + used, size - used, "%s%s = %s", used > 0 ? ", " : "", set,
                                      words_text(equals + 1).text);
            used += more > 0 ? (size_t)more : 0;
        }
        free(set);
    }
}

static void put_word(FILE *to, const char *option, const char *word) {
    char *quoted = sweep_quote(word);
    fprintf(to, " %s%s%s", option, *option != '\0' ? " " : "", quoted != NULL ? quoted : word);
    free(quoted);
}

static void put_rest(const sweep_plan *plan, FILE *to) {
    for (uint32_t i = 0; i < plan->source.disruption_count; i++)
        put_word(to, "--disrupt", plan->source.disruptions[i]);
}

char *sweep_plan_command(const sweep_plan *plan, uint32_t run) {
    const plan_owned *owned = owned_of(plan);
    const sweep_run *one = &plan->runs[run];
    char *command = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&command, &size);
    if (to == NULL)
        return NULL;
    const bool single = plan->units[one->unit].kind == SWEEP_SINGLE,
               file = strcmp(plan->path, SCENARIO_NO_FILE) != 0;
    fputs(single ? "entrain run" : "entrain sweep", to);
    if (file)
        put_word(to, "", plan->path);
    if (single) {
        for (uint32_t i = 0; i < plan->source.set_count; i++)
            if (strncmp(plan->source.sets[i], "goal=", 5) == 0 && !file)
                put_word(to, "--goal", plan->source.sets[i] + 5);
            else if (strncmp(plan->source.sets[i], "scale=", 6) == 0 && !file)
                put_word(to, "--scale", plan->source.sets[i] + 6);
            else if (strncmp(plan->source.sets[i], "seed=", 5) != 0)
                put_word(to, "--set", plan->source.sets[i]);
        for (uint32_t i = 0; i < plan->axis_count; i++) {
            char *set = sweep_values_set(plan->axes[i].key, json_object_get(one->values, plan->axes[i].key));
            put_word(to, "--set", set != NULL ? set : plan->axes[i].key);
            free(set);
        }
        fprintf(to, " --seed %llu", (unsigned long long)one->seed);
        put_rest(plan, to);
    } else {
        for (uint32_t i = 0; i < owned->typed_count; i++)
            put_word(to, "--set", owned->typed[i]);
        if (owned->typed_replicas > 0)
            fprintf(to, " --replicas %u", owned->typed_replicas);
        if (owned->typed_order != NULL)
            put_word(to, "--order", owned->typed_order);
        if (owned->typed_find != NULL)
            put_word(to, "--find", owned->typed_find);
        put_rest(plan, to);
        fprintf(to, " --only 'run == %u'", one->index);
    }
    if (fclose(to) == 0)
        return command;
    free(command);
    return NULL;
}

static void print_run(const sweep_plan *plan, const sweep_run *run, FILE *to) {
    char values[400];
    sweep_tell_values(plan, run->values, values, sizeof values);
    fprintf(to, "run %u  point %u  replica %u  seed %llu%s%s%s%s\n", run->index, run->point, run->replica,
            (unsigned long long)run->seed, values[0] != '\0' ? "  " : "", values,
            run->direction != NULL ? "  " : "", run->direction != NULL ? run->direction : "");
}

void sweep_plan_print(const sweep_plan *plan, FILE *to) {
    const plan_owned *owned = owned_of(plan);
    double seconds = 0, bytes = 0;
    uint32_t units = 0;
    for (uint32_t i = 0; i < plan->run_count; i++)
        if (plan->runs[i].chosen)
            print_run(plan, &plan->runs[i], to);
    for (uint32_t u = 0; u < plan->unit_count; u++) {
        if (!plan->units[u].chosen)
            continue;
        units++;
        seconds += plan->units[u].cost;
        bytes = fmax(bytes, (double)plan->units[u].bytes);
    }
    fprintf(to, "\n%s of %s, %s", text_counted(plan->run_count - owned->left_out, "run").text,
            text_counted(plan->point_count, "point").text, text_counted(plan->replicas, "replica").text);
    if (owned->left_out > 0)
        fprintf(to, "; --only leaves out %s", text_count(owned->left_out).text);
    fprintf(to, "\n");
    if (plan->climbed != NULL)
        fprintf(to, "%s along %s (%s), each within one swarm\n", text_counted(units, "ladder").text,
                plan->climbed, plan->order);
    if (plan->find.key != NULL)
        fprintf(to, "each searches the %s between %s and %s at which \"%s\" changes, to %s\n", plan->find.key,
                words_number(plan->find.low).text, words_number(plan->find.high).text, plan->find.where,
                words_number(plan->find.tolerance).text);
    fprintf(to, "about %s of one worker's time, up to %s a run: estimates\n", text_duration(seconds).text,
            text_bytes(bytes).text);
    if (owned->loaded < plan->point_count)
        fprintf(to, "%s were looked at, among them every value of every key\n",
                text_counted(owned->loaded, "point").text);
}
