// entrain bench: understands the options that all subjects share and hands them to the one that was asked
// for.
#include <stdlib.h>
#include <string.h>

#include "sims/bench.h"
#include "sims/say.h"
#include "sims/scenario.h"

static const struct {
    const char *name;
    int (*run)(const bench_options *options);
    bool policies;  // whether it compares policies
    bool workloads; // whether it runs reference workloads
    bool swarms;    // whether it runs scenarios of its own, which --set and --seeds change
} subjects[] = {
    {"coupling", bench_coupling, false, false, false},  {"patterns", bench_patterns, false, false, false},
    {"imbalance", bench_imbalance, true, false, false}, {"precision", bench_precision, false, false, false},
    {"agents", bench_agents, false, false, false},      {"resilience", bench_resilience, false, false, true},
    {"actors", bench_actors, true, true, false}};

bench_report_setup bench_setup(const bench_options *options) {
    return (bench_report_setup){.repeats = options->repeats,
                                .seconds = options->seconds,
                                .command = options->command,
                                .directory = options->cli->output,
                                .baseline = options->cli->baseline,
                                .json = options->cli->json,
                                .quiet = options->cli->quiet,
                                .force = options->cli->force};
}

static entrain_status understand(const cli_options *cli, bench_options *options, entrain_error *error_out) {
    *options = (bench_options){.cli = cli,
                               .command = cli->typed,
                               .repeats = cli->repeats != 0 ? cli->repeats : 10,
                               .seconds = cli->seconds > 0 ? cli->seconds : 0.2};
    entrain_status status = ENTRAIN_OK;
    if (cli->policies != NULL)
        status = list_parse_policies("policies", cli->policies, &options->policies, error_out);
    if (status == ENTRAIN_OK && cli->workers != NULL)
        status =
            list_parse_counts("workers", cli->workers, 1, ENTRAIN_WORKERS_MAX, &options->workers, error_out);
    if (status == ENTRAIN_OK && cli->sizes != NULL)
        status = list_parse_counts("sizes", cli->sizes, 1, (1u << 24) - 1, &options->sizes, error_out);
    if (status == ENTRAIN_OK && cli->output != NULL && strcmp(cli->output, "-") == 0)
        status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                   "-o takes a directory here; the table is on stdout anyway, --json prints "
                                   "lines for machines.");
    return status;
}

// What would be taken and change nothing is refused: who says --transport publish believes in what follows.
static entrain_status refuse_idle_options(const cli_options *cli, bool policies, bool workloads, bool swarms,
                                          entrain_error *error_out) {
    if (workloads && (cli->sizes != NULL || cli->seconds > 0))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "bench %s: --%s would change nothing, a workload is run to its end; use --size "
            "quick, or --set WORKLOAD.PARAMETER=VALUE.",
            cli->operand, cli->sizes != NULL ? "sizes" : "seconds");
    if (!workloads && !swarms && cli->set_count > 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "bench %s: %s would change nothing, a subject has no scenario; leave out "
                                 "--set, --seed and --transport.",
                                 cli->operand, cli->sets[0]);
    if (!swarms && cli->seeds != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "bench %s: --seeds would change nothing, only bench resilience goes through "
                                 "seeds; leave it out.",
                                 cli->operand);
    if (swarms && (cli->repeats > 0 || cli->seconds > 0))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "bench %s: --%s would change nothing, nothing is timed here; --seeds says how "
            "often.",
            cli->operand, cli->repeats > 0 ? "repeat" : "seconds");
    if (!workloads && (cli->filter != NULL || cli->size != NULL))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "bench %s: --%s would change nothing, only bench actors has workloads; leave it "
            "out.",
            cli->operand, cli->filter != NULL ? "filter" : "size");
    if (cli->policies != NULL && !policies)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "bench %s compares no policies; leave out --policies, or name a scenario or "
                                 "imbalance.",
                                 cli->operand);
    return ENTRAIN_OK;
}

int command_bench(const cli_options *options) {
    bench_options understood;
    entrain_error error = {0};
    if (understand(options, &understood, &error) != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_USAGE;
    }
    enum { SUBJECT_COUNT = sizeof subjects / sizeof *subjects };
    const char *names[SUBJECT_COUNT + 1] = {NULL}, *nearest = NULL;
    for (size_t i = 0; i < SUBJECT_COUNT; i++) {
        names[i] = subjects[i].name;
        if (strcmp(options->operand, subjects[i].name) != 0)
            continue;
        if (refuse_idle_options(options, subjects[i].policies, subjects[i].workloads, subjects[i].swarms,
                                &error) == ENTRAIN_OK)
            return subjects[i].run(&understood);
        say_error("%s", error.sentence);
        return EXIT_USAGE;
    }
    if (strpbrk(options->operand, "./") == NULL && strcmp(options->operand, SCENARIO_NO_FILE) != 0)
        nearest = entrain_nearest_word(options->operand, names);
    if (nearest == NULL && (options->filter != NULL || options->size != NULL)) {
        say_error("--%s would change nothing: a scenario has no workloads; leave it out.",
                  options->filter != NULL ? "filter" : "size");
        return EXIT_USAGE;
    }
    if (nearest == NULL && options->seeds != NULL) {
        say_error("--seeds would change nothing: a scenario is measured with its seed; leave it out.");
        return EXIT_USAGE;
    }
    if (nearest == NULL)
        return bench_scenario(&understood);
    say_error("\"%s\" is no scenario file and nothing else to bench; did you mean %s?", options->operand,
              nearest);
    return EXIT_USAGE;
}
