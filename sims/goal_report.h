/// @file goal_report.h  How a swarm of agents stands to its goal: watched over the samples of a run, told in
/// summary.json, in columns of series.csv and in plain words.
///
/// The watch sees what anybody sees from outside; nothing of it reaches an agent. Where an event changes goal
/// or band, a new course begins, and each is judged by its own time.
#ifndef ENTRAIN_SIMS_GOAL_REPORT_H
#define ENTRAIN_SIMS_GOAL_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "sims/outcome.h"

enum { GOAL_COURSES_MAX = 256, GOAL_TEXT_BYTES = 400 };

/// One goal with one band, and the time for which they were in force.
typedef struct goal_course {
    double from_s, to_s;
    entrain_goal_watch watch;
    double jitter_sum; ///< over samples within the band: spread of frequencies over their mean
    uint64_t jitter_count;
} goal_course;

typedef struct goal_report {
    entrain_swarm *swarm; ///< NULL: not agents, and nothing below means anything
    goal_course *courses; ///< the last is in force; NULL without agents. Of too many the first are kept.
    uint32_t course_count;
    entrain_agent_totals agents; ///< at the latest sample
    bool has_work;
    entrain_workload_totals work;      ///< likewise
    char unreachable[GOAL_TEXT_BYTES]; ///< why the first course's goal cannot be reached; "": nothing known
} goal_report;

/// Looks at @p given before it runs: a sentence in report->unreachable where the goal is known to be out of
/// reach. Without agents nothing.
void goal_report_foresee(goal_report *report, const scenario *given);
/// Takes up @p swarm, at tick 0; nothing further where it is none of agents. ENTRAIN_NO_MEMORY.
entrain_status goal_report_begin(goal_report *report, entrain_swarm *swarm, entrain_error *error_out);
/// The next sample.
entrain_status goal_report_add(goal_report *report, const entrain_phase_sample *sample,
                               entrain_error *error_out);
void goal_report_free(goal_report *report);

/// Whether the goal in force at the end is met. Without agents false.
bool goal_report_met(const goal_report *report);
/// Every request accounted for; ENTRAIN_MISMATCH with a sentence.
entrain_status goal_report_check(const goal_report *report, entrain_error *error_out);

/// Further columns of series.csv, each with a comma before it: their names, and their values now. "" without
/// agents.
enum { GOAL_COLUMNS_BYTES = 1200 };
void goal_report_names(const goal_report *report, char text_out[GOAL_COLUMNS_BYTES]);
void goal_report_values(const goal_report *report, const entrain_phase_sample *sample,
                        char text_out[GOAL_COLUMNS_BYTES]);

/// Puts "goal", "agents" and, where there is one, "workload" into @p summary.
void goal_report_json(const goal_report *report, json_t *summary);
/// The same in plain words: @p row prints one line. What became of the goal; of energy, strategies, requests.
/// Without a goal nothing.
void goal_report_rows(FILE *to, const json_t *summary,
                      void (*row)(FILE *to, const char *label, const char *text));
void goal_report_further_rows(FILE *to, const json_t *summary,
                              void (*row)(FILE *to, const char *label, const char *text));

#endif
