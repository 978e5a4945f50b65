/// @file sweep_fake.h  Plans made by hand of one axis, and expressions "name" and "name > number".
#ifndef ENTRAIN_TESTS_SWEEP_FAKE_H
#define ENTRAIN_TESTS_SWEEP_FAKE_H

static sweep_plan *plan_of(const char *text, sweep_kind kind, const char *key, const char *values) {
    sweep_plan *plan = calloc(1, sizeof *plan);
    json_t *list = json_loads(values, JSON_DECODE_ANY, NULL);
    const uint32_t count = (uint32_t)json_array_size(list);
    plan->name = strdup("x");
    plan->path = strdup("x.lua");
    plan->text = strdup(text);
    plan->axes[0] = (sweep_axis){.key = key, .values = list};
    plan->axis_count = 1;
    plan->replicas = 1;
    plan->runs = calloc(count, sizeof *plan->runs);
    plan->units = calloc(count, sizeof *plan->units);
    plan->run_count = count;
    plan->unit_count = kind == SWEEP_LADDER ? 1 : count;
    if (kind == SWEEP_LADDER)
        plan->climbed = key;
    for (uint32_t r = 0; r < count; r++) {
        plan->runs[r] = (sweep_run){.index = r, .point = r, .replica = 1, .seed = 1, .chosen = true};
        plan->runs[r].unit = kind == SWEEP_LADDER ? 0 : r;
        plan->runs[r].values = json_object();
        json_object_set(plan->runs[r].values, key, json_array_get(list, r));
    }
    for (uint32_t u = 0; u < plan->unit_count; u++)
        plan->units[u] = (sweep_unit){
            .kind = kind, .first_run = u, .run_count = kind == SWEEP_LADDER ? count : 1, .chosen = true};
    return plan;
}

static void plan_free(sweep_plan *plan) {
    for (uint32_t r = 0; r < plan->run_count; r++)
        json_decref(plan->runs[r].values);
    json_decref((json_t *)plan->axes[0].values);
    free(plan->runs);
    free(plan->units);
    free(plan->name);
    free(plan->path);
    free(plan->text);
    free(plan);
}

entrain_status sweep_plan_scenario(const sweep_plan *plan, uint32_t run, const json_t *value,
                                   uint32_t workers, scenario *scenario_out, entrain_error *error_out) {
    char sets[3][200];
    const char *const at[] = {sets[0], sets[1], sets[2]};
    const char *key = plan->axes[0].key;
    snprintf(sets[0], sizeof sets[0], "%s=%.17g", key,
             json_number_value(json_object_get(plan->runs[run].values, key)));
    snprintf(sets[1], sizeof sets[1], "exec.workers=%u", workers);
    if (value != NULL)
        snprintf(sets[2], sizeof sets[2], "%s=%.17g", plan->find.key, json_number_value(value));
    const scenario_source source = {.path = plan->path, .sets = at, .set_count = value != NULL ? 3 : 2};
    return scenario_load_words(&source, plan->text, scenario_out, error_out);
}

struct expression {
    char name[40];
    double above;
    bool compares, inverts;
};

entrain_status expression_make(const char *text, const char *where, const char *const *names,
                               expression **expression_out, entrain_error *error_out) {
    (void)where;
    (void)error_out;
    expression *made = calloc(1, sizeof *made);
    made->inverts = strncmp(text, "not ", 4) == 0;
    text += made->inverts ? 4 : 0;
    made->compares = sscanf(text, "%39s > %lf", made->name, &made->above) == 2;
    while (*names != NULL && strcmp(*names, made->name) != 0)
        names++;
    assert_non_null(*names);
    *expression_out = made;
    return ENTRAIN_OK;
}

void expression_free(expression *made) { free(made); }

entrain_status expression_true(expression *made, const json_t *values, bool *true_out,
                               entrain_error *error_out) {
    const json_t *value = json_object_get(values, made->name);
    if (made->compares && !json_is_number(value))
        return entrain_error_set(error_out, ENTRAIN_INVALID, "%s is nil.", made->name);
    *true_out =
        made->compares ? json_number_value(value) > made->above : json_is_true(value) != made->inverts;
    return ENTRAIN_OK;
}

#endif
