// Plans of sweeps: expansion beside brute force, numbers, seeds, order, ladders, searches; what is
// refused, and with which sentence; a million runs.
#include "check.h"

#include <math.h>
#include <time.h>
#include <unistd.h>

#include "sims/sweep_plan.h"
#include "sims/sweep_values.h"

static char folder[] = "/tmp/entrain-plan.XXXXXX";

static char *path_of(const char *name) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        abort();
    return path;
}

// A scenario with the words @p sweep for its sweep; the path is static.
static const char *scenario_file(const char *sweep) {
    static char path[64];
    snprintf(path, sizeof path, "%s/s.lua", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "return { swarm = { size = 50, topology = { kind = 'complete' } }, time = { step = 0.1, duration "
            "= 2 },\n"
            "  model = { coupling = 2 }, seed = 7%s%s%s }\n",
            sweep != NULL ? ", sweep = {" : "", sweep != NULL ? sweep : "", sweep != NULL ? "}" : "");
    fclose(file);
    return path;
}

typedef struct typed {
    const char *sets[6];
    sweep_words words;
} typed;

static entrain_status make_with(const char *sweep, const typed *line, sweep_plan **plan_out,
                                entrain_error *error) {
    uint32_t count = 0;
    while (count < 6 && line->sets[count] != NULL)
        count++;
    const scenario_source source = {.path = scenario_file(sweep), .sets = line->sets, .set_count = count};
    return sweep_plan_make(&source, &line->words, plan_out, error);
}

static sweep_plan *make(const char *sweep, const typed *line) {
    sweep_plan *plan = NULL;
    entrain_error error = {0};
    const typed none = {0};
    CHECK_OK(make_with(sweep, line != NULL ? line : &none, &plan, &error), error);
    return plan;
}

static void refuse(const char *sweep, const typed *line, const char *words) {
    sweep_plan *plan = NULL;
    entrain_error error = {0};
    const typed none = {0};
    entrain_status status = make_with(sweep, line != NULL ? line : &none, &plan, &error);
    if (status == ENTRAIN_OK || strstr(error.sentence, words) == NULL)
        fail_msg("%s: answered %s: \"%s\" does not say \"%s\"", sweep != NULL ? sweep : "(typed)",
                 entrain_status_name(status), error.sentence, words);
    const size_t size = strlen(error.sentence);
    if (strchr(".?", error.sentence[size - 1]) == NULL || strstr(error.sentence, ". (") != NULL)
        fail_msg("\"%s\" is no sentence", error.sentence);
    assert_null(plan);
}

static double value(const sweep_plan *plan, uint32_t run, const char *key) {
    const json_t *found = json_object_get(plan->runs[run].values, key);
    assert_true(json_is_number(found));
    return json_number_value(found);
}

static void check_sound(const sweep_plan *plan) {
    uint32_t next = 0;
    bool *begun = calloc(plan->unit_count, sizeof *begun);
    for (uint32_t u = 0; u < plan->unit_count; u++) {
        assert_int_equal(plan->units[u].first_run, next);
        assert_true(plan->units[u].run_count >= 1 && plan->units[u].cost > 0 && plan->units[u].bytes > 0);
        for (uint32_t i = 0; i < plan->units[u].run_count; i++) {
            assert_int_equal(plan->runs[next + i].index, next + i);
            assert_int_equal(plan->runs[next + i].unit, u);
        }
        next += plan->units[u].run_count;
    }
    assert_int_equal(next, plan->run_count);
    for (uint32_t t = 0; t < plan->unit_count; t++) {
        assert_false(begun[plan->turns[t]]);
        begun[plan->turns[t]] = true;
    }
    free(begun);
}

static void expands_as_by_hand(void **state) {
    (void)state;
    const double sizes[] = {20, 30, 50}, couplings[] = {0, 0.5, 1, 1.5, 2}, steps[] = {0.1, 0.05, 0.2};
    sweep_plan *plan =
        make("['swarm.size'] = { 20, 30, 50 }, ['time.step'] = { 0.1, 0.05, 0.2 }, "
             "['model.coupling'] = range(0, 2, 0.5), zip = { { 'swarm.size', 'time.step' } }, "
             "axes = { 'swarm.size', 'model.coupling' }, where = 'size * coupling <= 60', replicas = 3",
             NULL);
    uint32_t point = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 5; k++) {
            if (!(sizes[i] * couplings[k] <= 60))
                continue;
            for (uint32_t r = 0; r < 3; r++) {
                const uint32_t run = point * 3 + r;
                assert_true(run < plan->run_count);
                assert_int_equal(plan->runs[run].point, point);
                assert_int_equal(plan->runs[run].replica, r + 1);
                assert_int_equal(plan->runs[run].seed, 7 + r);
                assert_true(value(plan, run, "swarm.size") == sizes[i]);
                assert_true(value(plan, run, "time.step") == steps[i]);
                assert_true(value(plan, run, "model.coupling") == couplings[k]);
                assert_true(plan->runs[run].chosen);
                // What is loaded is what is said.
                scenario loaded = {0};
                entrain_error error = {0};
                CHECK_OK(sweep_plan_scenario(plan, run, NULL, 1, &loaded, &error), error);
                assert_int_equal(loaded.swarm.size, (uint32_t)sizes[i]);
                assert_true(loaded.swarm.model.coupling == couplings[k]);
                assert_true(loaded.swarm.engine.step_s == steps[i]);
                assert_int_equal(loaded.swarm.seed, 7 + r);
                assert_int_equal(loaded.swarm.engine.scheduler.worker_count, 1);
                scenario_free(&loaded);
            }
            point++;
        }
    assert_int_equal(plan->point_count, point);
    assert_int_equal(plan->run_count, 3 * point);
    assert_int_equal(plan->unit_count, 3 * point);
    check_sound(plan);
    // Balanced: every point once before any a second time; of one wave the dearest first.
    for (uint32_t t = 1; t < plan->unit_count; t++) {
        const uint32_t a = plan->turns[t - 1], b = plan->turns[t];
        assert_true(plan->runs[a].replica <= plan->runs[b].replica);
        assert_true(plan->runs[a].replica < plan->runs[b].replica ||
                    plan->units[a].cost >= plan->units[b].cost);
    }
    sweep_plan_free(plan);
}

static void command_line_replaces(void **state) {
    (void)state;
    const char *const table = "['swarm.size'] = { 20, 30 }, ['model.coupling'] = { 1, 2, 3 }, "
                              "where = 'size * coupling < 90', replicas = 2, seeds = 'own'";
    sweep_plan *plan = make(table, &(typed){.sets = {"model.coupling=0:1:0.25", "model.noise=0.1"}});
    assert_int_equal(plan->point_count, 10);
    assert_int_equal(plan->runs[19].seed, 7 + 19);
    sweep_plan_free(plan);
    // One value takes it out; the condition still knows it, with the value it has.
    plan = make(table, &(typed){.sets = {"model.coupling=4"}, .words = {.replicas = 1}});
    assert_int_equal(plan->axis_count, 1);
    assert_int_equal(plan->run_count, 1); // 20 x 4 < 90, 30 x 4 is not
    assert_true(value(plan, 0, "swarm.size") == 20);
    sweep_plan_free(plan);
    // Further keys vary fastest, in the order typed; the last of several counts; words and texts.
    plan = make("['swarm.size'] = { 20, 30 }",
                &(typed){.sets = {"swarm.topology.kind=ring,star", "model.coupling=1,2",
                                  "model.coupling=5,6,7", "title=[\"a,b\",\"c\"]", "seed=100"}});
    assert_int_equal(plan->run_count, 24);
    assert_true(value(plan, 23, "model.coupling") == 7);
    assert_string_equal(json_string_value(json_object_get(plan->runs[12].values, "swarm.topology.kind")),
                        "ring");
    assert_string_equal(json_string_value(json_object_get(plan->runs[0].values, "title")), "a,b");
    assert_int_equal(plan->seed, 100);
    char *command = sweep_plan_command(plan, 12);
    assert_non_null(strstr(command, "entrain run "));
    assert_non_null(strstr(command,
                           " --set swarm.size=30 --set swarm.topology.kind=ring --set model.coupling=5 "
                           "--set title=a,b --seed 100"));
    free(command);
    sweep_plan_free(plan);
    // Seeds alone.
    plan = make(NULL, &(typed){.words = {.replicas = 4}});
    assert_int_equal(plan->run_count, 4);
    assert_int_equal(plan->runs[3].seed, 10);
    sweep_plan_free(plan);
}

static void check_values(const char *set, const char *wanted) {
    json_t *values = NULL;
    entrain_error error = {0};
    CHECK_OK(sweep_values_read(set, &values, &error), error);
    char *text = values != NULL ? json_dumps(values, JSON_COMPACT | JSON_REAL_PRECISION(15)) : strdup("one");
    assert_string_equal(text, wanted);
    free(text);
    json_decref(values);
}

static void lists_and_ranges(void **state) {
    (void)state;
    check_values("swarm.size=100", "one");
    check_values("swarm.size=1e3,2000", "[1000,2000]");
    check_values("swarm.size=100:1e6:x10", "[100,1000,10000,100000,1000000]");
    check_values("swarm.size=100:1e4:log5", "[100,316,1000,3162,10000]");
    check_values("swarm.size=2:4:log9", "[2,3,4]");
    check_values("swarm.size=10:12", "[10,11,12]");
    check_values("swarm.size=5,10:30:10,99", "[5,10,20,30,99]");
    check_values("model.coupling=0:1:0.25", "[0.0,0.25,0.5,0.75,1.0]");
    check_values("model.coupling=0:0.3:0.1", "[0.0,0.1,0.2,0.3]");
    check_values("model.coupling=2:-2:-2", "[2.0,0.0,-2.0]");
    check_values("model.coupling=1:100:x10", "[1.0,10.0,100.0]");
    check_values("model.coupling=-1,1", "[-1.0,1.0]");
    check_values("model.coupling=[1,2]", "[1.0,2.0]");
    check_values("model.frequency=1,2", "[1,2]");
    check_values("model.frequency=[1,2]", "one"); // a value for each oscillator
    check_values("model.groups.sizes=[60,40]", "one");
    check_values("model.groups.sizes=[[60,40],[50,50]]", "[[60,40],[50,50]]");
    check_values("model.groups.coupling=[[1,2],[3,4]]", "one");
    check_values("model.groups.coupling=[[[1,2],[3,4]],[[0,0],[0,0]]]", "[[[1,2],[3,4]],[[0,0],[0,0]]]");
    check_values("title=a,b: c", "one");
    check_values("events=nil", "one");
    check_values("swarm.topology.directed=true,false", "[true,false]");
}

// 7 x 0.2 is 1.4000000000000001; what was written by hand stays.
static void ranges_of_scripts(void **state) {
    (void)state;
    sweep_plan *plan = make("['model.coupling'] = range(0, 2, 0.2)", NULL);
    assert_true(value(plan, 7, "model.coupling") == 1.4);
    sweep_plan_free(plan);
    plan = make("['model.coupling'] = { 1.4000000000000001, 3, 17 }", NULL);
    assert_true(value(plan, 0, "model.coupling") == 1.4000000000000001);
    sweep_plan_free(plan);
}

static void ladders(void **state) {
    (void)state;
    sweep_plan *plan =
        make("['model.coupling'] = { 2, 1, 3 }, ['swarm.size'] = { 20, 30 }, order = 'up,down', "
             "replicas = 2, where = 'size < 30 or coupling < 3'",
             NULL);
    const double up[] = {1, 2, 3, 3, 2, 1}, shorter[] = {1, 2, 2, 1};
    assert_string_equal(plan->climbed, "model.coupling");
    assert_int_equal(plan->unit_count, 4);
    assert_int_equal(plan->point_count, 5);
    assert_int_equal(plan->run_count, 2 * 6 + 2 * 4);
    check_sound(plan);
    for (uint32_t i = 0; i < 6; i++) {
        const sweep_run *run = &plan->runs[6 + i]; // the second replica's
        assert_true(value(plan, 6 + i, "model.coupling") == up[i]);
        assert_string_equal(run->direction, i < 3 ? "up" : "down");
        assert_int_equal(run->replica, 2);
        assert_int_equal(run->seed, 8);
        assert_int_equal(run->point, i < 3 ? i : 5 - i);
    }
    for (uint32_t i = 0; i < 4; i++)
        assert_true(value(plan, 12 + i, "model.coupling") == shorter[i]);
    assert_int_equal(plan->units[0].kind, SWEEP_LADDER);
    scenario loaded = {0};
    entrain_error error = {0};
    CHECK_OK(sweep_plan_scenario(plan, 5, NULL, 0, &loaded, &error), error); // of its first step
    assert_true(loaded.swarm.model.coupling == 1);
    scenario_free(&loaded);
    sweep_plan_free(plan);
    // Seeds of their own: every step says what its swarm was drawn with.
    plan = make("['model.coupling'] = { 1, 2, 3 }, order = 'up', replicas = 2, seeds = 'own'", NULL);
    for (uint32_t i = 0; i < 6; i++) {
        CHECK_OK(sweep_plan_scenario(plan, i, NULL, 0, &loaded, &error), error);
        assert_int_equal(plan->runs[i].seed, i < 3 ? 7 : 10);
        assert_int_equal(loaded.swarm.seed, plan->runs[i].seed);
        scenario_free(&loaded);
    }
    sweep_plan_free(plan);
    // A whole ladder is chosen, or none of it.
    plan = make("['model.coupling'] = { 2, 1, 3 }, ['swarm.size'] = { 20, 30 }",
                &(typed){.words = {.order = "model.coupling: down", .only = "size == 30 and coupling > 2"}});
    for (uint32_t i = 0; i < 6; i++)
        assert_true(plan->runs[i].chosen == (i >= 3));
    assert_true(value(plan, 3, "model.coupling") == 3);
    char *command = sweep_plan_command(plan, 4);
    assert_non_null(strstr(command, "--order 'model.coupling: down' --only 'run == 4'"));
    free(command);
    sweep_plan_free(plan);
}

static void searches(void **state) {
    (void)state;
    sweep_plan *plan = make("['swarm.size'] = { 20, 30 }, replicas = 3, find = { 'model.coupling', "
                            "where = 'coherence > 0.5', between = { 0, 4 }, tolerance = 0.01 }",
                            NULL);
    assert_int_equal(plan->run_count, 6);
    assert_int_equal(plan->units[5].kind, SWEEP_FIND);
    assert_string_equal(plan->find.key, "model.coupling");
    assert_true(plan->find.low == 0 && plan->find.high == 4 && plan->find.tolerance == 0.01);
    json_t *middle = json_real(2.5);
    scenario loaded = {0};
    entrain_error error = {0};
    CHECK_OK(sweep_plan_scenario(plan, 4, middle, 1, &loaded, &error), error);
    assert_true(loaded.swarm.model.coupling == 2.5 && loaded.swarm.size == 30 && loaded.swarm.seed == 8);
    scenario_free(&loaded);
    json_decref(middle);
    const uint64_t hash = plan->hash;
    sweep_plan_free(plan);
    plan = make("['swarm.size'] = { 20, 30 }, ['model.coupling'] = { 1, 2 }",
                &(typed){.words = {.find = "model.coupling=0.5:4:log where coherence > 0.5 to 0.25"}});
    assert_int_equal(plan->run_count, 2);
    assert_string_equal(plan->find.where, "coherence > 0.5");
    assert_true(plan->find.low == 0.5 && plan->find.tolerance == 0.25 && plan->find.logarithmic);
    assert_true(plan->hash != hash);
    sweep_plan_free(plan);
}

static void numbers_do_not_depend_on_only(void **state) {
    (void)state;
    const char *const table = "['swarm.size'] = { 20, 30 }, ['model.coupling'] = { 1, 2, 3 }, replicas = 2";
    sweep_plan *all = make(table, NULL);
    sweep_plan *part =
        make(table, &(typed){.words = {.only = "replica == 2 and coupling >= 2 and time.step < 1"}});
    assert_int_equal(all->run_count, part->run_count);
    assert_true(all->hash == part->hash);
    uint32_t chosen = 0;
    for (uint32_t i = 0; i < all->run_count; i++) {
        assert_int_equal(all->runs[i].seed, part->runs[i].seed);
        assert_true(json_equal(all->runs[i].values, part->runs[i].values));
        assert_true(part->runs[i].chosen ==
                    (part->runs[i].replica == 2 && value(part, i, "model.coupling") >= 2));
        assert_true(part->units[part->runs[i].unit].chosen == part->runs[i].chosen);
        chosen += part->runs[i].chosen;
    }
    assert_int_equal(chosen, 4);
    sweep_plan_free(all);
    sweep_plan_free(part);
}

// What was resolved says the same again; a table does, too; what changes a run changes the hash.
static void plans_are_repeated(void **state) {
    (void)state;
    sweep_plan *plan = make("['swarm.size'] = logrange(10, 1000, 3), ['model.coupling'] = { 1, 2 }, "
                            "axes = { 'swarm.size' }, replicas = 2, where = 'size > 10'",
                            NULL);
    json_t *tree = json_deep_copy(plan->base);
    json_object_set_new(tree, "sweep", json_deep_copy(plan->json));
    sweep_plan *again = NULL;
    entrain_error error = {0};
    CHECK_OK(sweep_plan_make_tree("x.lua:12: sweep", tree, &again, &error), error);
    assert_int_equal(again->run_count, plan->run_count);
    assert_string_equal(again->name, "x");
    for (uint32_t i = 0; i < plan->run_count; i++) {
        assert_true(json_equal(again->runs[i].values, plan->runs[i].values));
        assert_int_equal(again->runs[i].seed, plan->runs[i].seed);
    }
    char *was = json_dumps(plan->json, 0), *is = json_dumps(again->json, 0);
    assert_string_equal(was, is);
    free(was);
    free(is);
    // A sweep's manifest is a scenario with its sweep.
    json_t *manifest = json_pack("{s:s, s:s, s:O, s:O}", "format", "entrain-sweep", "name", "held",
                                 "scenario", plan->base, "sweep", plan->json);
    char *path = path_of("manifest.json");
    json_dump_file(manifest, path, 0);
    sweep_plan *held = NULL;
    CHECK_OK(sweep_plan_make(&(scenario_source){.path = path}, &(sweep_words){0}, &held, &error), error);
    assert_int_equal(held->run_count, plan->run_count);
    assert_string_equal(held->name, "held");
    sweep_plan_free(held);
    free(path);
    json_decref(manifest);
    json_decref(tree);
    sweep_plan_free(again);
    sweep_plan *other = make("['swarm.size'] = logrange(10, 1000, 3), ['model.coupling'] = { 1, 2 }, "
                             "axes = { 'swarm.size' }, replicas = 2, where = 'size > 10'",
                             &(typed){.sets = {"model.noise=0.5"}});
    assert_true(other->hash != plan->hash);
    sweep_plan_free(other);
    sweep_plan_free(plan);
}

static void refusals(void **state) {
    (void)state;
    refuse(NULL, NULL, "nothing is swept");
    refuse("['swarm.sise'] = { 1, 2 }", NULL, "did you mean \"swarm.size\"?");
    refuse("replicsa = 3", NULL, "did you mean \"replicas\"?");
    refuse("swarm = { size = { 10, 20 } }", NULL, "name swept keys in full");
    refuse("['swarm.size'] = { 10, 1 }", NULL,
           "sweep: swarm.size is 1; it must be an integer from 2 to 16777215 (point 1 "
           "of the sweep: swarm.size = 1).");
    refuse("['swarm.size'] = { 10, 20 }, ['model.coupling'] = { 1, 'x' }", NULL,
           "model.coupling is \"x\"; it must be a number from -1e+06 to 1e+06 (point 2 of the sweep: ");
    refuse("['swarm.size'] = { 10, 10 }", NULL, "value 2 of swarm.size is one that stands before it");
    refuse("['swarm.size'] = {}", NULL, "list of no values");
    refuse("['swarm.size'] = { 10, 20 }, ['time.step'] = { 0.1 }, zip = { { 'swarm.size', 'time.step' } }",
           NULL, "give both as many");
    refuse("['swarm.size'] = { 10, 20 }, zip = { { 'swarm.size', 'time.step' } }", NULL, "is not swept");
    refuse("['swarm.size'] = { 10, 20 }, where = 'size > 30'", NULL, "keeps none of the 2");
    refuse("['swarm.size'] = { 10, 20 }, where = 'sise > 30'", NULL, "did you mean size?");
    refuse("['swarm.size'] = { 10, 20 }, replicas = 0", NULL, "from 1 to 1000000");
    refuse("['swarm.size'] = { 10, 20 }, seeds = 'mine'", NULL, "\"common\"");
    refuse("['swarm.size'] = { 10, 20 }, order = 'sideways'", NULL, "the order \"sideways\" is not known");
    refuse("['swarm.size'] = { 10, 20 }, order = 'up'", NULL, "can be set while a swarm runs");
    refuse("['swarm.size'] = { 10, 20 }, order = 'swarm.size: up'", NULL, "can be set while a swarm runs");
    refuse("['seed'] = { 10, 20 }", NULL, "replicas");
    refuse("['exec.workers'] = { 1, 2 }", NULL, "-j");
    refuse("events = { 1 }", NULL, "cannot be swept");
    refuse("find = { 'model.coupling', where = 'coherence > 0.5', between = { 4, 0 } }", NULL,
           "the lower end first");
    refuse("find = { 'model.coupling', where = 'cohernce > 0.5', between = { 0, 4 } }", NULL,
           "did you mean coherence?");
    refuse("find = { 'model.coupling', wher = 'coherence > 0.5', between = { 0, 4 } }", NULL,
           "did you mean where?");
    refuse("find = { 'model.kind', where = 'coherence > 0.5', between = { 0, 4 } }", NULL, "is no number");
    refuse("find = { 'model.coupling', where = 'coherence > 0.5', between = { 0, 1e7 } }", NULL, "1e+07");
    refuse("['swarm.size'] = range(2, 2000), ['model.noise'] = range(0, 10, 0.001)", NULL, "combinations");
    refuse("['swarm.size'] = { 10, 20 }, replicas = 1000000", &(typed){.sets = {"model.noise=0:1:0.1"}},
           "at most 10000000");
    refuse(NULL, &(typed){.sets = {"swarm.size=10,20"}, .words = {.only = "size > 20"}},
           "leaves none of the 2");
    refuse(NULL, &(typed){.sets = {"swarm.size=10,20,"}}, "empty place");
    refuse(NULL, &(typed){.sets = {"swarm.size=10:20:-1"}}, "never reaches its end");
    refuse(NULL, &(typed){.sets = {"swarm.size=10:20:x1"}}, "never reaches its end");
    refuse(NULL, &(typed){.sets = {"model.coupling=0:20:x2"}}, "goes through 0");
    refuse(NULL, &(typed){.sets = {"model.coupling=0:1:1e-9"}}, "more than a million");
    refuse(NULL, &(typed){.sets = {"swarm.sise=10,20"}}, "did you mean \"swarm.size\"?");
    refuse(NULL, &(typed){.sets = {"swarm.size=10,20", "exec.workers=2"}}, "-j");
    refuse(NULL, &(typed){.sets = {"swarm.size=10,20", "seed=9223372036854775807"}}, "take a smaller seed");
    refuse(NULL, &(typed){.words = {.find = "coupling 0 4"}}, "write it as in --find");
}

// Every value of every key is looked at, however many points there are; and it takes seconds, not minutes.
static void a_million_runs(void **state) {
    (void)state;
    struct timespec begun, ended;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
    sweep_plan *plan = make("['swarm.size'] = range(10, 1009), ['model.coupling'] = range(0, 9.9, 0.1), "
                            "axes = { 'swarm.size' }, replicas = 10",
                            NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
    assert_int_equal(plan->run_count, 1000000);
    assert_int_equal(plan->point_count, 100000);
    print_message("a million runs planned in %.1f s\n",
                  (double)(ended.tv_sec - begun.tv_sec) + 1e-9 * (double)(ended.tv_nsec - begun.tv_nsec));
    // What was not loaded costs what loading it would have said, within a tenth.
    sweep_plan *one = make(NULL, &(typed){.sets = {"swarm.size=777,778", "model.coupling=3.3,3.4"}});
    const uint32_t run = ((777 - 10) * 100 + 33) * 10;
    assert_true(value(plan, run, "swarm.size") == 777);
    CHECK_NEAR(plan->units[run].cost / one->units[0].cost, 1, 0.1);
    sweep_plan_free(one);
    sweep_plan_free(plan);
    refuse("['swarm.size'] = range(10, 1009), axes = { 'swarm.size' }, ['model.coupling'] = "
           "(function() local t = range(0, 9.9, 0.1) t[99] = 1e7 return t end)()",
           NULL, "(point 98 of the sweep: swarm.size = 10, model.coupling = 1e+07).");
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char *files[] = {path_of("s.lua"), path_of("manifest.json")};
    for (int i = 0; i < 2; i++) {
        unlink(files[i]);
        free(files[i]);
    }
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expands_as_by_hand),
        cmocka_unit_test(command_line_replaces),
        cmocka_unit_test(lists_and_ranges),
        cmocka_unit_test(ranges_of_scripts),
        cmocka_unit_test(ladders),
        cmocka_unit_test(searches),
        cmocka_unit_test(numbers_do_not_depend_on_only),
        cmocka_unit_test(plans_are_repeated),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_million_runs),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
