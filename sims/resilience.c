// A run is a scenario like any other, written as JSON: what the table shows, `entrain run` shows again.
#include "sims/resilience.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sims/events.h"
#include "sims/interrupt.h"
#include "sims/scenario.h"

#define SAMPLE_S 0.1
#define BACK_S 0.5       // in the band so long without a break: back
#define REST_S 5.0       // held for so long at least
#define BACKLOG_ROOM 1.2 // chance makes so much of it

static const resilience_kind kinds[] = {
    {.name = "scramble",
     .unit = "share of phases drawn anew",
     .begin = "\"scramble\": $",
     .alone = true,
     .strengths = {0.1, 0.3, 0.5, 0.7, 0.9, 1},
     .count = 6,
     .promised = 0.7,
     .promise = "70 % scrambled"},
    {.name = "kill",
     .unit = "share of agents that die, for good",
     .begin = "\"kill\": $",
     .strengths = {0.1, 0.3, 0.5, 0.7, 0.8, 0.9},
     .count = 6,
     .promised = 0.5,
     .promise = "50 % dead"},
    {.name = "loss",
     .unit = "share of messages lost, for good",
     .begin = "\"loss\": $",
     .strengths = {0.1, 0.3, 0.5, 0.7, 0.9, 0.99},
     .count = 6,
     .promised = 0.3,
     .promise = "30 % lost"},
    {.name = "partition",
     .unit = "seconds in two halves, then healed",
     .begin = "\"partition\": 2",
     .end = "\"heal\": true",
     .strengths = {1, 2, 5, 10, 20, 40},
     .count = 6,
     .promised = INFINITY, // whichever
     .promise = "any partition"},
    {.name = "delay",
     .unit = "seconds that messages take, for good",
     .begin = "\"delay\": $",
     .strengths = {0.02, 0.05, 0.1, 0.2, 0.3, 0.5},
     .count = 6,
     .promised = NAN},
    {.name = "slow",
     .unit = "share that acts in each 10th tick only",
     .begin = "\"slow\": [$, 10]",
     .strengths = {0.1, 0.3, 0.5, 0.7, 0.9, 1},
     .count = 6,
     .promised = 1,
     .promise = "all 10 x slower"},
    {.name = "drift",
     .unit = "rad/s faster, half of the agents",
     .begin = "\"drift\": [0.5, $]",
     .strengths = {0.1, 0.3, 1, 2, 3, 5},
     .count = 6,
     .promised = NAN},
    {.name = "stubborn",
     .unit = "share that never moves again",
     .begin = "\"stubborn\": [$, 1]",
     .strengths = {0.1, 0.3, 0.5, 0.7, 0.9, 1},
     .count = 6,
     .promised = NAN},
    {.name = "starve",
     .unit = "share whose energy ends",
     .begin = "\"starve\": $",
     .strengths = {0.1, 0.3, 0.5, 0.7, 0.9, 1},
     .count = 6,
     .promised = NAN},
    {.name = "load",
     .unit = "times the requests, for 10 s",
     .begin = "\"load\": $",
     .alone = true,
     .end = "\"load\": 1",
     .seconds = 10,
     .backlog = true,
     .strengths = {2, 5, 10, 20, 50, 100},
     .count = 6,
     .promised = NAN},
    {.name = "service",
     .unit = "seconds of a service that fails",
     .begin = "\"service\": \"broken\"",
     .alone = true,
     .end = "\"service\": \"mended\"",
     .backlog = true,
     .strengths = {1, 2, 5, 10, 20, 40},
     .count = 6,
     .promised = NAN},
};

const resilience_kind *resilience_kind_at(uint32_t index) {
    return index < sizeof kinds / sizeof *kinds ? &kinds[index] : NULL;
}

static double lasts_s(const resilience_run *run) {
    return run->kind->end == NULL ? 0 : run->kind->seconds > 0 ? run->kind->seconds : run->strength;
}

// --- The scenario

// Beliefs outlive a scramble by a second, and would lead both halves of a partition back to where they were
// before; who is begun anew remembers nothing.
static void put_event(FILE *to, double at, const char *verb, double strength, const char *beside) {
    fprintf(to, "{\"at\": %.17g, %s", at, beside);
    for (; *verb != '\0'; verb++)
        if (*verb == '$')
            fprintf(to, "%.17g", strength);
        else
            fputc(*verb, to);
    fputc('}', to);
}

static char *scenario_words(const resilience_run *run) {
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        return NULL;
    const double end_s = RESILIENCE_SETTLE_S + lasts_s(run);
    fprintf(to,
            "{\"goal\": \"%s\", \"swarm\": {\"size\": %" PRIu32 "}, \"seed\": %" PRIu64
            ", \"time\": {\"duration\": %.17g}, \"record\": {\"every\": %g}, \"exec\": {\"workers\": 1}, "
            "%s\"events\": [",
            run->goal, run->size, run->seed, end_s + RESILIENCE_WATCH_S, SAMPLE_S,
            run->kind->backlog ? "" : "\"workload\": {\"pattern\": \"none\"}, ");
    put_event(to, RESILIENCE_SETTLE_S, run->kind->begin, run->strength,
              !run->scrambled          ? ""
              : run->kind->end != NULL ? "\"kill\": 1, \"revive\": 1, "
                                       : "\"scramble\": 1, ");
    if (run->kind->end != NULL) {
        fputs(", ", to);
        put_event(to, end_s, run->kind->end, run->strength, "");
    }
    fputs("]}", to);
    if (fclose(to) == 0)
        return text;
    free(text);
    return NULL;
}

// --- The run, sample by sample

typedef struct watch {
    const resilience_run *run;
    entrain_swarm *swarm;
    event_run events;
    double end_s;               // from then on it is to come back
    uint64_t backlog_most;      // before the disruption
    uint32_t before, before_in; // samples of the last seconds before it
    double back_s;              // the first sample of the unbroken stretch; NAN: out
    double entered_s;           // back for good; NAN
    uint64_t since, since_in;   // samples from there on
    resilience_result *result;
} watch;

static bool is_in(const watch *now, const entrain_phase_sample *sample, uint64_t queued) {
    if (now->run->kind->backlog)
        return (double)queued <= BACKLOG_ROOM * (double)now->backlog_most;
    entrain_goal_band band = entrain_agents_band(entrain_swarm_population(now->swarm));
    return entrain_goal_distance(&band, sample, NULL) <= 0;
}

static entrain_status look(watch *now) {
    entrain_phase_sample sample;
    entrain_workload_totals totals = {0};
    entrain_status status = entrain_swarm_sample(now->swarm, &sample);
    if (status == ENTRAIN_OK && now->run->kind->backlog)
        status = entrain_workload_measure(entrain_swarm_workload(now->swarm), &totals);
    if (status != ENTRAIN_OK)
        return entrain_error_set(&now->result->error, status, "The swarm could not be measured: %s.",
                                 entrain_status_text(status));
    const double t = sample.time_s, eps = SAMPLE_S / 2;
    const bool before = t < RESILIENCE_SETTLE_S - eps;
    if (before && t > RESILIENCE_SETTLE_S - REST_S) {
        now->backlog_most = totals.queued > now->backlog_most ? totals.queued : now->backlog_most;
        now->before++;
    }
    const bool in = is_in(now, &sample, totals.queued);
    if (before && t > RESILIENCE_SETTLE_S - REST_S)
        now->before_in += in;
    if (before)
        return ENTRAIN_OK;
    now->result->lowest = fmin(now->result->lowest, sample.coherence);
    if (totals.generated > 0)
        now->result->shed = (double)totals.shed / (double)totals.generated;
    if (t < now->end_s - eps)
        return ENTRAIN_OK;
    if (!in)
        now->back_s = NAN;
    else if (isnan(now->back_s))
        now->back_s = t;
    if (isnan(now->entered_s) && t - now->back_s >= BACK_S - eps) {
        now->entered_s = now->back_s;
        // The stretch itself was held.
        now->since = now->since_in = (uint64_t)((t - now->back_s) / SAMPLE_S + 0.5);
    }
    if (!isnan(now->entered_s)) {
        now->since++;
        now->since_in += in;
    }
    return ENTRAIN_OK;
}

static void judge(const watch *now, resilience_result *result) {
    result->settled = now->before > 0 && now->before_in >= ENTRAIN_HELD_SHARE * now->before;
    if (isnan(now->entered_s))
        return;
    result->held = (double)now->since_in / (double)now->since;
    result->recovered = result->held >= ENTRAIN_HELD_SHARE &&
                        now->entered_s <= now->end_s + RESILIENCE_WATCH_S - REST_S &&
                        !(now->run->kind->backlog && result->shed > 0);
    if (result->recovered)
        result->recovery_s = fmax(0, now->entered_s - now->end_s);
}

static entrain_status watch_all(watch *now, const scenario *given) {
    entrain_error *error = &now->result->error;
    entrain_status status = event_run_happen(&now->events, error);
    while (status == ENTRAIN_OK) {
        status = look(now);
        uint64_t tick = entrain_swarm_tick(now->swarm);
        if (status != ENTRAIN_OK || tick >= given->tick_count)
            break;
        uint64_t ticks = given->record_every_ticks;
        status = event_run_advance(
            &now->events, tick + ticks <= given->tick_count ? ticks : given->tick_count - tick, error);
        if (interrupt_requested()) // by whoever looks next: there are several engines
            status = ENTRAIN_CANCELLED;
    }
    return status;
}

resilience_result resilience_do(const resilience_run *run) {
    resilience_result result = {.recovery_s = NAN, .held = NAN, .lowest = 1};
    char *text = scenario_words(run);
    if (text == NULL || interrupt_requested()) {
        result.status = text == NULL ? ENTRAIN_NO_MEMORY : ENTRAIN_CANCELLED;
        free(text);
        return result;
    }
    scenario given = {0};
    const scenario_source source = {
        .path = "resilience.json", .sets = run->sets, .set_count = run->set_count};
    watch now = {.run = run,
                 .end_s = RESILIENCE_SETTLE_S + lasts_s(run),
                 .back_s = NAN,
                 .entered_s = NAN,
                 .result = &result};
    result.status = scenario_load_words(&source, text, &given, &result.error);
    if (result.status == ENTRAIN_OK)
        result.status = entrain_swarm_create(&given.swarm, &now.swarm, &result.error);
    if (result.status == ENTRAIN_OK)
        result.status = event_run_begin(&now.events, given.events, now.swarm, NULL, &result.error);
    if (result.status == ENTRAIN_OK)
        result.status = watch_all(&now, &given);
    if (result.status == ENTRAIN_OK)
        judge(&now, &result);
    event_run_end(&now.events);
    entrain_swarm_destroy(now.swarm);
    scenario_free(&given);
    free(text);
    return result;
}
