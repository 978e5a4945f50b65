// entrain explore: takes reference workloads through one legal order of messages after another, and says how
// to see the one again in which an answer was wrong.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "entrain/explore.h"
#include "sims/interrupt.h"
#include "sims/progress.h"
#include "sims/say.h"
#include "sims/words.h"
#include "sims/workloads.h"

enum { SEEDS_DEFAULT = 1000 };

typedef struct seed_range {
    uint64_t first, last;
} seed_range;

// What the progress line counts with.
typedef struct exploring {
    uint64_t done;
    const char *name;
} exploring;

static bool go_on(void *context, uint64_t seed) {
    exploring *now = context;
    (void)seed;
    progress_part(++now->done, now->name);
    return !interrupt_requested();
}

// "1..1000", "17".
static entrain_status parse_seeds(const char *text, seed_range *range_out, entrain_error *error_out) {
    char *end;
    errno = 0;
    bool digits = text[0] >= '0' && text[0] <= '9';
    range_out->first = range_out->last = strtoull(text, &end, 10);
    if (digits && strncmp(end, "..", 2) == 0 && end[2] >= '0' && end[2] <= '9')
        range_out->last = strtoull(end + 2, &end, 10);
    if (!digits || errno != 0 || *end != '\0' || range_out->last < range_out->first)
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--seeds takes two whole numbers, the smaller one first, as 1..1000, not \"%s\".",
            words_text(text).text);
    return ENTRAIN_OK;
}

static entrain_status understand(const cli_options *cli, workloads *chosen, seed_range *seeds,
                                 entrain_error *error_out) {
    *seeds = (seed_range){1, SEEDS_DEFAULT};
    entrain_status status = workloads_choose(cli, cli->operand, false, NULL, NULL, chosen, error_out);
    if (status == ENTRAIN_OK && cli->seeds != NULL)
        status = parse_seeds(cli->seeds, seeds, error_out);
    if (status != ENTRAIN_OK)
        return status;
    if (chosen->seeded && cli->seeds != NULL)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "--seed and --seeds: give one of them.");
    if (chosen->seeded)
        *seeds = (seed_range){chosen->seed, chosen->seed};
    if (cli->trace && (seeds->first != seeds->last || chosen->count != 1))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "--trace shows every message of one workload under one seed; name them, as in "
            "entrain explore dining --seed 17 --trace.");
    if (cli->trace && cli->json)
        return entrain_error_set(error_out, ENTRAIN_INVALID, "--trace and --json: give one of them.");
    return ENTRAIN_OK;
}

static void print_json(const workload *what, const entrain_exploration *seen, const char *sentence) {
    json_t *line = json_object();
    if (line == NULL)
        abort();
    json_object_set_new(line, "workload", json_string(what->reference->name));
    json_object_set_new(line, "seeds", json_integer((json_int_t)seen->seeds));
    json_object_set_new(line, "orders", json_integer((json_int_t)seen->orders));
    json_object_set_new(line, "messages", json_integer((json_int_t)seen->messages));
    json_object_set_new(line, "failed", json_boolean(seen->failed));
    if (seen->failed) {
        json_object_set_new(line, "seed", json_integer((json_int_t)seen->failed_seed));
        json_object_set_new(line, "sentence", json_string(sentence));
    }
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(line);
}

// The command that shows it again, with the sizes that were asked for.
static void print_replay(const cli_options *cli, const workload *what, uint64_t seed) {
    fprintf(stderr, "To see it again, message by message:\n  entrain explore %s --seed %" PRIu64,
            what->reference->name, seed);
    for (uint32_t s = 0; s < cli->set_count; s++)
        if (strncmp(cli->sets[s], "seed=", 5) != 0 &&
            strncmp(cli->sets[s], what->reference->name, strlen(what->reference->name)) == 0)
            fprintf(stderr, " --set %s", cli->sets[s]);
    fputs(" --trace\n", stderr);
}

static int explore_one(const cli_options *cli, const workload *what, const seed_range *seeds) {
    entrain_explore_config config = entrain_explore_config_defaults();
    entrain_exploration seen;
    entrain_error error = {0};
    exploring now = {.name = what->reference->name};
    config.reference = what->reference;
    config.parameters = what->parameters;
    config.seed_first = seeds->first;
    config.seed_last = seeds->last;
    config.trace = cli->trace ? stdout : NULL;
    config.go_on = go_on;
    config.context = &now;
    progress_begin_parts(NULL, seeds->last - seeds->first + 1, cli->quiet || cli->trace);
    entrain_status status = entrain_explore(&config, &seen, &error);
    progress_end();
    if (cli->json)
        print_json(what, &seen, error.sentence);
    else if (seen.seeds > 0)
        printf("  %-14s  %9s  %9s  %12s  %s\n", what->reference->name, text_count(seen.seeds).text,
               text_count(seen.orders).text, text_count(seen.messages).text, seen.failed ? "FAILED" : "ok");
    if (seeds->first == seeds->last && seen.seeds > 0 && !cli->json)
        printf("\nOrder signature of seed %" PRIu64 ": %016" PRIx64 "\n", seeds->first, seen.signature);
    if (status == ENTRAIN_OK)
        return interrupt_requested() ? EXIT_INTERRUPTED : EXIT_DONE;
    fflush(stdout);
    if (!seen.failed) {
        say_error("%s", error.sentence);
        return EXIT_FAILED;
    }
    say_error("with seed %" PRIu64 ", %s", seen.failed_seed, error.sentence);
    if (!cli->trace)
        print_replay(cli, what, seen.failed_seed);
    return EXIT_MISMATCH;
}

int command_explore(const cli_options *options) {
    workloads chosen;
    seed_range seeds;
    entrain_error error = {0};
    if (understand(options, &chosen, &seeds, &error) != ENTRAIN_OK) {
        say_error("%s", error.sentence);
        return EXIT_USAGE;
    }
    if (!options->json && !options->trace)
        printf("Orders of messages, one worker, seeds %" PRIu64 " to %" PRIu64
               "\n\n  %-14s  %9s  %9s  %12s\n",
               seeds.first, seeds.last, "workload", "schedules", "orders", "messages");
    int code = EXIT_DONE;
    for (uint32_t i = 0; i < chosen.count && code != EXIT_INTERRUPTED; i++) {
        int one = explore_one(options, &chosen.rows[i], &seeds);
        code = one != EXIT_DONE ? one : code;
    }
    if (code == EXIT_INTERRUPTED)
        say_note("interrupted; what is shown is complete schedules only");
    return code;
}
