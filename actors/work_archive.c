// What a workload has come to, for checkpoints. Agents' queues and the service's desks are columns, which the
// engine archives, and calls on their way are mail and timers; here is what remains: the course, the clock of
// requests, what is left of those who ended, and the gateways.
//
// Histograms are written as the bins that are not empty.
#include <math.h>
#include <string.h>

#include "actors/archived.h"
#include "actors/work.h"

ENTRAIN__ARCHIVED(entrain_workload_config, 144);
ENTRAIN__ARCHIVED(struct entrain_workload, 328);
ENTRAIN__ARCHIVED(entrain__gateway, 3808);
ENTRAIN__ARCHIVED(entrain__batch, 56);
ENTRAIN__ARCHIVED(entrain__breaker, 8);

static bool goes_well(const entrain_archive *archive) {
    return entrain_archive_status(archive, NULL) == ENTRAIN_OK;
}

static void refuse(entrain_archive *archive, const char *what) {
    entrain_archive_refuse(archive, ENTRAIN_MISMATCH, "%s cannot be so; it was not written by Entrain.",
                           what);
}

// ---- all of it ----

static void archive_config(entrain_workload_config *config, entrain_archive *archive) {
    entrain_archive_expect(archive, config->queue, "workload.queue");
    entrain_archive_expect(archive, config->gateways, "workload.gateways");
    entrain_archive_expect(archive, config->gateway_inbox, "workload.gateway_inbox");
    entrain_archive_expect(archive, config->pending_max, "workload.pending_max");
    entrain_archive_expect(archive, config->calls_max, "workload.calls_max");
    entrain__archive_expect_f64(archive, config->call_cost, "workload.call_cost (bits)");
    entrain__archive_expect_f64(archive, config->request_cost, "workload.request_cost (bits)");
    config->pattern = (entrain_pattern)entrain__archive_choice(archive, config->pattern,
                                                               ENTRAIN_PATTERN_COUNT, "workload.pattern");
    entrain_archive_u32(archive, &config->batch_max);
    entrain_archive_u32(archive, &config->breaker_limit);
    double *const numbers[] = {
        &config->load,    &config->window_s, &config->latency_s, &config->latency_spread_s, &config->rate,
        &config->failure, &config->silence,  &config->timeout_s, &config->breaker_open_s};
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
        entrain_archive_f64(archive, numbers[n]);
}

void entrain__work_archive(entrain_workload *workload, entrain_archive *archive) {
    entrain_archive_section(archive, "workload");
    entrain_archive_expect(archive, workload->gateway_count, "the number of gateways");
    archive_config(&workload->config, archive);
    entrain_archive_f64(archive, &workload->clock);
    entrain_archive_u64(archive, &workload->clock_tick);
    uint64_t *const counts[] = {&workload->ended_generated, &workload->ended_handed, &workload->ended_shed,
                                &workload->ended_tick,      &workload->ended_flying, &workload->lost};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        entrain_archive_u64(archive, counts[c]);
    if (!entrain_archive_is_reading(archive) || !goes_well(archive))
        return;
    entrain_error error = {0};
    if (entrain__work_check(&workload->config, &error) != ENTRAIN_OK)
        entrain_archive_refuse(archive, error.status, "%s", error.sentence);
    else if (!(isfinite(workload->clock) && workload->clock >= 0))
        refuse(archive, "The workload's clock");
    else if (workload->engine != NULL)
        entrain__work_tune(workload, workload->clock_tick); // what follows; the clock stays as it is there
}

// ---- gateways ----

// The bins that are not empty of @p size. @p what is named in sentences.
static void archive_bins(entrain_archive *archive, uint64_t *bins, uint32_t size, const char *what) {
    uint64_t filled = 0;
    for (uint32_t b = 0; !entrain_archive_is_reading(archive) && b < size; b++)
        filled += bins[b] != 0;
    entrain_archive_count(archive, &filled, size, what);
    if (entrain_archive_is_reading(archive))
        memset(bins, 0, size * sizeof *bins);
    uint32_t from = 0; // bins come in ascending order
    for (uint64_t f = 0; f < filled && goes_well(archive); f++) {
        uint32_t bin = from;
        while (!entrain_archive_is_reading(archive) && bins[bin] == 0)
            bin++;
        entrain_archive_u32(archive, &bin);
        if (bin < from || bin >= size) {
            refuse(archive, what);
            return;
        }
        entrain_archive_u64(archive, &bins[bin]);
        from = bin + 1;
    }
}

static void archive_batch(entrain_archive *archive, entrain__batch *batch) {
    batch->state = (entrain__batch_state)entrain__archive_choice(archive, batch->state,
                                                                 ENTRAIN__BATCH_DUE + 1, "a batch's state");
    if (batch->state == ENTRAIN__BATCH_FREE) // nothing of it matters
        return;
    uint64_t parts = batch->parts;
    entrain_archive_u32(archive, &batch->tries);
    entrain_archive_u64(archive, &batch->number);
    entrain_archive_u64(archive, &batch->call);
    entrain_archive_u64(archive, &batch->timer);
    entrain_archive_count(archive, &parts, ENTRAIN__WORK_BATCH_TICKS, "the number of a batch's ticks");
    batch->parts = (uint32_t)parts;
    batch->count = 0;
    for (uint32_t p = 0; p < batch->parts; p++) {
        entrain_archive_u32(archive, &batch->part[p].tick);
        entrain_archive_u32(archive, &batch->part[p].count);
        batch->count += batch->part[p].count;
    }
}

// What follows from what was read, and whether it can be: pending requests lie between the oldest and the
// newest, which are no further apart than the ring is long.
static void check_gateway(entrain_archive *archive, entrain__gateway *own, uint32_t calls_max) {
    own->batched = own->pending_count = 0;
    own->due = 0;
    for (uint32_t b = 0; b < calls_max; b++) {
        const entrain__batch *batch = &own->batches[b];
        own->due += batch->state == ENTRAIN__BATCH_DUE;
        own->batched += batch->state != ENTRAIN__BATCH_FREE ? batch->count : 0;
    }
    for (uint32_t bin = 0; bin <= ENTRAIN__WORK_AGE_MAX; bin++) {
        own->pending_count += own->pending[bin];
        if (own->pending[bin] != 0 &&
            ((bin - own->oldest) & ENTRAIN__WORK_AGE_MAX) > own->newest - own->oldest)
            refuse(archive, "A gateway's pending requests");
    }
    const bool none = own->oldest == UINT64_MAX && own->newest == 0;
    if (own->pending_count == 0
            ? !none
            : own->newest < own->oldest || own->newest - own->oldest > ENTRAIN__WORK_AGE_MAX)
        refuse(archive, "The time of a gateway's pending requests");
}

static void archive_gateway(entrain_archive *archive, entrain__gateway *own, uint32_t calls_max) {
    uint64_t *const counts[] = {&own->arrived,      &own->delivered,  &own->shed,       &own->calls,
                                &own->succeeded,    &own->failed,     &own->timed_out,  &own->limited,
                                &own->late,         &own->opened,     &own->open_ticks, &own->batch_sum,
                                &own->batch_max,    &own->wait_max,   &own->oldest,     &own->newest,
                                &own->batches_made, &own->open_since, &own->trial};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        entrain_archive_u64(archive, counts[c]);
    entrain__int128 wait_sum = (entrain__int128)own->wait_sum;
    entrain__archive_int128(archive, &wait_sum);
    own->wait_sum = (entrain__uint128)wait_sum;
    own->breaker.state = (entrain_breaker)entrain__archive_choice(archive, own->breaker.state,
                                                                  ENTRAIN_BREAKER_COUNT, "a breaker's state");
    entrain_archive_u32(archive, &own->breaker.failures);
    entrain_archive_bool(archive, &own->window_open);
    entrain_archive_bool(archive, &own->flushing);
    archive_bins(archive, own->waits, ENTRAIN__WORK_AGE_MAX + 1, "A gateway's histogram of waits");
    archive_bins(archive, own->sizes, ENTRAIN__SIZE_BINS, "A gateway's histogram of calls");
    archive_bins(archive, own->pending, ENTRAIN__WORK_AGE_MAX + 1, "A gateway's pending requests");
    for (uint32_t b = 0; b < calls_max; b++)
        archive_batch(archive, &own->batches[b]);
    if (entrain_archive_is_reading(archive) && goes_well(archive))
        check_gateway(archive, own, calls_max);
}

void entrain__gateways_archive(void *context, entrain_archive *archive) {
    entrain_workload *workload = context;
    entrain_archive_section(archive, "gateways");
    for (uint32_t g = 0; g < workload->gateway_count && goes_well(archive); g++)
        archive_gateway(archive, &workload->gateways[g], workload->config.calls_max);
}
