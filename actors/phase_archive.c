// What a meter remembers, for checkpoints: where everybody was at the previous sample, the marks that windows
// of frequencies begin at, and what conservation is measured from. The law follows from population and
// topology; partials, pairs and keys are scratch.
#include "actors/archived.h"
#include "actors/phase_meter.h"

ENTRAIN__ARCHIVED(struct entrain_phase_meter, 1536);
ENTRAIN__ARCHIVED(entrain__phase_balance, 112);
ENTRAIN__ARCHIVED(entrain__phase_mark, 40);

static void archive_balance(entrain_archive *archive, entrain__phase_balance *balance) {
    entrain_archive_u64(archive, &balance->tick);
    entrain_archive_u64(archive, &balance->observations);
    entrain_archive_u64(archive, &balance->republished);
    entrain_archive_u64(archive, &balance->weights);
    entrain_archive_u32(archive, &balance->living);
    entrain__archive_int128(archive, &balance->phase);
    entrain__archive_int128(archive, &balance->turned);
    entrain__archive_int128(archive, &balance->drive);
    entrain_archive_f64(archive, &balance->rounding);
}

static void archive_places(entrain_archive *archive, uint32_t count, double *phases, int32_t *turns,
                           entrain_id *ids) {
    entrain_archive_bytes(archive, phases, count * sizeof *phases);
    entrain_archive_bytes(archive, turns, count * sizeof *turns);
    entrain_archive_bytes(archive, ids, count * sizeof *ids);
}

static void archive_mark(entrain_archive *archive, entrain_phase_meter *meter, entrain__phase_mark *mark) {
    entrain_archive_bool(archive, &mark->set);
    entrain_archive_f64(archive, &mark->time_s);
    if (!mark->set)
        return;
    if (entrain__phase_mark_room(meter, mark) != ENTRAIN_OK) {
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for the meter's marks.");
        return;
    }
    archive_places(archive, meter->count, mark->phases, mark->turns, mark->ids);
}

void entrain__phase_meter_archive(entrain_phase_meter *meter, entrain_archive *archive) {
    entrain_archive_section(archive, "meter");
    entrain_archive_expect(archive, meter->count, "the number of oscillators that are measured");
    entrain_archive_expect(archive, meter->words, "the number of words that they publish");
    entrain_archive_bool(archive, &meter->sampled);
    entrain_archive_u64(archive, &meter->tick);
    entrain_archive_f64(archive, &meter->time_s);
    if (meter->sampled)
        archive_places(archive, meter->count, meter->phases, meter->turns, meter->ids);
    // The next sample finds the law as new, or as old, as it would have: what is measured from a balance ends
    // with the law.
    bool current = meter->law.look != NULL && entrain__phase_law_is_current(meter);
    entrain_archive_bool(archive, &current);
    entrain_archive_bool(archive, &meter->balanced);
    archive_balance(archive, &meter->base);
    archive_balance(archive, &meter->last);
    for (int m = 0; m < 2; m++)
        archive_mark(archive, meter, &meter->marks[m]);
    meter->newest = entrain__archive_choice(archive, meter->newest, 2, "the newest mark");
    if (!entrain_archive_is_reading(archive) || entrain_archive_status(archive, NULL) != ENTRAIN_OK)
        return;
    if (current && !entrain__phase_law_update(meter))
        entrain_archive_refuse(archive, ENTRAIN_MISMATCH,
                               "the meter followed another law; what goes on is not what was stopped.");
}
