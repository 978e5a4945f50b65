/// @file options.h  The command line: commands, their options, and what was typed.
#ifndef ENTRAIN_SIMS_OPTIONS_H
#define ENTRAIN_SIMS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "entrain/status.h"

enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,        ///< the run failed
    EXIT_USAGE = 2,         ///< the command line or the scenario is wrong; nothing ran
    EXIT_MISMATCH = 3,      ///< verify, bench: two results differ; validate: a known answer was not met
    EXIT_PARTLY = 4,        ///< sweep: some runs failed
    EXIT_GOAL = 5,          ///< run --require-goal: the goal was not met
    EXIT_INTERRUPTED = 130, ///< Ctrl-C or SIGTERM; the files are complete up to there
};

typedef struct cli_options cli_options;

/// One command: a row in the table of options.c.
typedef struct cli_command {
    const char *name;
    const char *operands; ///< "SCENARIO"; shown in help
    uint32_t operand_max; ///< 0, 1 or 2
    bool operand_needed;
    const char *option_names; ///< "set seed json": the long options it takes
    const char *summary;      ///< one line
    const char *details;      ///< further lines for `entrain help COMMAND`; may be NULL
    int (*run)(const cli_options *options);
} cli_command;

struct cli_options {
    const cli_command *command;
    const char *operand;        ///< NULL when none was given; SCENARIO_NO_FILE where a goal stands for it
    const char *operand_second; ///< of a command that takes two
    const char **
        sets; ///< "key=value", in the order typed; --seed, --workers of run, --policy, --transport among them
    uint32_t set_count;
    const char **disruptions; ///< --disrupt, in the order typed
    uint32_t disruption_count;
    const char **loads; ///< --load, in the order typed
    uint32_t load_count;
    const char *output;                     ///< -o; NULL: the default
    const char *timeline;                   ///< NULL: none
    double timeout_s;                       ///< 0: none
    uint64_t tick_limit;                    ///< 0: none
    const char *policies, *workers, *sizes; ///< lists, as typed; NULL: not given
    const char *filter;                     ///< workloads, as typed; NULL: all
    const char *size;                       ///< of workloads, as typed; NULL: not given
    const char *seeds;                      ///< of schedules, as typed; NULL: not given
    const char *baseline;                   ///< NULL: none
    const char *report;                     ///< a file; NULL: none
    const char *result;                     ///< a column; NULL: the usual one
    const char *only, *order, *find;        ///< of sweep, as typed; NULL: not given
    uint32_t replicas, jobs;                ///< 0: not given
    bool dry_run, on_error_stop;
    uint32_t repeats; ///< 0: not given
    double seconds;   ///< 0: not given
    char *typed;      ///< the command line, words separated by blanks
    char *typed_on;   ///< the same without --force, which begins again: to go on
    bool json, quiet, force, trace, full, quick;
    bool resume;       ///< go on with what -o holds
    bool has_goal;     ///< --goal or --scale was given: without a file, operand is SCENARIO_NO_FILE
    bool require_goal; ///< the goal decides on the exit code
    bool control, no_control, explain;
    const char *restore;          ///< a checkpoint; NULL: none. Then there may be no operand.
    const char *checkpoint_every; ///< as typed; NULL: not given
    bool branch;
    char (*texts)[96]; ///< texts that sets points to where they were not typed as such
    uint32_t text_count;
};

/// Understands argv[2..]; the command is known. On a refusal the sentence is in @p error_out and nothing is
/// to be freed.
entrain_status options_parse(const cli_command *command, int argc, char **argv, cli_options *options_out,
                             entrain_error *error_out);
void options_free(cli_options *options);

/// The command called @p name, or NULL.
const cli_command *command_find(const char *name);
/// The command name nearest to @p name, or NULL.
const char *command_nearest(const char *name);
void help_overview(FILE *to);
void help_command(FILE *to, const cli_command *command);

int command_run(const cli_options *options);
int command_sweep(const cli_options *options);
int command_validate(const cli_options *options);
int command_verify(const cli_options *options);
int command_bench(const cli_options *options);
int command_explore(const cli_options *options);
int command_list(const cli_options *options);
int command_show(const cli_options *options);
int command_diff(const cli_options *options);
int command_report(const cli_options *options);
int command_plot(const cli_options *options);
int command_help(const cli_options *options);

#endif
