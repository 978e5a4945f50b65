// What a scheduler can be asked: its workers' figures, where they are, and the timeline.
#include "scheduler/scheduler_private.h"

#include "engine/base/assert.h"

void entrain__scheduler_count(const entrain_scheduler *scheduler, uint32_t index,
                              entrain_worker_stats *stats) {
    if (scheduler->task_count == 0 || scheduler->policy->count == NULL)
        return;
    entrain_policy_count count = {0};
    scheduler->policy->count(scheduler->state, index, &count);
    stats->steals_tried += count.steals_tried;
    stats->steals_won += count.steals_won;
}

uint32_t entrain_scheduler_worker_count(const entrain_scheduler *scheduler) {
    return scheduler->worker_count;
}

const char *entrain_scheduler_policy(const entrain_scheduler *scheduler) { return scheduler->policy->name; }

bool entrain_scheduler_pinned(const entrain_scheduler *scheduler) { return scheduler->pin; }

uint32_t entrain_scheduler_cpu(const entrain_scheduler *scheduler, uint32_t index) {
    ENTRAIN_ASSERT(index < scheduler->worker_count);
    return scheduler->machine == NULL ? UINT32_MAX : scheduler->machine->cpus[index];
}

const char *entrain_scheduler_machine(const entrain_scheduler *scheduler) {
    return scheduler->machine == NULL ? NULL : scheduler->machine->sentence;
}

void entrain_scheduler_worker(const entrain_scheduler *scheduler, uint32_t index,
                              entrain_worker_stats *stats_out) {
    ENTRAIN_ASSERT(index < scheduler->worker_count);
    const worker *self = &scheduler->workers[index];
    *stats_out = self->stats;
    stats_out->yields += self->yields_ahead;
    stats_out->parks += self->naps_ahead;
    entrain__scheduler_count(scheduler, index, stats_out);
    if (scheduler->ready != NULL)
        entrain__ready_count(scheduler->ready, index, stats_out);
}

uint64_t entrain_scheduler_timeline_dropped(const entrain_scheduler *scheduler) {
    return scheduler->timeline == NULL ? 0 : entrain__timeline_dropped(scheduler->timeline);
}

entrain_status entrain_scheduler_timeline_write(const entrain_scheduler *scheduler, FILE *stream,
                                                entrain_error *error_out) {
    if (scheduler->timeline == NULL)
        return entrain_error_set(
            error_out, ENTRAIN_ORDER,
            "this scheduler keeps no timeline; set timeline_events in its config before it is created");
    if (scheduler->serial.running)
        return entrain_error_set(error_out, ENTRAIN_ORDER,
                                 "the timeline cannot be written while a run is on; write it afterwards");
    return entrain__timeline_write(scheduler->timeline, scheduler->policy->name, stream, error_out);
}
