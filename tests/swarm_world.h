/// @file swarm_world.h  Small swarms in which all sorts of things happen, seen in every figure there is:
/// for tests that write them and read them.
#ifndef ENTRAIN_TESTS_SWARM_WORLD_H
#define ENTRAIN_TESTS_SWARM_WORLD_H

#include "check.h"

#include <math.h>

#include "actors/agent_model.h"
#include "actors/disruption.h"
#include "actors/kuramoto_model.h"
#include "actors/phase_meter.h"
#include "actors/swarm_state.h"
#include "actors/work.h"

/// What was seen of a run.
typedef struct entry {
    const char *name;
    uint64_t tick, bits;
} entry;

typedef struct diary {
    entry *entries;
    size_t count, room;
} diary;

typedef struct live {
    const struct world *where;
    entrain_swarm *swarm;
    entrain_engine *engine;
    entrain_population *population;
    entrain_disruptions *disruptions;
    diary *diary;
} live;

typedef struct world {
    const char *name;
    void (*configure)(const struct world *where, entrain_swarm_config *config);
    void (*befall)(live *here, uint64_t tick); // before tick's sample; NULL: nothing
    uint64_t at, until;                        // ticks: where it is written, and the end
    uint32_t variant;
    const char *grows; // a figure that has grown when it is written, and goes on growing; NULL: none
} world;

/// How a swarm may be run without that anything comes out otherwise.
typedef struct manner {
    const char *name, *policy;
    uint32_t workers, cohort_weight;
    entrain_transport transport;
    entrain_layout layout;
    entrain_simd simd;
} manner;
enum { MANNERS = 3 };
extern const manner manners[MANNERS];

typedef struct bytes {
    unsigned char *data;
    size_t size;
} bytes;

void must(entrain_status status, const entrain_error *error, const live *here, uint64_t tick);
/// A swarm of @p where, run as @p how says, seen by @p in.
void open_live(const world *where, const manner *how, diary *in, live *here);
void close_live(live *here);
/// What happens at @p tick, and a look at it.
void stand_at(live *here, uint64_t tick);
/// From the boundary of tick @p from, which is over, to that of @p to.
void go_on(live *here, uint64_t from, uint64_t to);
void archive_live(live *here, entrain_archive *archive);
/// The archive, the caller's to free; and back.
bytes write_live(live *here);
entrain_status read_live(live *here, bytes from, entrain_error *error);

/// Ways to configure a world and, with a tick, what befalls one.
void complete(const world *where, entrain_swarm_config *config);
void noisy(const world *where, entrain_swarm_config *config);
void delayed(const world *where, entrain_swarm_config *config);
void grouped(const world *where, entrain_swarm_config *config);
void swinging(const world *where, entrain_swarm_config *config);
void change_model(live *here, uint64_t tick);
void befall_oscillators(live *here, uint64_t tick);
void troubled(const world *where, entrain_swarm_config *config);
void mended_early(live *here, uint64_t tick);
void tiring(const world *where, entrain_swarm_config *config);
void agents(const world *where, entrain_swarm_config *config);
void pulsing(const world *where, entrain_swarm_config *config);
void switching(const world *where, entrain_swarm_config *config);
void befall_work(live *here, uint64_t tick);
void befall_agents(live *here, uint64_t tick);
void befall_calmly(live *here, uint64_t tick);
void tight(const world *where, entrain_swarm_config *config);
void roomy(const world *where, entrain_swarm_config *config);
void join_some(live *here, uint64_t tick);
void pulses(const world *where, entrain_swarm_config *config);
void together(const world *where, entrain_swarm_config *config);
void kill_some(live *here, uint64_t tick);

#endif
