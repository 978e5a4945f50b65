// The parts of `entrain bench` that have an answer of their own: statistics, lists, reports, baselines.
// Times are made up here; no test looks at one that was measured.
#include "tests/command_check.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>

#include "sims/bench_baseline.h"
#include "sims/bench_facts.h"
#include "sims/bench_report.h"
#include "sims/lists.h"

// --- Statistics ------------------------------------------------------------------------------------------

static void test_quartiles(void **state) {
    (void)state;
    const double four[] = {4, 1, 3, 2}, five[] = {10, 50, 20, 40, 30};
    bench_stats stats = bench_stats_of(four, 4);
    CHECK_NEAR(stats.median, 2.5, 0);
    CHECK_NEAR(stats.q1, 1.75, 0); // definition 7: 1 + 0.25 * 3
    CHECK_NEAR(stats.q3, 3.25, 0);
    CHECK_NEAR(stats.least, 1, 0);
    CHECK_NEAR(stats.most, 4, 0);
    assert_int_equal(stats.count, 4);
    assert_true(four[0] == 4); // the caller's order stays
    stats = bench_stats_of(five, 5);
    CHECK_NEAR(stats.median, 30, 0);
    CHECK_NEAR(stats.q1, 20, 0);
    CHECK_NEAR(stats.q3, 40, 0);
    stats = bench_stats_of(five, 1);
    CHECK_NEAR(stats.median, 10, 0);
    CHECK_NEAR(stats.q1, 10, 0);
    CHECK_NEAR(stats.q3, 10, 0);
    assert_true(isnan(bench_stats_of(five, 0).median));
    double many[BENCH_REPEATS_MAX];
    for (int i = 0; i < BENCH_REPEATS_MAX; i++)
        many[i] = BENCH_REPEATS_MAX - i;
    CHECK_NEAR(bench_stats_of(many, BENCH_REPEATS_MAX).median, (BENCH_REPEATS_MAX + 1) / 2.0, 0);
    CHECK_NEAR(bench_quantile(five, 5, 0), 10, 0);
    CHECK_NEAR(bench_quantile(five, 5, 1), 30, 0); // the last of an array that is taken as sorted
}

// A machine that gets slower all the time: ratios by repeat see through it, the ratio of medians would too
// here, but not that of the single repeats.
static void test_ratios_by_repeat(void **state) {
    (void)state;
    const double slow[] = {20, 40, 80}, quick[] = {10, 20, 40}, holes[] = {10, 0, 40};
    bench_stats stats = bench_stats_ratio(slow, quick, 3);
    CHECK_NEAR(stats.least, 2, 0);
    CHECK_NEAR(stats.most, 2, 0);
    stats = bench_stats_ratio(slow, holes, 3);
    assert_int_equal(stats.count, 2);
    CHECK_NEAR(stats.median, 2, 0);
}

static void test_karp_flatt(void **state) {
    (void)state;
    CHECK_NEAR(bench_karp_flatt(2, 2), 0, 1e-15);
    CHECK_NEAR(bench_karp_flatt(1, 8), 1, 1e-15);
    // A tenth that is serial: Amdahl's speed-up on 4 workers is 1 / (0.1 + 0.9 / 4).
    CHECK_NEAR(bench_karp_flatt(1 / (0.1 + 0.9 / 4), 4), 0.1, 1e-12);
    assert_true(bench_karp_flatt(2.5, 2) < 0);
    assert_true(isnan(bench_karp_flatt(1, 1)));
    assert_true(isnan(bench_karp_flatt(0, 2)));
}

// --- Lists -----------------------------------------------------------------------------------------------

static void check_counts(const char *text, const char *wanted) {
    list_of_counts list;
    entrain_error error;
    CHECK_OK(list_parse_counts("sizes", text, 1, 1000000, &list, &error), error);
    char got[200] = "";
    for (uint32_t i = 0; i < list.count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%u", i > 0 ? " " : "", list.values[i]);
    assert_string_equal(got, wanted);
}

static void test_lists_of_counts(void **state) {
    (void)state;
    check_counts("1", "1");
    check_counts("4,1,2", "4 1 2");
    check_counts("1e3,1e5,1000000", "1000 100000 1000000");
    check_counts("2.5e3,1E+2", "2500 100");
    static const char *const refused[] = {"",    ",",     "1,",    ",1",   "1,,2", "0",     "1000001", "1e7",
                                          "-1",  "+1",    "1.5",   "1e-3", "1 2",  " 1",    "1e3.5",   "0x10",
                                          "nan", "inf",   "1e",    "all",  "1;2",  "1,2,x", "1e",      "1e99",
                                          "１",  "1,2\n", "1e400", ".5e1", "1.e"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        list_of_counts list = {.count = 77};
        entrain_error error;
        CHECK_REFUSED(list_parse_counts("sizes", refused[i], 1, 1000000, &list, &error), ENTRAIN_INVALID,
                      error, "--sizes takes whole numbers from 1 to 1000000, separated by commas, not \"");
        assert_int_equal(list.count, 77);
    }
    list_of_counts list;
    entrain_error error;
    CHECK_REFUSED(list_parse_counts("workers", "1,2,1e0", 1, 9, &list, &error), ENTRAIN_INVALID, error,
                  "--workers names 1 twice");
    char text[400] = "1";
    for (int i = 2; i <= LIST_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ",%d", i);
    CHECK_OK(list_parse_counts("workers", text, 1, 256, &list, &error), error);
    assert_int_equal(list.count, LIST_MAX);
    strcat(text, ",99");
    CHECK_REFUSED(list_parse_counts("workers", text, 1, 256, &list, &error), ENTRAIN_LIMIT, error,
                  "at most 64");
}

static void test_lists_of_policies(void **state) {
    (void)state;
    list_of_policies list;
    entrain_error error;
    CHECK_OK(list_parse_policies("policies", "all", &list, &error), error);
    for (uint32_t i = 0; i < list.count; i++)
        assert_ptr_equal(list.values[i], entrain_policy_at(i));
    assert_null(entrain_policy_at(list.count));
    CHECK_OK(list_parse_policies("policies", "static,steal", &list, &error), error);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.values[0]->name, "static");
    assert_string_equal(list.values[1]->name, "steal");
    CHECK_REFUSED(list_parse_policies("policies", "steal,steel", &list, &error), ENTRAIN_UNKNOWN, error,
                  "no policy \"steel\"; did you mean steal?");
    CHECK_REFUSED(list_parse_policies("policies", "al", &list, &error), ENTRAIN_UNKNOWN, error,
                  "did you mean all?");
    CHECK_REFUSED(list_parse_policies("policies", "quicksilver", &list, &error), ENTRAIN_UNKNOWN, error,
                  "`entrain list policies`");
    CHECK_REFUSED(list_parse_policies("policies", "steal,steal", &list, &error), ENTRAIN_INVALID, error,
                  "names steal twice");
    static const char *const empty[] = {"", ",", "steal,", ",steal"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        CHECK_REFUSED(list_parse_policies("policies", empty[i], &list, &error), ENTRAIN_INVALID, error,
                      "there is an empty one");
    char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    CHECK_REFUSED(list_parse_policies("policies", longer, &list, &error), ENTRAIN_UNKNOWN, error,
                  "no policy");
}

// --- Reports ---------------------------------------------------------------------------------------------

static char folder[] = "/tmp/entrain-bench-XXXXXX";
static char said[16384];

static const bench_column columns[] = {{"policy", "policy", "", BENCH_DECIMALS_TEXT, 10},
                                       {"workers", "workers", "", 0, 0},
                                       {"ns_median", "median", "ns", 2, 9},
                                       {"steals", "steals", "/tick", 1, 0}};

static bench_report_setup setup_of(const char *directory) {
    return (bench_report_setup){.what = "test",
                                .title = "Of \"quotes\", commas",
                                .columns = columns,
                                .column_count = 4,
                                .repeats = 3,
                                .seconds = 0.25,
                                .command = "entrain bench test",
                                .directory = directory,
                                .row_keys = "policy workers",
                                .row_value = "ns_median"};
}

static void put_row(bench_report *report, const char *policy, uint64_t workers, double ns, double steals) {
    bench_put_text(report, "policy", policy);
    bench_put_count(report, "workers", workers);
    bench_put_number(report, "ns_median", ns);
    bench_put_number(report, "steals", steals);
    bench_row_end(report);
}

// Two rows, one of them wrong, one note; what was printed is in `said`.
static entrain_status write_report(const bench_report_setup *setup, double ns, bool complete,
                                   entrain_error *error) {
    caught what = catch_begin();
    bench_report *report = NULL;
    entrain_status status = bench_report_open(setup, &report, error);
    if (status == ENTRAIN_OK) {
        bench_report_table(report, "one", "First", "policy workers ns_median");
        put_row(report, "a,\"b\"", 2, ns, 1.25);
        bench_put_text(report, "policy", "liar");
        bench_put_count(report, "workers", 3);
        bench_put_remark(report, "WRONG: it lies");
        bench_row_end(report);
        put_row(report, "late", 1, NAN, INFINITY);
        bench_report_again(report, "Details", "policy steals");
        bench_report_note(report, "a note with %d words", 5);
        status = bench_report_close(report, complete, error);
    }
    catch_end(what, said, sizeof said);
    return status;
}

static void expect_said(const char *words) {
    if (strstr(said, words) == NULL)
        fail_msg("it does not say \"%s\":\n%s", words, said);
}

static char *path_in(const char *name) {
    static char path[100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void read_text(const char *path, char *text_out, size_t size) {
    FILE *from = fopen(path, "r");
    if (from == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    text_out[fread(text_out, 1, size - 1, from)] = '\0';
    fclose(from);
}

static void write_text(const char *path, const char *text) {
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    assert_int_equal(fclose(to), 0);
}

static void test_table(void **state) {
    (void)state;
    entrain_error error;
    bench_report_setup setup = setup_of(NULL);
    CHECK_OK(write_report(&setup, 12.25, true, &error), error);
    expect_said("Of \"quotes\", commas\n\n  machine  ");
    expect_said("\n  build    Entrain ");
    expect_said("\n  repeats  3 of about 250 ms each");
    expect_said("\nFirst\n\n  policy      workers     median\n                              ns\n"
                "  a,\"b\"             2      12.25\n");
    expect_said("\n  liar              3          -\n    WRONG: it lies\n  late              1          -\n");
    expect_said("\nDetails\n\n  policy      steals\n               /tick\n  a,\"b\"          1.2\n  liar     "
                "        -\n"
                "  late             -\n\n  a note with 5 words\n");
    assert_null(strstr(said, "NOT COMPLETE"));
    CHECK_OK(write_report(&setup, 12, false, &error), error);
    expect_said("NOT COMPLETE: 3 rows");
    setup.quiet = true;
    CHECK_OK(write_report(&setup, 12, true, &error), error);
    assert_string_equal(said, "");
}

// Every line is JSON; the first has the facts, the last the end.
static void check_lines(const char *text, bool complete) {
    static const char *const facts[] = {
        "format",   "title", "command", "date", "repeats", "seconds", "load_begin", "version",
        "compiler", "flags", "cpu",     "cpus", "simd",    "kernel",  "governor",   "memory_bytes"};
    char *copy = strdup(text), *rest = copy, kinds[100] = "";
    for (char *line; (line = strtok_r(rest, "\n", &rest)) != NULL;) {
        json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        if (json == NULL)
            fail_msg("not JSON: %s", line);
        const char *kind = json_string_value(json_object_get(json, "kind"));
        assert_non_null(kind);
        snprintf(kinds + strlen(kinds), sizeof kinds - strlen(kinds), "%s ", kind);
        if (strcmp(kind, "facts") == 0)
            for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
                if (json_object_get(json, facts[i]) == NULL)
                    fail_msg("no %s in %s", facts[i], line);
        if (strcmp(kind, "end") == 0)
            assert_int_equal(json_is_true(json_object_get(json, "complete")), complete);
        json_decref(json);
    }
    free(copy);
    assert_string_equal(kinds, "facts row row row note end ");
}

static void test_lines_and_csv(void **state) {
    (void)state;
    entrain_error error;
    char text[8192];
    bench_report_setup setup = setup_of(folder);
    setup.json = true;
    CHECK_OK(write_report(&setup, 12.3456789, true, &error), error);
    check_lines(said, true);
    expect_said("{\"kind\":\"row\",\"table\":\"one\",\"policy\":\"a,\\\"b\\\"\",\"workers\":2,\"ns_median\":"
                "12.3456789,"
                "\"steals\":1.25}\n");
    expect_said("\"remark\":\"WRONG: it lies\"}\n");
    expect_said("\"ns_median\":null,\"steals\":null}\n");
    assert_null(strstr(said, "First"));
    read_text(path_in("bench.jsonl"), text, sizeof text);
    assert_string_equal(text, said); // a file of lines is what --json prints
    read_text(path_in("bench.csv"), text, sizeof text);
    assert_string_equal(text, "table,policy,workers,ns_median,steals,to_baseline,remark\n"
                              "one,\"a,\"\"b\"\"\",2,12.3456789,1.25,,\n"
                              "one,liar,3,,,,WRONG: it lies\n"
                              "one,late,1,,,,\n");
    setup.json = false;
    CHECK_OK(write_report(&setup, 1, false, &error), error); // replaces the one before
    expect_said("replacing the earlier benchmark");
    read_text(path_in("bench.jsonl"), text, sizeof text);
    check_lines(text, false);
    assert_int_equal(access(path_in("bench.jsonl.part"), F_OK), -1);
    assert_int_equal(access(path_in("bench.csv.part"), F_OK), -1);
}

static void test_foreign_directory(void **state) {
    (void)state;
    entrain_error error;
    char text[100];
    bench_report_setup setup = setup_of(path_in("foreign"));
    char *path = strdup(setup.directory), *notes = strdup(path_in("foreign/notes.txt")),
         *lines = strdup(path_in("foreign/bench.jsonl"));
    setup.directory = path;
    assert_int_equal(mkdir(path, 0777), 0);
    write_text(notes, "precious");
    CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_IO, error,
                  "something else than an Entrain benchmark");
    write_text(lines, "{\"format\":\"something\"}\n");
    CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_IO, error,
                  "something else than an Entrain benchmark");
    setup.force = true;
    CHECK_OK(write_report(&setup, 1, true, &error), error);
    read_text(notes, text, sizeof text);
    assert_string_equal(text, "precious");
    assert_true(bench_directory_is_ours(path));
    setup.force = false;
    CHECK_OK(write_report(&setup, 1, true, &error), error);
    free(path);
    free(notes);
    free(lines);
}

// --- Baselines -------------------------------------------------------------------------------------------

static void test_baseline(void **state) {
    (void)state;
    entrain_error error;
    char *path = strdup(path_in("base.jsonl"));
    bench_report_setup setup = setup_of(NULL);
    setup.json = true;
    CHECK_OK(write_report(&setup, 10, true, &error), error);
    write_text(path, said);
    setup.baseline = path;
    CHECK_OK(write_report(&setup, 15, true, &error), error);
    expect_said("\"to_baseline\":1.5}\n");
    assert_null(strstr(said, "differs in"));
    // A row with another key; the same key without a time there; another machine, other repeats.
    setup.json = false;
    setup.row_keys = "steals";
    CHECK_OK(write_report(&setup, 20, true, &error), error);
    expect_said("to base\n");
    expect_said("  2.000\n");
    setup.row_keys = "policy workers ns_median";
    setup.repeats = 4;
    CHECK_OK(write_report(&setup, 20, true, &error), error);
    expect_said("  no row\n");
    expect_said("The baseline differs in repeats (3 there, 4 here)");
    setup.repeats = 3;
    setup.row_keys = "policy workers";
    CHECK_OK(write_report(&setup, NAN, true, &error), error); // nothing to compare, nothing to say
    assert_null(strstr(said, "no row"));
    setup.baseline = NULL;
    setup.json = true;
    CHECK_OK(write_report(&setup, NAN, true, &error), error);
    write_text(path, said);
    setup.baseline = path;
    setup.json = false;
    CHECK_OK(write_report(&setup, 20, true, &error), error);
    expect_said("  no time\n");
    free(path);
}

static void test_baseline_refused(void **state) {
    (void)state;
    entrain_error error;
    char *path = strdup(path_in("base.jsonl")), lines[8192];
    bench_report_setup setup = setup_of(NULL);
    setup.json = true;
    CHECK_OK(write_report(&setup, 10, true, &error), error);
    memcpy(lines, said, sizeof lines);
    setup.baseline = path;

    unlink(path);
    CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_IO, error, "cannot be opened: No such file");
    setup.baseline = folder;
    CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_IO, error, "cannot be read: Is a directory");
    setup.baseline = path;
    write_text(path, "");
    CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_PARSE, error, "is empty");
    static const char *const foreign[] = {
        "hello\n", "{}\n", "[1]\n", "null\n", "{\"kind\":\"facts\",\"format\":7}\n", "{\"kind\":\"row\"}\n"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        write_text(path, foreign[i]);
        CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_PARSE, error,
                      "is not what `entrain bench` writes");
    }
    // Torn anywhere behind the first line: between lines and within one.
    size_t first = strcspn(lines, "\n") + 1, size = strlen(lines);
    for (size_t cut = first; cut + 1 < size; cut += 7) {
        char torn[8192];
        snprintf(torn, sizeof torn, "%.*s", (int)cut, lines);
        write_text(path, torn);
        CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_PARSE, error, "torn");
    }
    char more[8300];
    snprintf(more, sizeof more, "%s{}\n", lines); // and one with more behind its end
    write_text(path, more);
    CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_PARSE, error, "was changed (line 7)");
    write_text(path, lines);
    setup.what = "coupling";
    CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_INVALID, error,
                  "is a benchmark of \"test\" and this is one of \"coupling\"");
    char *version = strstr(lines, "\"format_version\":1");
    assert_non_null(version);
    version[strlen("\"format_version\":")] = '8';
    write_text(path, lines);
    CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_UNSUPPORTED, error, "has format version 8");
    free(path);
}

// Refused before anything is written: the directory is as it was.
static void test_baseline_before_files(void **state) {
    (void)state;
    entrain_error error;
    char *path = strdup(path_in("untouched"));
    bench_report_setup setup = setup_of(path);
    setup.baseline = "/nonexistent/bench.jsonl";
    CHECK_REFUSED(write_report(&setup, 1, true, &error), ENTRAIN_IO, error, "--baseline");
    assert_int_equal(access(path, F_OK), -1);
    free(path);
}

static void test_facts(void **state) {
    (void)state;
    json_t *facts = bench_facts();
    assert_true(json_integer_value(json_object_get(facts, "cpus")) >= 1);
    assert_true(json_number_value(json_object_get(facts, "memory_bytes")) > 1e6);
    assert_string_not_equal(json_string_value(json_object_get(facts, "flags")), "unknown");
    json_decref(facts);
    char date[32];
    bench_date(date, sizeof date);
    assert_int_equal(strlen(date), strlen("2026-03-01T12:34:56Z"));
    bench_date(date, 4); // too small for it
    assert_string_equal(date, "unk");
}

static int set_up(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    static const char *const names[] = {"bench.jsonl",       "bench.csv",           "base.jsonl",
                                        "foreign/notes.txt", "foreign/bench.jsonl", "foreign/bench.csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(path_in(names[i]));
    rmdir(path_in("foreign"));
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quartiles),
        cmocka_unit_test(test_ratios_by_repeat),
        cmocka_unit_test(test_karp_flatt),
        cmocka_unit_test(test_lists_of_counts),
        cmocka_unit_test(test_lists_of_policies),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_lines_and_csv),
        cmocka_unit_test(test_foreign_directory),
        cmocka_unit_test(test_baseline),
        cmocka_unit_test(test_baseline_refused),
        cmocka_unit_test(test_baseline_before_files),
        cmocka_unit_test(test_facts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
