// Scripts as the sandbox sees them: what their host is asked, what comes back, limits that are given
// anew, ends that nobody swallows; which texts may be scripts; csv files.
#include "check.h"

#include <math.h>
#include <unistd.h>

#include "sims/lua_script.h"
#include "sims/script_calls.h"

static entrain_error error;

// --- A host that answers 2 x size and keeps what it was asked

typedef struct fake {
    uint32_t calls, over_after;
    char said[4096], asked[4096];
    size_t said_bytes;
    json_t *list; // what a function of the index gave
    bool over;
    csv_file *file;
} fake;

static entrain_status on_simulate(void *context, sandbox *box, const char *where, json_t *tree,
                                  const json_t *options, json_t **result_out, entrain_error *error_out) {
    fake *host = context;
    (void)options;
    char *text = json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS);
    snprintf(host->asked, sizeof host->asked, "%s %s", where, text);
    free(text);
    host->calls++;
    host->over = host->calls == host->over_after;
    const json_t *size = json_object_get(json_object_get(tree, "swarm"), "size");
    if (json_integer_value(size) < 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "%s: swarm.size is less than nothing.", where);
    if (sandbox_has(box, "model.frequency") &&
        sandbox_list(box, "model.frequency", 3, &host->list, error_out) != ENTRAIN_OK)
        return ENTRAIN_INVALID;
    *result_out = json_pack("{s:I, s:n, s:{s:[i,i]}}", "twice", 2 * json_integer_value(size), "nothing",
                            "summary", "list", 7, 8);
    return ENTRAIN_OK;
}

static entrain_status on_sweep(void *context, const char *where, json_t *tree, const json_t *options,
                               json_t **result_out, entrain_error *error_out) {
    (void)context, (void)where, (void)options, (void)error_out;
    *result_out = json_pack("[{s:O}]", "tree", tree);
    return ENTRAIN_OK;
}

static entrain_status on_csv(void *context, const char *where, const char *name, const char *const *columns,
                             uint32_t column_count, csv_file **file_out, entrain_error *error_out) {
    (void)where;
    entrain_status status = csv_open(".", name, columns, column_count, file_out, error_out);
    if (status == ENTRAIN_OK)
        ((fake *)context)->file = *file_out;
    return status;
}

static bool on_print(void *context, const char *text, size_t size) {
    fake *host = context;
    if (host->said_bytes + size >= sizeof host->said)
        return false;
    memcpy(host->said + host->said_bytes, text, size);
    host->said_bytes += size;
    return true;
}

static bool is_over(void *context) { return ((fake *)context)->over; }

static script_end run(fake *host, const char *text, int64_t work) {
    json_t *given = json_pack("{s:i}", "n", 5), *machine = json_object();
    const script_host table = {.simulate = on_simulate,
                               .sweep = on_sweep,
                               .csv = on_csv,
                               .print = on_print,
                               .over = is_over,
                               .given = given,
                               .machine = machine,
                               .context = host};
    sandbox_limits limits = sandbox_limits_defaults();
    limits.work = work > 0 ? work : limits.work;
    script_end end = SCRIPT_ENDED;
    memset(&error, 0, sizeof error);
    entrain_status status =
        sandbox_run_script("dir/x.lua", text, strlen(text), &limits, &table, &end, &error);
    assert_int_equal(status == ENTRAIN_OK, end != SCRIPT_RAISED);
    json_decref(given);
    json_decref(machine);
    csv_free(host->file);
    return end;
}

#define CHECK_RAISES(text, words)                                                                            \
    do {                                                                                                     \
        fake check_host = {0};                                                                               \
        assert_int_equal(run(&check_host, text, 0), SCRIPT_RAISED);                                          \
        if (strstr(error.sentence, words) == NULL)                                                           \
            fail_msg("%s\nsaid: %s", text, error.sentence);                                                  \
        json_decref(check_host.list);                                                                        \
    } while (0)

static void test_what_is_asked_and_answered(void **state) {
    (void)state;
    fake host = {0};
    const char *text = "local r = simulate { swarm = { size = given.n }, model = { frequency = function(i) "
                       "return i * i end } }\n"
                       "print(r.twice, r.nothing, r.summary.list[2], #sweep { sweep = { replicas = 3 } })";
    assert_int_equal(run(&host, text, 0), SCRIPT_ENDED);
    assert_string_equal(host.asked, "dir/x.lua:1 {\"model\":{\"frequency\":null},\"swarm\":{\"size\":5}}");
    assert_string_equal(host.said, "10\tnil\t8\t1\n");
    assert_int_equal(json_array_size(host.list), 3);
    assert_true(json_real_value(json_array_get(host.list, 2)) == 9);
    json_decref(host.list);

    fake other = {0};
    assert_int_equal(run(&other, "return { swarm = {} }", 0), SCRIPT_RETURNED);
    assert_int_equal(other.calls, 0);
}

static void test_errors_have_their_line(void **state) {
    (void)state;
    CHECK_RAISES("\n\nsimulate { swarm = { size = -1 } }", "dir/x.lua:3: swarm.size is less than nothing.");
    CHECK_RAISES("simulate(3)", "dir/x.lua:1: bad argument #1 to 'simulate'");
    CHECK_RAISES("simulate({ a = {} }, 3)", "bad argument #2");
    CHECK_RAISES("simulate { a = print }", "dir/x.lua:1: a is a function");
    CHECK_RAISES("simulate { on_sample = print }", "dir/x.lua:1: on_sample is a function of this script");
    CHECK_RAISES("sweep { model = { frequency = print } }", "dir/x.lua:1: model.frequency is a function");
    CHECK_RAISES("simulate { model = { frequency = function(i)\nreturn 'x' end } }",
                 "model.frequency(1) is string");
    CHECK_RAISES("simulate { model = { frequency = function(i)\nerror('no') end } }", "dir/x.lua:2: no.");
    CHECK_RAISES("local t = {} t.t = t simulate(t)", "t contains itself");
    CHECK_RAISES("print(('x'):rep(5000))", "print: the script has said more than");
    CHECK_RAISES("csv('x.csv', { 3 })", "csv: column 1 is a number");
    CHECK_RAISES("local c = csv('x.csv', {'a'}) c.row(3)", "bad argument #1 to 'row'");
    CHECK_RAISES("local c = csv('x.csv', {'a', 'b'}) c:row{ 3, 4 }", "row: a list has none of the columns");
    // what is caught is as Lua's own
    fake host = {0};
    assert_int_equal(run(&host,
                         "print(pcall(simulate, { swarm = { size = -1 } }))\nprint(simulate { swarm = { size "
                         "= 1 } }.twice)",
                         0),
                     SCRIPT_ENDED);
    assert_string_equal(host.said, "false\ts:1: swarm.size is less than nothing\n2\n");
}

// The work between two calls is limited, not that of the whole script.
static void test_limits_are_given_anew(void **state) {
    (void)state;
    const char *text =
        "for i = 1, 20 do for j = 1, 20000 do end simulate { swarm = { size = i } } end print('end')";
    fake host = {0};
    assert_int_equal(run(&host, text, 100000), SCRIPT_ENDED);
    assert_int_equal(host.calls, 20);
    fake slow = {0};
    assert_int_equal(run(&slow, "simulate { a = 1 }\nfor j = 1, 2000000 do end", 100000), SCRIPT_RAISED);
    assert_non_null(strstr(error.sentence, "dir/x.lua:2: the script did not end within"));
    // nor does pcall keep it, where it is a function of the index that does not end
    fake caught = {0};
    assert_int_equal(run(&caught,
                         "pcall(simulate, { swarm = { size = 2 }, model = { frequency = function() while "
                         "true do end end } }) print('on')",
                         100000),
                     SCRIPT_RAISED);
    assert_string_equal(caught.said, "");
    json_decref(caught.list);
}

static void test_an_end_is_not_swallowed(void **state) {
    (void)state;
    fake host = {.over_after = 3};
    const char *text =
        "while true do pcall(function() for i = 1, 9 do simulate { a = i } end end) print('on') end";
    assert_int_equal(run(&host, text, 0), SCRIPT_OVER);
    assert_int_equal(host.calls, 3);
    assert_string_equal(host.said, "");
    fake idle = {.over = true}; // as a signal that comes while it computes
    assert_int_equal(run(&idle, "while true do pcall(function() while true do end end) end", 0), SCRIPT_OVER);
}

static void test_which_text_may_be_a_script(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool may;
    } rows[] = {{"simulate{}", true},
                {"local s = simulate\ns{}", true},
                {"return { sweep = { replicas = 3 } }", false},
                {"local rows = sweep { sweep = {} }", true},
                {"t.sweep = {} x.simulate()", false},
                {"-- simulate{}\nreturn {}", false},
                {"--[==[ ]] simulate{} ]==] return {}", false},
                {"--[[ x ]] simulate{}", true},
                {"return { title = \"simulate{}\", b = 'it\\'s simulate{}', c = [[simulate{}]] }", false},
                {"simulates{} my_simulate{} simulate2{}", false},
                {"if sweep == nil then end", true},
                {"csv('a.csv', {})", true},
                {"local csv = 3", false},
                {"", false},
                {"\"", false},
                {"[[", false},
                {"--", false},
                {"simulate", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (script_may_be(rows[i].text, strlen(rows[i].text)) != rows[i].may)
            fail_msg("%s: not %s", rows[i].text, rows[i].may ? "taken for a script" : "told from one");
}

// --- csv files

static void check_file(const char *name, const char *wanted) {
    char text[1000] = "";
    FILE *from = fopen(name, "re");
    if (from == NULL)
        fail_msg("there is no %s", name);
    text[fread(text, 1, sizeof text - 1, from)] = '\0';
    fclose(from);
    assert_string_equal(text, wanted);
}

static void test_csv_files(void **state) {
    (void)state;
    static const char *const columns[] = {"a", "b, c"};
    csv_file *file = NULL;
    assert_int_equal(csv_open(".", "t.csv", columns, 2, &file, &error), ENTRAIN_OK);
    const csv_cell rows[][2] = {
        {{.kind = CSV_INTEGER, .integer = -7}, {.kind = CSV_NUMBER, .number = 0.1}},
        {{.kind = CSV_NUMBER, .number = (double)NAN}, {.kind = CSV_NUMBER, .number = -(double)INFINITY}},
        {{.kind = CSV_TEXT, .text = "x\"y\nz", .size = 5}, {.kind = CSV_NOTHING}},
        {{.kind = CSV_TEXT, .text = "", .size = 0}, {.kind = CSV_TEXT, .text = " b", .size = 2}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(csv_row(file, rows[i], &error), ENTRAIN_OK);
    const char *wanted = "a,\"b, c\"\n-7,0.10000000000000001\nnan,-inf\n\"x\"\"y\nz\",\n\"\",\" b\"\n";
    assert_int_not_equal(access("t.csv", F_OK), 0);
    check_file("t.csv.part", wanted);
    assert_int_equal(csv_close(file, &error), ENTRAIN_OK);
    assert_int_equal(csv_close(file, &error), ENTRAIN_OK);
    check_file("t.csv", wanted);
    CHECK_REFUSED(csv_row(file, rows[0], &error), ENTRAIN_ORDER, error, "is closed");
    csv_free(file);

    assert_int_equal(csv_open(".", "u.csv", columns, 1, &file, &error), ENTRAIN_OK);
    csv_free(file); // an end that was none: what is there stays, as a part
    check_file("u.csv.part", "a\n");
    static const char *const names[] = {"../x.csv", "/x.csv",     "a/b.csv", ".csv",         "..csv",
                                        "x.txt",    "x.csv.part", "a b.csv", "\xc3\xa4.csv", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_not_equal(csv_check_name(names[i], &error), ENTRAIN_OK);
    assert_int_equal(csv_check_name("size_ladder-2.csv", &error), ENTRAIN_OK);
    CHECK_REFUSED(csv_open("no-such-folder", "x.csv", columns, 1, &file, &error), ENTRAIN_IO, error,
                  "cannot be written");
}

// --- The journal of calls, with runs that are none

static uint32_t carried_out;

static entrain_status run_nothing(const script_run_job *job, json_t **entry_out, entrain_error *error_out) {
    (void)error_out;
    carried_out++;
    if (job->given->swarm.size == 13)
        *entry_out = json_pack("{s:s, s:s}", "status", "failed", "reason", "bad luck");
    else
        *entry_out = json_pack("{s:s, s:{s:f, s:I}, s:f}", "status", "done", "result", "coherence", 1.0 / 3,
                               "size", (json_int_t)job->given->swarm.size, "ticks_per_s", 1.0 / carried_out);
    return ENTRAIN_OK;
}

static json_t *ask(script_calls *calls, sandbox *box, int size, entrain_status wanted) {
    json_t *tree = json_pack("{s:{s:i}}", "swarm", "size", size), *result = NULL;
    entrain_status status = script_calls_simulate(calls, box, "x.lua:1", tree, NULL, &result, &error);
    json_decref(tree);
    if (status != wanted)
        fail_msg("%s: %s; %s", entrain_status_name(status), error.sentence, calls->fatal.sentence);
    return result;
}

static void open_calls(script_calls *calls, bool again) {
    json_t *header = json_pack("{s:s}", "journal_of", "script");
    *calls = (script_calls){.name = "x", .seed = 1, .quiet = true, .one = run_nothing};
    if (again) {
        json_decref(header);
        header = NULL;
        assert_int_equal(journal_open("runs.jsonl", &header, &calls->log, &error), ENTRAIN_OK);
    } else {
        assert_int_equal(journal_create("runs.jsonl", header, &calls->log, &error), ENTRAIN_OK);
    }
    json_decref(header);
    carried_out = 0;
}

static void test_calls_are_answered_from_the_journal(void **state) {
    (void)state;
    sandbox *box = NULL;
    sandbox_limits limits = sandbox_limits_defaults();
    assert_int_equal(sandbox_create("x.lua", "", 0, &limits, &box, &error), ENTRAIN_OK);
    script_calls calls;
    open_calls(&calls, false);
    json_t *first[4];
    const int sizes[] = {10, 13, 30, 40};
    for (int i = 0; i < 3; i++)
        first[i] = ask(&calls, box, sizes[i], ENTRAIN_OK);
    assert_string_equal(json_string_value(json_object_get(first[1], "failed")), "bad luck");
    assert_int_equal(carried_out, 3);
    journal_close(calls.log);

    open_calls(&calls, true);
    for (int i = 0; i < 4; i++) {
        json_t *result = ask(&calls, box, sizes[i], ENTRAIN_OK);
        assert_true(i == 3 || json_equal(result, first[i])); // what differs from run to run too
        json_decref(result);
    }
    assert_int_equal(carried_out, 1);
    assert_int_equal(calls.runs, 4);
    assert_int_equal(calls.earlier, 3);
    assert_int_equal(calls.failed, 1);
    journal_close(calls.log);

    open_calls(&calls, true); // it asks something else
    json_decref(ask(&calls, box, 10, ENTRAIN_OK));
    assert_null(ask(&calls, box, 14, ENTRAIN_CANCELLED));
    assert_true(calls.over);
    CHECK_REFUSED(calls.fatal.status, ENTRAIN_MISMATCH, calls.fatal, "x.lua:1: run 2 is not what it was");
    assert_int_equal(carried_out, 0);
    journal_close(calls.log);

    open_calls(&calls, true); // which it may, once it was changed; what stays the same is not run again
    calls.changed = true;
    json_decref(ask(&calls, box, 10, ENTRAIN_OK));
    json_decref(ask(&calls, box, 14, ENTRAIN_OK));
    json_decref(ask(&calls, box, 30, ENTRAIN_OK));
    assert_int_equal(carried_out, 1);
    journal_close(calls.log);
    for (int i = 0; i < 3; i++)
        json_decref(first[i]);
    sandbox_close(box);
}

int main(void) {
    char folder[] = "/tmp/entrain-script.XXXXXX";
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_asked_and_answered),
                                       cmocka_unit_test(test_errors_have_their_line),
                                       cmocka_unit_test(test_limits_are_given_anew),
                                       cmocka_unit_test(test_an_end_is_not_swallowed),
                                       cmocka_unit_test(test_which_text_may_be_a_script),
                                       cmocka_unit_test(test_csv_files),
                                       cmocka_unit_test(test_calls_are_answered_from_the_journal)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (const char *const *name =
             (const char *const[]){"t.csv", "u.csv.part", "x.csv.part", "runs.jsonl", NULL};
         *name != NULL; name++)
        unlink(*name);
    rmdir(folder);
    return failed;
}
