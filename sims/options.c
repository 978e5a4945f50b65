// The command line. One table of commands and one of options; parsing, help and suggestions all read these
// two, so that what is refused, what is shown and what works cannot drift apart.
#include "sims/options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "entrain/scheduler.h"
#include "sims/bench_stats.h"
#include "sims/scenario.h"
#include "sims/say.h"
#include "sims/sweep_values.h"

static const cli_command commands[] = {
    {"run", "SCENARIO", 1, true,
     "goal scale strategy require-goal set disrupt seed workers policy transport load output timeout "
     "timeline checkpoint-every restore branch control no-control explain resume json quiet force",
     "run a scenario; write data, summary and pictures",
     "SCENARIO is a Lua file that returns a table, or the same as JSON. Agents that\n"
     "pursue a goal need none: entrain run --goal minimize-api-calls --scale medium.\n"
     "\n"
     "Files go to out/NAME-SEED/ under the current directory, or where -o says:\n"
     "  series.csv      one line per sample     } the same bytes for one scenario\n"
     "  summary.json    what came out           } and seed, whatever the workers,\n"
     "  phases.csv      final phases (thinned)  } policy, transport or machine\n"
     "  manifest.json   the resolved scenario; can be run again as a scenario\n"
     "  execution.json  how it was carried out: messages, memory, speed, workers\n"
     "  timing.csv      wall-clock time per sample\n"
     "  coherence.png, phases.png, where natural frequencies (powers) differ\n"
     "  frequencies.png (and .svg of each), where gnuplot is installed\n"
     "An earlier run's directory is replaced; any other one is refused (--force).\n"
     "\n"
     "A Lua file that calls simulate{...} or sweep{...} is a script: it decides what\n"
     "runs next, prints, and writes files by csv(). What it prints is in output.txt,\n"
     "each run in runs.jsonl; interrupted, --resume goes on. --set script.NAME=VALUE\n"
     "is given.NAME there, --seed and --workers are for all its runs, --timeout for\n"
     "each of them.\n"
     "\n"
     "--timeline FILE is a Chrome trace (JSON) of the workers: tasks, serial parts,\n"
     "waits; the last 65,536 of each worker. ui.perfetto.dev opens it. An earlier\n"
     "timeline is replaced; any other file is refused (--force).\n"
     "\n"
     "--disrupt 0.7@20s scrambles the phases of 70 % at t = 20 s; kill=0.5@20s,\n"
     "slow=0.1,10@20s, heal@30s and so on: an event of `entrain list events`, beside\n"
     "those of the scenario. Repeatable.\n"
     "\n"
     "Agents with a workload run twice: the second time with the same requests and\n"
     "nobody adjusting anything. What synchronizing was worth is the difference.\n"
     "Above 200,000 agents only with --control; --no-control leaves it out.\n"
     "\n"
     "--checkpoint-every 60s (5min, 1000ticks) writes DIR/checkpoint while it runs,\n"
     "whole or not at all, and once more at Ctrl-C or --timeout. --restore FILE (or\n"
     "DIR) goes on from there in the same directory, with any workers, policy and\n"
     "transport, and ends with the same bytes as if nothing had happened. --branch\n"
     "begins another run there:\n"
     "  entrain run --restore DIR --branch --set model.coupling=2\n"
     "\n"
     "SIGUSR1 prints how far the run is and changes nothing: kill -USR1 PID.\n"
     "\n"
     "What counts: defaults < scenario file < --goal, --scale, --strategy, --set,\n"
     "--seed, --workers, --policy, --transport, in the order given.\n",
     command_run},
    {"sweep", "SCENARIO", 1, true,
     "goal scale strategy set disrupt seed replicas order find only jobs dry-run resume on-error timeout "
     "load output json quiet force",
     "run a scenario over many values; a table, a picture",
     "What is swept says the scenario's table `sweep`, or the command line:\n"
     "  --set swarm.size=100,1000,10000   a list\n"
     "  --set model.coupling=0:4:0.25     from 0 to 4 in steps\n"
     "  --set swarm.size=100:1e6:x10      from 100 to 1e6, each ten times the last\n"
     "  --set swarm.size=100:1e6:log9     nine values, evenly in the logarithm\n"
     "  --set swarm.topology.kind=ring,star\n"
     "Several keys: every combination. One value takes a key out of the sweep. Texts\n"
     "with commas, and keys that take lists, stand in brackets: title=[\"a\",\"b\"].\n"
     "`entrain list sweeps` has the words of the table, `entrain list results` the\n"
     "columns of what comes out.\n"
     "\n"
     "--replicas 10 repeats each point with the seeds N, N + 1, ... of --seed N.\n"
     "--only 'size > 200 and replica == 1' carries out these alone; numbers stay.\n"
     "--order up,down climbs the last key and comes down again within one swarm:\n"
     "hysteresis. --find 'model.coupling=0:4 where coherence > 0.5 to 0.01' searches\n"
     "where that begins to hold, at every point.\n"
     "\n"
     "Files go to out/NAME-sweep/ under the current directory, or where -o says:\n"
     "  runs.jsonl     the journal: what is in it is never done twice (--resume)\n"
     "  results.csv    one line a run, the same bytes whatever -j and interruptions\n"
     "  aggregate.csv  mean, standard error, quantiles of each point's replicas\n"
     "  timing.csv     wall-clock time of each run\n"
     "  manifest.json  what was swept; can be swept again as a scenario\n"
     "  sweep.png, .svg, report.html\n"
     "A finished sweep's directory is replaced; one that is not finished is refused\n"
     "but for --resume, which goes on, or --force, which begins again.\n"
     "\n"
     "Exit code 4: some runs failed; results.csv says why. 130: interrupted. --resume\n"
     "does a failed run again only where its time was over and --timeout allows more\n"
     "now, or where its line was taken out of runs.jsonl.\n",
     command_sweep},
    {"verify", "SCENARIO", 1, true,
     "goal scale strategy set disrupt seed workers policy policies transport load ticks json quiet",
     "check that workers, policy, transport change no bit",
     "The scenario as it stands is the reference. Every scheduler policy (or those\n"
     "that --policies names) with 1, 2, 3 and 8 workers, in both transports, then\n"
     "every SIMD level of this machine and the other layouts must give the same\n"
     "samples to the last bit.\n"
     "A scenario that names an overflow policy or a mailbox capacity is compared in\n"
     "mailboxes only.\n",
     command_verify},
    {"validate", "", 0, false, "quick full filter workers report load json quiet force",
     "check the engine against the known answers of theory",
     "Every known answer is measured and printed: expected, measured, how far off,\n"
     "tolerance, source. What has an exact answer goes through both transports, which\n"
     "must agree in every bit. Exit code 3 if any row fails.\n"
     "\n"
     "--quick, the default, takes smaller samples and the wider tolerances that go\n"
     "with them, and says so; --full is the whole table, some minutes. --filter\n"
     "T5,M10 or --filter ring names checks by number, or by a word of their title.\n"
     "\n"
     "--report FILE.html (or FILE.md, with pictures beside it) holds the table, the\n"
     "machine's and the build's facts, and pictures with theory's curve through\n"
     "measured points: r over K for Lorentz, normal and noise; relaxation; modes of a\n"
     "ring; time to coherence.\n",
     command_validate},
    {"bench", "WHAT", 1, true,
     "policies workers sizes filter size seeds repeat seconds baseline goal scale strategy set seed "
     "transport "
     "load output json quiet force",
     "measure a scenario under policies, workers, sizes",
     "WHAT is a scenario file: each policy runs it with each number of workers at each\n"
     "size, in turns, so that whatever disturbs the machine disturbs all alike. All\n"
     "must reach the fingerprint of the policy `serial`; one that does not is WRONG,\n"
     "and its time is not shown.\n"
     "\n"
     "Or one of the subjects\n"
     "  coupling    a bare loop, a libm loop, both transports: what an actor costs\n"
     "  patterns    a mutex, an atomic, a mailbox, ck_epoch: what sharing costs\n"
     "  imbalance   hubs, slow tasks, moving costs: where stealing pays, where not;\n"
     "              --sizes is the number of tasks\n"
     "  precision   a network of oscillators solved to seven digits, beside plain C\n"
     "  agents      agents that pursue a goal beside plain oscillators: their price\n"
     "  resilience  disruptions, ever stronger: where a swarm stops recovering;\n"
     "              --seeds 1..5 of each, --sizes; --workers shares the runs\n"
     "  actors      what a message costs in workloads (`entrain list workloads`);\n"
     "              --filter names some, --set big.actors=100 sizes them\n"
     "(a file of such a name: ./coupling).\n"
     "\n"
     "-o DIR gets bench.csv, bench.jsonl and, where gnuplot is installed, bench.png\n"
     "and bench.svg.\n",
     command_bench},
    {"explore", "[WORKLOAD]", 1, false, "seeds seed trace set json quiet",
     "run workloads under many orders of messages",
     "WORKLOAD is one or more of `entrain list workloads`, separated by commas;\n"
     "default all. Each runs once per seed, on one worker, which takes a random actor\n"
     "with mail each time: the seed decides on the order of all messages, and nothing\n"
     "else does. Each run must come to its end, lose nothing, and give the right\n"
     "answer. The first order in which one does not is reported with the command that\n"
     "shows it again.\n"
     "\n"
     "--set dining.seats=7 changes a size; --trace prints every message as it is\n"
     "handled, for one workload and one --seed.\n",
     command_explore},
    {"list", "[TOPIC]", 1, false, "load json", "what there is to choose from",
     "Topics: goals, scales, strategies, requests, topologies, models, policies,\n"
     "transports, distributions, samplings, integrators, normalise, overflow, simd,\n"
     "layouts, events, workloads, sweeps, results, keys.\n"
     "Without a topic: what each is about.\n",
     command_list},
    {"show", "DIR", 1, true, "explain json", "print the summary of a run's or a sweep's directory", NULL,
     command_show},
    {"diff", "DIR DIR", 2, true, "load json quiet", "where two runs, or two sweeps, part",
     "Two runs: which keys of their scenarios differ, which files, and the first\n"
     "sample and columns in which their series do. Then both are run again side by\n"
     "side from their manifests, tick by tick from the last sample in which they\n"
     "agree, to name the first tick, actor and field where they part, with all digits.\n"
     "Two sweeps: which runs and columns of results.csv differ.\n"
     "\n"
     "Workers, policy, transport, SIMD and layout change no result; wall-clock figures\n"
     "are not compared. Exit code 0: the same results, 3: they differ.\n",
     command_diff},
    {"report", "DIR", 1, true, "json quiet", "write a page with figures, pictures and commands",
     "DIR/report.html, of a run, a sweep or a script: one page that needs no other\n"
     "file and fetches nothing: what was asked, what came out, the pictures, the\n"
     "files, the commands that repeat it, the machine. A sweep writes it by itself.\n",
     command_report},
    {"plot", "DIR", 1, true, "result quiet", "draw the pictures of a run, a sweep or a script again",
     "From the files in DIR alone, finished or not:\n"
     "  a run's      coherence, phases, frequencies, from series.csv and phases.csv\n"
     "  a sweep's    sweep.png: the result over what was swept, with error bars, or a\n"
     "               heat map; theory's curve where the rows have it\n"
     "  a script's   NAME.png for each NAME.csv: the columns over the first\n"
     "and each as .svg. --result draws another column of results.csv, as\n"
     "sweep-NAME.png, or, of a run, one of series.csv, as series.png.\n",
     command_plot},
    {"help", "[COMMAND]", 1, false, "", "this text, or more about one command", NULL, command_help},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

typedef struct option_row {
    const char *name;
    char letter;       // 0: none
    const char *value; // NULL: a switch
    const char *summary;
} option_row;

static const option_row option_rows[] = {
    {"goal", 0, "NAME", "what the swarm is after (`entrain list goals`)"},
    {"scale", 0, "NAME", "how many agents (`entrain list scales`); default medium"},
    {"strategy", 0, "NAME", "what each agent does (`entrain list strategies`)"},
    {"require-goal", 0, NULL, "exit code 5 unless the goal is met"},
    {"set", 0, "KEY=VALUE", "set one key (`entrain list keys`); repeatable"},
    {"disrupt", 0, "WHAT@TIME", "0.7@20s, kill=0.5@20s; `entrain list events`; repeatable"},
    {"seed", 0, "N|random", "the seed of everything; random draws one and prints it"},
    {"replicas", 0, "N", "runs of each point, with seeds counted from the first"},
    {"order", 0, "ORDER", "balanced, given; up, down, or up,down: a ladder"},
    {"find", 0, "WHAT", "KEY=LOW:HIGH where CONDITION [to TOLERANCE]"},
    {"only", 0, "CONDITION", "carry out these runs alone, as 'size > 200'"},
    {"jobs", 'j', "N", "workers in all; default: the cpus this process may use"},
    {"dry-run", 0, NULL, "list the runs and what they cost, and run nothing"},
    {"on-error", 0, "WHAT", "continue (the default), or stop, when a run fails"},
    {"policies", 0, "LIST|all", "policies to compare, as steal,static; default all"},
    {"workers", 0, "N", "worker threads; default: the cpus this process may use"},
    {"sizes", 0, "LIST", "swarm sizes, as 1e3,1e5; default: the scenario's"},
    {"quick", 0, NULL, "small samples, wider tolerances: seconds; the default"},
    {"full", 0, NULL, "the whole table: minutes"},
    {"filter", 0, "LIST", "workloads of bench actors, as ping-pong,flood; default all"},
    {"size", 0, "quick|normal", "of workloads; default normal: those of our peers"},
    {"seeds", 0, "A..B", "seeds of schedules, as 1..1000, the default"},
    {"repeat", 0, "N", "measurements of each, 1 to 1000; default 10"},
    {"seconds", 0, "S", "length of a measurement; default 0.2, subjects less"},
    {"baseline", 0, "FILE", "compare with an earlier bench.jsonl"},
    {"policy", 0, "NAME", "scheduler policy (`entrain list policies`)"},
    {"transport", 0, "NAME", "mailbox or publish"},
    {"load", 0, "FILE.so", "a plug-in with policies, models, topologies; repeatable"},
    {"output", 'o', "DIR", "where files go; - writes series.csv to stdout and no files"},
    {"timeout", 0, "SECONDS", "end at the first tick boundary after so much wall time"},
    {"report", 0, "FILE", "write a page with pictures: FILE.html, or FILE.md and .svg"},
    {"timeline", 0, "FILE", "write what each worker did when, for ui.perfetto.dev"},
    {"checkpoint-every", 0, "TIME", "write DIR/checkpoint that often: 60s, 5min, 1000ticks"},
    {"restore", 0, "FILE", "go on from a checkpoint, or the one in a run's directory"},
    {"branch", 0, NULL, "with --restore: as a new run, with what is set now"},
    {"ticks", 0, "N", "compare the first N ticks only"},
    {"result", 0, "NAME", "what to draw, a column of results.csv; default coherence"},
    {"trace", 0, NULL, "print every message as it is handled"},
    {"control", 0, NULL, "run the control above 200,000 agents, too"},
    {"no-control", 0, NULL, "no control run"},
    {"explain", 0, NULL, "tell in some sentences what happened, with the figures"},
    {"json", 0, NULL, "print JSON on stdout instead of text"},
    {"quiet", 0, NULL, "no progress, no notes, no summary in words; errors only"},
    {"resume", 0, NULL, "go on with a script that was interrupted"},
    {"force", 0, NULL, "write into DIR even if it is not an Entrain run's"},
};
enum { OPTION_COUNT = sizeof option_rows / sizeof *option_rows };

// Options that mean something else to one command.
static const option_row rows_of_bench[] = {
    {"workers", 0, "LIST", "numbers of workers; default 1 and the cpus there are"},
    {"output", 'o', "DIR", "where files go; default: none are written"},
    {"json", 0, NULL, "print lines of JSON on stdout instead of a table"},
    {"seeds", 0, "A..B", "seeds of bench resilience, default 1..5"},
    {"force", 0, NULL, "write into DIR even if it is not an Entrain benchmark's"},
};

static const option_row rows_of_validate[] = {
    {"workers", 0, "N", "threads that share the checks; default: the cpus there are"},
    {"filter", 0, "LIST", "only these checks, as T5,M10 or a word of a title"},
    {"force", 0, NULL, "write --report over a file that is not an earlier report"},
};

static const option_row rows_of_sweep[] = {
    {"set", 0, "KEY=VALUES", "one value, a list, or a range; repeatable"},
    {"seed", 0, "N|random", "the first replica's; random draws one and prints it"},
    {"output", 'o', "DIR", "where files go; default out/NAME-sweep"},
    {"timeout", 0, "SECONDS", "a run that takes longer has failed"},
    {"resume", 0, NULL, "go on with a sweep that was interrupted"},
    {"json", 0, NULL, "progress as JSON on stderr, the end as JSON on stdout"},
    {"force", 0, NULL, "begin again, over an unfinished sweep or other files"},
};

// The row as @p command means it.
static const option_row *row_for(const cli_command *command, const option_row *row) {
    const option_row *own = NULL;
    size_t count = 0;
    if (command->run == command_bench) {
        own = rows_of_bench;
        count = sizeof rows_of_bench / sizeof *rows_of_bench;
    } else if (command->run == command_sweep) {
        own = rows_of_sweep;
        count = sizeof rows_of_sweep / sizeof *rows_of_sweep;
    } else if (command->run == command_validate) {
        own = rows_of_validate;
        count = sizeof rows_of_validate / sizeof *rows_of_validate;
    }
    for (size_t i = 0; i < count; i++)
        if (strcmp(own[i].name, row->name) == 0)
            return &own[i];
    return row;
}

// Whether the words of @p names, separated by blanks, include @p name.
static bool includes(const char *names, const char *name) {
    size_t size = strlen(name);
    for (const char *at = names; (at = strstr(at, name)) != NULL; at += size) {
        bool begins = at == names || at[-1] == ' ', ends = at[size] == ' ' || at[size] == '\0';
        if (begins && ends)
            return true;
    }
    return false;
}

const cli_command *command_find(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

const char *command_nearest(const char *name) {
    const char *names[COMMAND_COUNT + 1] = {NULL};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    return entrain_nearest_word(name, names);
}

static const option_row *option_find(const char *name, size_t size) {
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(option_rows[i].name) == size && memcmp(option_rows[i].name, name, size) == 0)
            return &option_rows[i];
    return NULL;
}

static entrain_status refuse_option(const cli_command *command, const char *typed, entrain_error *error_out) {
    const char *names[OPTION_COUNT + 2] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (includes(command->option_names, option_rows[i].name))
            names[count++] = option_rows[i].name;
    names[count++] = "help";
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(typed, "="), typed + strspn(typed, "-"));
    word[strcspn(word, "=")] = '\0';
    const char *nearest = NULL;
    for (size_t i = 0; nearest == NULL && strlen(word) > 2 && names[i] != NULL; i++)
        if (strncmp(names[i], word, strlen(word)) == 0) // --out: the one that it begins, not --set
            nearest = names[i];
    if (nearest == NULL)
        nearest = entrain_nearest_word(word, names);
    if (nearest != NULL)
        return entrain_error_set(error_out, ENTRAIN_UNKNOWN, "%s has no option %s; did you mean --%s?",
                                 command->name, typed, nearest);
    return entrain_error_set(error_out, ENTRAIN_UNKNOWN,
                             "%s has no option %s; `entrain help %s` names those it has.", command->name,
                             typed, command->name);
}

static entrain_status parse_positive(const char *option, const char *text, double *value_out,
                                     entrain_error *error_out) {
    char *end = NULL;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || value <= 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "--%s takes a number above 0, not \"%s\".",
                                 option, text);
    *value_out = value;
    return ENTRAIN_OK;
}

static bool all_digits(const char *text) { return *text != '\0' && text[strspn(text, "0123456789")] == '\0'; }

static entrain_status parse_count(const char *option, const char *text, uint32_t most, uint32_t *count_out,
                                  entrain_error *error_out) {
    const unsigned long long count = all_digits(text) ? strtoull(text, NULL, 10) : 0;
    if (count - 1 >= most)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "--%s takes a whole number from 1 to %u, not \"%s\".", option, most, text);
    *count_out = (uint32_t)count;
    return ENTRAIN_OK;
}

// A seed that can be retyped by hand: 32 bits.
static entrain_status draw_seed(char *text_out, size_t size, entrain_error *error_out) {
    uint32_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        entrain_error_set(error_out, ENTRAIN_SYSTEM,
                          "--seed random: the system gave no random bits (%s); give a number.",
                          strerror(errno));
        return ENTRAIN_SYSTEM;
    }
    snprintf(text_out, size, "%u", seed);
    return ENTRAIN_OK;
}

// Options that are another spelling of --set.
static const struct {
    const char *option, *key;
} sugar[] = {{"seed", "seed"},
             {"workers", "exec.workers"},
             {"policy", "exec.policy"},
             {"transport", "exec.transport"},
             {"goal", "goal"},
             {"scale", "scale"},
             {"strategy", "agent.strategy"}};

static entrain_status take_sugar(cli_options *options, const char *name, const char *key, const char *value,
                                 entrain_error *error_out) {
    char *text = options->texts[options->text_count];
    size_t size = sizeof options->texts[0];
    char drawn[16];
    if (strcmp(name, "seed") == 0) {
        if (strcmp(value, "random") == 0) {
            entrain_status status = draw_seed(drawn, sizeof drawn, error_out);
            if (status != ENTRAIN_OK)
                return status;
            value = drawn;
        } else if (!all_digits(value)) {
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "--seed takes a whole number from 0 up, or the word random, not \"%s\".",
                                     value);
        }
    }
    if (strcmp(name, "workers") == 0 &&
        (!all_digits(value) || strtoull(value, NULL, 10) - 1 >= ENTRAIN_WORKERS_MAX))
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "--workers takes a whole number from 1 to %d, not \"%s\".",
                                 ENTRAIN_WORKERS_MAX, value);
    int needed = snprintf(text, size, "%s=%s", key, value);
    if (needed < 0 || (size_t)needed >= size)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "--%s takes something shorter than \"%s\".",
                                 name, value);
    options->text_count++;
    options->sets[options->set_count++] = text;
    options->has_goal = options->has_goal || strcmp(name, "goal") == 0 || strcmp(name, "scale") == 0;
    return ENTRAIN_OK;
}

static entrain_status take_option(cli_options *options, const option_row *row, const char *value,
                                  entrain_error *error_out) {
    const char *name = row->name;
    if (strcmp(name, "workers") == 0 &&
        (options->command->run == command_bench || options->command->run == command_validate)) {
        options->workers = value; // the command reads it: bench takes a list
        return ENTRAIN_OK;
    }
    for (size_t i = 0; i < sizeof sugar / sizeof *sugar; i++)
        if (strcmp(name, sugar[i].option) == 0)
            return take_sugar(options, name, sugar[i].key, value, error_out);
    if (strcmp(name, "set") == 0) {
        if (strchr(value, '=') == NULL || *value == '=')
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "--set takes KEY=VALUE, such as swarm.size=1000, not \"%s\".", value);
        options->sets[options->set_count++] = value;
    } else if (strcmp(name, "disrupt") == 0) {
        options->disruptions[options->disruption_count++] = value;
    } else if (strcmp(name, "load") == 0) {
        if (*value == '\0')
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "--load takes the path of a shared object, such as ./my_policy.so.");
        options->loads[options->load_count++] = value;
    } else if (strcmp(name, "output") == 0) {
        if (*value == '\0') // only run takes a -
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     options->command->run == command_run
                                         ? "-o takes a directory, or - for stdout."
                                         : "-o takes a directory.");
        options->output = value;
    } else if (strcmp(name, "timeline") == 0) {
        if (*value == '\0')
            return entrain_error_set(error_out, ENTRAIN_INVALID, "--timeline takes a file.");
        options->timeline = value;
    } else if (strcmp(name, "checkpoint-every") == 0) {
        options->checkpoint_every = value;
    } else if (strcmp(name, "restore") == 0) {
        if (*value == '\0')
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "--restore takes a checkpoint, or a run's directory.");
        options->restore = value;
    } else if (strcmp(name, "branch") == 0) {
        options->branch = true;
    } else if (strcmp(name, "report") == 0) {
        options->report = value;
    } else if (strcmp(name, "result") == 0) {
        options->result = value;
    } else if (strcmp(name, "replicas") == 0) {
        return parse_count(name, value, 1000000, &options->replicas, error_out);
    } else if (strcmp(name, "jobs") == 0) {
        return parse_count(name, value, ENTRAIN_WORKERS_MAX, &options->jobs, error_out);
    } else if (strcmp(name, "order") == 0) {
        options->order = value;
    } else if (strcmp(name, "find") == 0) {
        options->find = value;
    } else if (strcmp(name, "only") == 0) {
        options->only = value;
    } else if (strcmp(name, "dry-run") == 0) {
        options->dry_run = true;
    } else if (strcmp(name, "on-error") == 0) {
        if (strcmp(value, "continue") != 0 && strcmp(value, "stop") != 0)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "--on-error takes continue or stop, not \"%s\".", value);
        options->on_error_stop = value[0] == 's';
    } else if (strcmp(name, "quick") == 0) {
        options->quick = true;
    } else if (strcmp(name, "full") == 0) {
        options->full = true;
    } else if (strcmp(name, "timeout") == 0) {
        return parse_positive(name, value, &options->timeout_s, error_out);
    } else if (strcmp(name, "ticks") == 0) {
        errno = 0;
        options->tick_limit = all_digits(value) ? strtoull(value, NULL, 10) : 0;
        if (options->tick_limit == 0 || errno != 0)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "--ticks takes a whole number from 1 up, not \"%s\".", value);
    } else if (strcmp(name, "policies") == 0) {
        options->policies = value;
    } else if (strcmp(name, "sizes") == 0) {
        options->sizes = value;
    } else if (strcmp(name, "filter") == 0) {
        options->filter = value;
    } else if (strcmp(name, "size") == 0) {
        options->size = value;
    } else if (strcmp(name, "seeds") == 0) {
        options->seeds = value;
    } else if (strcmp(name, "baseline") == 0) {
        options->baseline = value;
    } else if (strcmp(name, "seconds") == 0) {
        return parse_positive(name, value, &options->seconds, error_out);
    } else if (strcmp(name, "repeat") == 0) {
        unsigned long long count = all_digits(value) ? strtoull(value, NULL, 10) : 0;
        if (count - 1 >= BENCH_REPEATS_MAX)
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "--repeat takes a whole number from 1 to %d, not \"%s\".",
                                     BENCH_REPEATS_MAX, value);
        options->repeats = (uint32_t)count;
    } else if (strcmp(name, "control") == 0) {
        options->control = true;
    } else if (strcmp(name, "no-control") == 0) {
        options->no_control = true;
    } else if (strcmp(name, "explain") == 0) {
        options->explain = true;
    } else if (strcmp(name, "json") == 0) {
        options->json = true;
    } else if (strcmp(name, "quiet") == 0) {
        options->quiet = true;
    } else if (strcmp(name, "resume") == 0) {
        options->resume = true;
    } else if (strcmp(name, "require-goal") == 0) {
        options->require_goal = true;
    } else if (strcmp(name, "trace") == 0) {
        options->trace = true;
    } else if (strcmp(name, "force") == 0) {
        options->force = true;
    }
    return ENTRAIN_OK;
}

static entrain_status take_operand(cli_options *options, const char *text, entrain_error *error_out) {
    const cli_command *command = options->command;
    if (command->operand_max == 0)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "%s takes options only, not \"%s\".",
                                 command->name, text);
    if (options->operand != NULL && options->operand_second == NULL && command->operand_max > 1) {
        options->operand_second = text;
        return ENTRAIN_OK;
    }
    if (options->operand != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "%s takes one %s; \"%s\" is one too many.",
                                 command->name, command->operands, text);
    options->operand = text;
    return ENTRAIN_OK;
}

// One option at argv[*at], "--name", "--name=value", "-o", "-oDIR"; moves *at over a value taken from the
// next word.
static entrain_status parse_option(cli_options *options, int argc, char **argv, int *at,
                                   entrain_error *error_out) {
    const char *typed = argv[*at], *value = NULL;
    const option_row *row = NULL;
    if (typed[1] == '-') {
        size_t size = strcspn(typed + 2, "=");
        row = option_find(typed + 2, size);
        if (typed[2 + size] == '=')
            value = typed + 3 + size;
    } else {
        for (size_t i = 0; i < OPTION_COUNT; i++)
            if (option_rows[i].letter == typed[1])
                row = &option_rows[i];
        if (row != NULL && typed[2] != '\0')
            value = typed + 2;
    }
    if (row == NULL || !includes(options->command->option_names, row->name))
        return refuse_option(options->command, typed, error_out);
    if (row->value == NULL && value != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "--%s takes no value.", row->name);
    if (row->value != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return entrain_error_set(error_out, ENTRAIN_INVALID, "--%s needs a value: %s.", row->name,
                                     row->value);
        value = argv[++*at];
    }
    return take_option(options, row, value != NULL ? value : "", error_out);
}

// argv as one text that a shell reads back; without --force where that is to go on.
static char *words_typed(int argc, char **argv, bool to_go_on) {
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        return NULL;
    fputs("entrain", to);
    for (int i = 1; i < argc; i++) {
        if (to_go_on && strcmp(argv[i], "--force") == 0)
            continue;
        char *quoted = sweep_quote(argv[i]);
        fprintf(to, " %s", quoted != NULL ? quoted : argv[i]);
        free(quoted);
    }
    if (fclose(to) == 0)
        return text;
    free(text);
    return NULL;
}

entrain_status options_parse(const cli_command *command, int argc, char **argv, cli_options *options_out,
                             entrain_error *error_out) {
    // Each word yields at most one setting.
    size_t room = argc > 0 ? (size_t)argc : 1;
    cli_options options = {.command = command, .sets = calloc(room, sizeof *options.sets)};
    options.texts = calloc(room, sizeof *options.texts);
    options.typed = words_typed(argc, argv, false);
    options.typed_on = words_typed(argc, argv, true);
    options.loads = calloc(room, sizeof *options.loads);
    options.disruptions = calloc(room, sizeof *options.disruptions);
    if (options.sets == NULL || options.texts == NULL || options.loads == NULL ||
        options.disruptions == NULL || options.typed == NULL || options.typed_on == NULL) {
        entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for the command line.");
        options_free(&options);
        return ENTRAIN_NO_MEMORY;
    }

    entrain_status status = ENTRAIN_OK;
    bool only_operands = false;
    for (int at = 2; at < argc && status == ENTRAIN_OK; at++) {
        if (!only_operands && strcmp(argv[at], "--") == 0)
            only_operands = true;
        else if (only_operands || argv[at][0] != '-' || argv[at][1] == '\0')
            status = take_operand(&options, argv[at], error_out);
        else
            status = parse_option(&options, argc, argv, &at, error_out);
    }
    if (status == ENTRAIN_OK && options.branch && options.restore == NULL)
        status = entrain_error_set(error_out, ENTRAIN_INVALID,
                                   "--branch needs --restore FILE, the checkpoint to begin at.");
    if (status == ENTRAIN_OK && options.operand == NULL && options.has_goal && options.restore == NULL)
        options.operand = SCENARIO_NO_FILE;
    if (status == ENTRAIN_OK && command->operand_needed && options.operand == NULL && options.restore == NULL)
        status = entrain_error_set(
            error_out, ENTRAIN_INVALID, "%s needs a %s%s; `entrain help %s` says more.", command->name,
            command->operands, includes(command->option_names, "goal") ? ", or --goal or --scale" : "",
            command->name);
    if (status != ENTRAIN_OK) {
        options_free(&options);
        return status;
    }
    *options_out = options;
    return ENTRAIN_OK;
}

void options_free(cli_options *options) {
    free(options->sets);
    free(options->loads);
    free(options->disruptions);
    free(options->texts);
    free(options->typed);
    free(options->typed_on);
    *options = (struct cli_options){0};
}

static void print_options(FILE *to, const cli_command *command) {
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const option_row *row = &option_rows[i];
        if (!includes(command->option_names, row->name))
            continue;
        row = row_for(command, row);
        char left[40];
        if (row->letter != 0)
            snprintf(left, sizeof left, "-%c, --%s %s", row->letter, row->name, row->value);
        else
            snprintf(left, sizeof left, "--%s %s", row->name, row->value != NULL ? row->value : "");
        fprintf(to, "  %-19s %s\n", left, row->summary);
    }
}

void help_overview(FILE *to) {
    fputs("Entrain runs swarms of actors that synchronize.\n\n", to);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", commands[i].name, commands[i].operands);
        fprintf(to, "  entrain %-16s %s\n", left, commands[i].summary);
    }
    fputs("\n`entrain help COMMAND` names a command's options; `entrain --version` says which\n"
          "build this is.\n\n"
          "Exit codes: 0 done, 1 the run failed, 2 usage or a bad scenario, 3 mismatch\n"
          "(verify, validate, bench, explore, diff), 4 sweep partly failed, 5 goal not met\n"
          "(run --require-goal), 130 interrupted, with the files complete up to there.\n",
          to);
}

void help_command(FILE *to, const cli_command *command) {
    fprintf(to, "entrain %s %s%s\n\n%c%s.\n", command->name, command->operands,
            *command->option_names != '\0' ? " [OPTIONS]" : "", command->summary[0] - 'a' + 'A',
            command->summary + 1);
    if (command->details != NULL)
        fprintf(to, "\n%s", command->details);
    if (*command->option_names != '\0') {
        fputs("\nOptions:\n", to);
        print_options(to, command);
    }
}

int command_help(const cli_options *options) {
    if (options->operand == NULL) {
        help_overview(stdout);
        return EXIT_DONE;
    }
    const cli_command *about = command_find(options->operand);
    if (about == NULL) {
        const char *nearest = command_nearest(options->operand);
        say_error("there is no command \"%s\"%s%s%s", options->operand,
                  nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
                  nearest != NULL ? "?" : "; `entrain help` names those there are.");
        return EXIT_USAGE;
    }
    help_command(stdout, about);
    return EXIT_DONE;
}
