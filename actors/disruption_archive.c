// What has been done to a swarm, for checkpoints. The engine archives what it disturbs, and what was done to
// agents is in their columns; here is what is needed to mend it, and to draw on.
#include "actors/archived.h"
#include "actors/disruption.h"

ENTRAIN__ARCHIVED(struct entrain_disruptions, 272);
ENTRAIN__ARCHIVED(entrain_disturbance, 24);

static void archive_sides(entrain_disruptions *disruptions, entrain_archive *archive) {
    bool parted = disruptions->sides != NULL;
    entrain_archive_bool(archive, &parted);
    if (parted && disruptions->sides == NULL)
        disruptions->sides = entrain__arena_take(disruptions->arena, disruptions->count, 1);
    if (parted && disruptions->sides == NULL)
        entrain_archive_refuse(archive, ENTRAIN_NO_MEMORY, "there is no memory for the sides of the swarm.");
    else if (parted)
        entrain_archive_bytes(archive, disruptions->sides, disruptions->count);
    disruptions->disturbance.sides = disruptions->sides;
}

void entrain_disruptions_archive(entrain_disruptions *disruptions, entrain_archive *archive) {
    entrain_archive_section(archive, "disruptions");
    entrain_archive_expect(archive, disruptions->count, "the number of places that can be disrupted");
    entrain_archive_u64(archive, &disruptions->tick);
    entrain_archive_u32(archive, &disruptions->ordinal);
    entrain_archive_bytes(archive, disruptions->killed,
                          ((size_t)disruptions->count / 64 + 1) * sizeof *disruptions->killed);
    entrain_archive_f64(archive, &disruptions->disturbance.loss);
    entrain_archive_u32(archive, &disruptions->disturbance.delay);
    archive_sides(disruptions, archive);
    // Of the service before its first fault, what is mended.
    entrain_archive_bool(archive, &disruptions->faulty);
    entrain_archive_f64(archive, &disruptions->mended.failure);
    entrain_archive_f64(archive, &disruptions->mended.silence);
    entrain_archive_f64(archive, &disruptions->mended.latency_s);
    entrain_archive_f64(archive, &disruptions->mended.latency_spread_s);
}
