// Goals, scales and strategies, and whether a swarm got where its goal wants it: judged from outside, by
// samples.
#include "entrain/goal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

entrain_goal_facts entrain_goal_look(entrain_goal goal) {
    static const entrain_goal_facts facts[ENTRAIN_GOAL_COUNT + 1] = {
        [ENTRAIN_GOAL_COHERENCE] = {.name = "coherence",
                                    .key = '-',
                                    .summary = "no goal of its own: agree on a phase",
                                    .band = "coherence from the scale's target up",
                                    .low = 0.8,
                                    .high = 1,
                                    .strategy = ENTRAIN_STRATEGY_FREQUENCY_LOCK},
        [ENTRAIN_GOAL_MINIMIZE_API_CALLS] = {.name = "minimize-api-calls",
                                             .key = 'B',
                                             .summary = "act together, so that requests share calls",
                                             .band = "coherence 0.85 to 1",
                                             .low = 0.85,
                                             .high = 1,
                                             .strategy = ENTRAIN_STRATEGY_FREQUENCY_LOCK},
        [ENTRAIN_GOAL_DISTRIBUTE_LOAD] = {.name = "distribute-load",
                                          .key = 'L',
                                          .summary = "spread evenly in time",
                                          .band =
                                              "even gaps (Gini up to 0.1); above 200 agents r_1 .. r_8 up to "
                                              "0.1 and peak load up to 1.25",
                                          .low = 0,
                                          .high = ENTRAIN_SPREAD_MOMENT,
                                          .spread = true,
                                          .strategy = ENTRAIN_STRATEGY_PULSE},
        [ENTRAIN_GOAL_REACH_CONSENSUS] = {.name = "reach-consensus",
                                          .key = 'C',
                                          .summary = "a quorum agrees, and groups remain",
                                          .band = "coherence 0.5 to 0.7, from both sides",
                                          .low = 0.5,
                                          .high = 0.7,
                                          .strategy = ENTRAIN_STRATEGY_FREQUENCY_LOCK},
        [ENTRAIN_GOAL_MINIMIZE_LATENCY] = {.name = "minimize-latency",
                                           .key = 'T',
                                           .summary = "act at once: into the band as fast as can be",
                                           .band = "coherence 0.8 to 1",
                                           .low = 0.8,
                                           .high = 1,
                                           .strategy = ENTRAIN_STRATEGY_PHASE_NUDGE},
        [ENTRAIN_GOAL_SAVE_ENERGY] = {.name = "save-energy",
                                      .key = 'E',
                                      .summary = "sparse coordination at the least energy",
                                      .band = "coherence 0.4 to 0.6, from both sides",
                                      .low = 0.4,
                                      .high = 0.6,
                                      .strategy = ENTRAIN_STRATEGY_ENERGY_AWARE},
        [ENTRAIN_GOAL_MAINTAIN_RHYTHM] = {.name = "maintain-rhythm",
                                          .key = 'M',
                                          .summary = "a steady beat",
                                          .band = "coherence 0.85 to 1",
                                          .low = 0.85,
                                          .high = 1,
                                          .strategy = ENTRAIN_STRATEGY_FREQUENCY_LOCK},
        [ENTRAIN_GOAL_RECOVER_FROM_FAILURE] = {.name = "recover-from-failure",
                                               .key = 'F',
                                               .summary = "independence, so that failures do not spread",
                                               .band = "coherence 0.2 to 0.4, through failures",
                                               .low = 0.2,
                                               .high = 0.4,
                                               .strategy = ENTRAIN_STRATEGY_FREQUENCY_LOCK},
        [ENTRAIN_GOAL_ADAPT_TO_TRAFFIC] = {.name = "adapt-to-traffic",
                                           .key = 'A',
                                           .summary = "elastic: the tighter, the more there is to do",
                                           .band = "coherence 0.6 to 0.8, with the load",
                                           .low = 0.6,
                                           .high = 0.8,
                                           .strategy = ENTRAIN_STRATEGY_ADAPTIVE},
    };
    return facts[(uint32_t)goal < ENTRAIN_GOAL_COUNT ? goal : ENTRAIN_GOAL_COUNT];
}

entrain_goal entrain_goal_find(const char *name) {
    for (uint32_t g = 0; g < ENTRAIN_GOAL_COUNT; g++) {
        const entrain_goal_facts facts = entrain_goal_look((entrain_goal)g);
        const char upper = (char)(name[0] >= 'a' && name[0] <= 'z' ? name[0] - 'a' + 'A' : name[0]);
        if (strcmp(name, facts.name) == 0 || (upper == facts.key && upper != '-' && name[1] == '\0'))
            return (entrain_goal)g;
    }
    return ENTRAIN_GOAL_COUNT;
}

static const char *const strategy_texts[ENTRAIN_STRATEGY_COUNT][2] = {
    [ENTRAIN_STRATEGY_PHASE_NUDGE] = {"phase-nudge", "turns a little towards where it believes the swarm is"},
    [ENTRAIN_STRATEGY_FREQUENCY_LOCK] = {"frequency-lock",
                                         "learns its neighbours' mean frequency, and nudges"},
    [ENTRAIN_STRATEGY_PULSE] = {"pulse", "fires when its phase comes round, and is moved by those it hears"},
    [ENTRAIN_STRATEGY_ENERGY_AWARE] = {"energy-aware", "frequency-lock, as far as its energy goes"},
    [ENTRAIN_STRATEGY_ADAPTIVE] = {"adaptive", "one of the others, by the progress that it sees"},
};

const char *entrain_strategy_name(entrain_strategy strategy) {
    return (uint32_t)strategy < ENTRAIN_STRATEGY_COUNT ? strategy_texts[strategy][0] : NULL;
}

const char *entrain_strategy_summary(entrain_strategy strategy) {
    return (uint32_t)strategy < ENTRAIN_STRATEGY_COUNT ? strategy_texts[strategy][1] : NULL;
}

entrain_scale_facts entrain_scale_look(entrain_scale scale) {
    static const entrain_scale_facts facts[ENTRAIN_SCALE_COUNT + 1] = {
        [ENTRAIN_SCALE_TINY] = {"tiny", 20, 0.95},      [ENTRAIN_SCALE_SMALL] = {"small", 50, 0.9},
        [ENTRAIN_SCALE_MEDIUM] = {"medium", 200, 0.85}, [ENTRAIN_SCALE_LARGE] = {"large", 1000, 0.8},
        [ENTRAIN_SCALE_HUGE] = {"huge", 2000, 0.75},    [ENTRAIN_SCALE_MEGA] = {"mega", 100000, 0.75},
        [ENTRAIN_SCALE_GIGA] = {"giga", 1000000, 0.75}, [ENTRAIN_SCALE_TERA] = {"tera", 10000000, 0.75},
    };
    return facts[(uint32_t)scale < ENTRAIN_SCALE_COUNT ? scale : ENTRAIN_SCALE_COUNT];
}

// --- the watch --------------------------------------------------------------------------------------------

// Whether spread means a splay state.
static bool splay(const entrain_goal_band *band) { return band->size <= ENTRAIN_SPLAY_SIZE_MAX; }

static double spread_of(const entrain_goal_band *band, const entrain_phase_sample *sample) {
    if (splay(band))
        return sample->gap_gini / ENTRAIN_SPLAY_GINI;
    double most = sample->peak_load / ENTRAIN_SPREAD_PEAK;
    for (int m = 0; m < ENTRAIN_DAIDO_MAX; m++)
        most = sample->moments[m] / ENTRAIN_SPREAD_MOMENT > most ? sample->moments[m] / ENTRAIN_SPREAD_MOMENT
                                                                 : most;
    return most;
}

double entrain_goal_distance(const entrain_goal_band *band, const entrain_phase_sample *sample,
                             double *value_out) {
    const bool spread = entrain_goal_look(band->goal).spread;
    const double r = sample->coherence > 1 ? 1 : sample->coherence; // it may be a rounding above
    const double value = spread ? spread_of(band, sample) : r;
    const double low = spread ? 0 : band->low, high = spread ? 1 : band->high;
    if (value_out != NULL)
        *value_out = value;
    // Where nobody lives nothing is spread or in step; and what could not be measured is nowhere.
    if (sample->living == 0 || !(value >= 0))
        return INFINITY;
    return value < low ? low - value : value > high ? value - high : 0;
}

void entrain_goal_watch_begin(entrain_goal_watch *watch, entrain_goal_band band) {
    *watch = (entrain_goal_watch){
        .band = band,
        .report = {.entered_s = NAN,
                   .held = NAN,
                   .excursion_s = NAN,
                   .low = NAN,
                   .high = NAN,
                   .nearest = NAN,
                   .nearest_s = NAN,
                   .value = NAN},
        .nearest_out = INFINITY,
    };
}

// Since the first entry, this sample included.
static void follow(entrain_goal_watch *watch, double time_s, double value, double out) {
    entrain_goal_report *report = &watch->report;
    if (!(report->low <= value)) // NaN at first
        report->low = value;
    if (!(report->high >= value))
        report->high = value;
    if (out > report->excursion) {
        report->excursion = out;
        report->excursion_s = time_s;
    }
    const double all_s = watch->inside_s + watch->outside_s;
    report->held = all_s > 0 ? watch->inside_s / all_s : 1;
    report->met = watch->inside_s > 0 && report->held >= ENTRAIN_HELD_SHARE;
}

void entrain_goal_watch_add(entrain_goal_watch *watch, const entrain_phase_sample *sample) {
    entrain_goal_report *report = &watch->report;
    double value;
    const double out = entrain_goal_distance(&watch->band, sample, &value), time_s = sample->time_s;
    const bool in = out <= 0;
    if (report->samples++ == 0)
        watch->began_s = time_s;
    else if (!isnan(report->entered_s))
        *(watch->last_in ? &watch->inside_s : &watch->outside_s) += time_s - watch->last_s;
    report->value = value;
    if (isnan(report->entered_s) && out < watch->nearest_out) {
        watch->nearest_out = out;
        report->nearest = value;
        report->nearest_s = time_s;
    }
    if (isnan(report->entered_s) && in)
        report->entered_s = time_s;
    if (!isnan(report->entered_s))
        follow(watch, time_s, value, out);
    watch->last_s = time_s;
    watch->last_in = in;
}

// What is watched: "coherence was" never, or for so long, "within 0.5 to 0.7".
typedef struct saying {
    const char *quantity;
    char band[96];
} saying;

static saying say_band(const entrain_goal_band *band) {
    saying words = {.quantity = "Coherence was"};
    if (!entrain_goal_look(band->goal).spread) {
        (void)snprintf(words.band, sizeof words.band, "within %g to %g", band->low, band->high);
    } else if (splay(band)) {
        words.quantity = "The gaps were";
        (void)snprintf(words.band, sizeof words.band, "even (Gini coefficient up to %g)", ENTRAIN_SPLAY_GINI);
    } else {
        words.quantity = "The load was";
        (void)snprintf(words.band, sizeof words.band, "even (r_1 to r_8 up to %g, peak load up to %g)",
                       ENTRAIN_SPREAD_MOMENT, ENTRAIN_SPREAD_PEAK);
    }
    return words;
}

// A value of the quantity, or a difference of two, in the unit that people know.
static void say_value(const entrain_goal_band *band, double value, char *text_out, size_t size) {
    if (!entrain_goal_look(band->goal).spread)
        (void)snprintf(text_out, size, "%.3f", value);
    else if (splay(band))
        (void)snprintf(text_out, size, "%.3f", value * ENTRAIN_SPLAY_GINI);
    else
        (void)snprintf(text_out, size, "%.2f times these bounds", value);
}

void entrain_goal_explain(const entrain_goal_watch *watch, char *text_out, size_t size) {
    const entrain_goal_report *report = &watch->report;
    const saying words = say_band(&watch->band);
    char value[48];
    if (size > 0)
        text_out[0] = '\0';
    if (report->met)
        return;
    if (report->samples == 0) {
        (void)snprintf(text_out, size, "Nothing was measured.");
    } else if (isnan(report->entered_s) && isnan(report->nearest)) {
        (void)snprintf(text_out, size, "%s never %s: nobody lived.", words.quantity, words.band);
    } else if (isnan(report->entered_s)) {
        say_value(&watch->band, report->nearest, value, sizeof value);
        (void)snprintf(text_out, size, "%s never %s: nearest at %.4g s, at %s.", words.quantity, words.band,
                       report->nearest_s, value);
    } else if (watch->inside_s + watch->outside_s <= 0) {
        (void)snprintf(text_out, size, "%s %s only at the last sample, at %.4g s.", words.quantity,
                       words.band, report->entered_s);
    } else if (isinf(report->excursion)) {
        (void)snprintf(text_out, size,
                       "%s %s for %.1f %% of the time from %.4g s on, not for %g %%: nobody lived at %.4g s.",
                       words.quantity, words.band, 100 * report->held, report->entered_s,
                       100 * ENTRAIN_HELD_SHARE, report->excursion_s);
    } else {
        say_value(&watch->band, report->excursion, value, sizeof value);
        (void)snprintf(
            text_out, size,
            "%s %s for %.1f %% of the time from %.4g s on, not for %g %%: farthest at %.4g s, by %s.",
            words.quantity, words.band, 100 * report->held, report->entered_s, 100 * ENTRAIN_HELD_SHARE,
            report->excursion_s, value);
    }
}
