// What a run remembers beside its swarm, in a checkpoint. What follows from the swarm (totals of agents
// and of their work) is measured again.
#include "sims/run_state.h"

#include <stdlib.h>

RUN_STATE_ARCHIVED(entrain_phase_sample, 280);
RUN_STATE_ARCHIVED(run_position, 312);
RUN_STATE_ARCHIVED(run_outcome, 640);
RUN_STATE_ARCHIVED(goal_course, 200);
RUN_STATE_ARCHIVED(run_recoveries, 224);
RUN_STATE_ARCHIVED(entrain_recovery, 96);
RUN_STATE_ARCHIVED(entrain_recovery_watch, 184);

enum { SAMPLES_MAX = INT32_MAX, EVENTS_MAX = 1 << 24 };

static void archive_figures(double *figures, size_t count, entrain_archive *archive) {
    for (size_t i = 0; i < count; i++)
        entrain_archive_f64(archive, &figures[i]);
}

void phase_sample_archive(entrain_phase_sample *sample, entrain_archive *archive) {
    double *const figures[] = {&sample->time_s,
                               &sample->coherence,
                               &sample->mean_phase,
                               &sample->local_coherence,
                               &sample->energy,
                               &sample->conservation,
                               &sample->conservation_change,
                               &sample->conservation_bound,
                               &sample->gap_gini,
                               &sample->cluster_share,
                               &sample->peak_load,
                               &sample->winding,
                               &sample->frequency_mean,
                               &sample->frequency_spread};
    entrain_archive_u64(archive, &sample->tick);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        entrain_archive_f64(archive, figures[i]);
    archive_figures(sample->moments, ENTRAIN_DAIDO_MAX, archive);
    archive_figures(sample->group_coherence, ENTRAIN_GROUPS_MAX, archive);
    archive_figures(sample->group_mean_phase, ENTRAIN_GROUPS_MAX, archive);
    uint64_t groups = sample->group_count;
    entrain_archive_count(archive, &groups, ENTRAIN_GROUPS_MAX, "the number of groups");
    sample->group_count = (uint32_t)groups;
    entrain_archive_u32(archive, &sample->cluster_count);
    entrain_archive_u32(archive, &sample->living);
    entrain_archive_u64(archive, &sample->observations);
    entrain_archive_u64(archive, &sample->fingerprint);
}

void run_position_archive(run_position *position, entrain_archive *archive) {
    entrain_archive_section(archive, "position");
    entrain_archive_bool(archive, &position->sampled);
    entrain_archive_bool(archive, &position->asked);
    phase_sample_archive(&position->sample, archive);
    entrain_archive_bool(archive, &position->holding);
    entrain_archive_u64(archive, &position->holding_since);
    entrain_archive_u64(archive, &position->marked);
}

void outcome_archive(run_outcome *outcome, entrain_archive *archive) {
    entrain_archive_section(archive, "outcome");
    uint64_t count = outcome->count;
    entrain_archive_count(archive, &count, SAMPLES_MAX, "the number of samples");
    if (entrain_archive_status(archive, NULL) != ENTRAIN_OK)
        return;
    if (count > outcome->room) {
        double *grown = realloc(outcome->coherences, (size_t)count * sizeof *grown);
        if (grown == NULL) {
            entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for its samples.");
            return;
        }
        outcome->coherences = grown;
        outcome->room = (size_t)count;
    }
    outcome->count = (size_t)count;
    archive_figures(outcome->coherences, outcome->count, archive);
    phase_sample_archive(&outcome->first, archive);
    phase_sample_archive(&outcome->last, archive);
    entrain_archive_f64(archive, &outcome->leak_share_max);
    entrain_archive_bool(archive, &outcome->reached);
    entrain_archive_bool(archive, &outcome->staying);
    entrain_archive_f64(archive, &outcome->reached_s);
    entrain_archive_f64(archive, &outcome->since_s);
    entrain_archive_bool(archive, &outcome->even);
    entrain_archive_f64(archive, &outcome->even_since_s);
}

static void archive_course(goal_course *course, entrain_archive *archive) {
    entrain_archive_f64(archive, &course->from_s);
    entrain_archive_f64(archive, &course->to_s);
    goal_watch_archive(&course->watch, archive);
    entrain_archive_f64(archive, &course->jitter_sum);
    entrain_archive_u64(archive, &course->jitter_count);
}

void goal_report_archive(goal_report *report, entrain_archive *archive) {
    entrain_archive_section(archive, "goal");
    entrain_archive_expect(archive, report->swarm != NULL, "whether there is a goal");
    if (report->swarm == NULL)
        return;
    uint64_t count = report->course_count;
    entrain_archive_count(archive, &count, GOAL_COURSES_MAX, "the number of goals so far");
    report->course_count = (uint32_t)count;
    for (uint32_t c = 0; c < report->course_count; c++)
        archive_course(&report->courses[c], archive);
    if (!entrain_archive_is_reading(archive) || entrain_archive_status(archive, NULL) != ENTRAIN_OK)
        return;
    entrain_status status = entrain_agents_measure(entrain_swarm_population(report->swarm), &report->agents);
    if (status == ENTRAIN_OK && report->has_work)
        status = entrain_workload_measure(entrain_swarm_workload(report->swarm), &report->work);
    if (status != ENTRAIN_OK)
        entrain_archive_refuse(archive, status, "its agents could not be measured: %s.",
                               entrain_status_text(status));
}

static void archive_recovery(entrain_recovery *recovery, entrain_archive *archive) {
    double *const figures[] = {&recovery->at_s,  &recovery->before,        &recovery->low, &recovery->high,
                               &recovery->worst, &recovery->worst_after_s, &recovery->out, &recovery->back_s,
                               &recovery->lost,  &recovery->watched_s};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        entrain_archive_f64(archive, figures[i]);
    entrain_archive_u64(archive, &recovery->samples);
    entrain_archive_u32(archive, &recovery->relapses);
    entrain_archive_bool(archive, &recovery->goal);
    entrain_archive_bool(archive, &recovery->spread);
    entrain_archive_bool(archive, &recovery->held);
    entrain_archive_bool(archive, &recovery->cut_short);
}

static void archive_watch(entrain_recovery_watch *watch, entrain_archive *archive) {
    archive_recovery(&watch->now, archive);
    entrain_archive_bool(archive, &watch->under_way);
    entrain_archive_bool(archive, &watch->goal);
    goal_band_archive(&watch->band, archive);
    entrain_archive_f64(archive, &watch->reference);
    entrain_archive_f64(archive, &watch->last_s);
    entrain_archive_f64(archive, &watch->value);
    entrain_archive_f64(archive, &watch->missing);
    entrain_archive_f64(archive, &watch->back_since_s);
    entrain_archive_bool(archive, &watch->sampled);
    entrain_archive_bool(archive, &watch->relapsed);
}

void recoveries_archive(run_recoveries *recoveries, entrain_archive *archive) {
    entrain_archive_section(archive, "recoveries");
    archive_watch(&recoveries->watch, archive);
    uint64_t count = recoveries->count, current = recoveries->current;
    entrain_archive_count(archive, &count, EVENTS_MAX, "the number of disruptions");
    if (entrain_archive_status(archive, NULL) != ENTRAIN_OK)
        return;
    if (!recoveries_room(recoveries, (uint32_t)count)) {
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for its disruptions.");
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        entrain_archive_bool(archive, &recoveries->known[i]);
        if (recoveries->known[i]) // the others have not been set
            archive_recovery(&recoveries->list[i], archive);
    }
    entrain_archive_count(archive, &current, count > 0 ? count - 1 : 0, "the latest disruption");
    recoveries->current = (uint32_t)current;
    if (recoveries->watch.under_way && count == 0)
        entrain_archive_refuse(archive, ENTRAIN_MISMATCH, "its disruptions are none that were written.");
}
