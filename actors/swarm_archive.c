// A whole swarm, written or read: what holds for all of it first, so that a swarm of another kind is refused
// before anything is changed.
#include "actors/archived.h"
#include "actors/phase_meter.h"
#include "actors/swarm_state.h"

ENTRAIN__ARCHIVED(struct entrain_swarm, 72);

void entrain_swarm_archive(entrain_swarm *swarm, entrain_archive *archive) {
    entrain_archive_section(archive, "swarm");
    entrain_archive_expect(archive, entrain_population_count(swarm->population), "the size of the swarm");
    entrain_archive_expect(archive, swarm->by_ticks, "whether the swarm goes by ticks");
    entrain__archive_expect_f64(archive, swarm->step_s, "the step (as bits)");
    entrain_archive_u64(archive, &swarm->tick);
    // The topology too, where it is another one by now: the swarm keeps the first, as what it was made with.
    entrain_engine_archive(swarm->engine, archive);
    entrain__phase_meter_archive(swarm->meter, archive);
    entrain_archive_section(archive, "end of swarm");
}
