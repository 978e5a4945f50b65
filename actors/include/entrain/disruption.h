/// @file disruption.h  What goes wrong in a swarm while it runs, at any size, and how it is mended.
///
/// All functions work on a swarm that stands at a tick boundary, and what they do counts from the next tick
/// on. Who is hit is drawn: of those who can be hit (the living, unless it says otherwise) exactly
/// round(share x how many there are), those with the smallest draws, keyed by (seed, ENTRAIN_STREAM_DISRUPT)
/// and counted
/// by (index, tick, number of the disruption within its tick). So it is the same for any policy, worker
/// count,
/// transport and layout, and what happens at other ticks changes nothing about it. Time is linear in the
/// size.
///
/// What they answer: ENTRAIN_INVALID with a sentence for a value out of range; ENTRAIN_UNSUPPORTED for a
/// swarm that
/// has no such thing (each says which has); ENTRAIN_NO_MEMORY. Nothing has changed then. *count_out (NULL:
/// not wanted): how
/// many were hit.
#ifndef ENTRAIN_DISRUPTION_H
#define ENTRAIN_DISRUPTION_H

#include "entrain/swarm.h"

ENTRAIN_BEGIN_DECLS

/// What has been done to one swarm, as far as it can be mended: who was killed, who is on which side. Thread
/// rule of
/// the engine.
typedef struct entrain_disruptions entrain_disruptions;

/// Borrows @p swarm. Takes 2 bits a place, with a partition 1 byte more.
ENTRAIN_API entrain_status entrain_disruptions_create(entrain_swarm *swarm,
                                                      entrain_disruptions **disruptions_out,
                                                      entrain_error *error_out);
/// Forgets; the swarm stays as it is. NULL is allowed.
ENTRAIN_API void entrain_disruptions_destroy(entrain_disruptions *disruptions);

/// What it remembers, written to or read from @p archive (entrain/archive.h), beside entrain_swarm_archive(),
/// which has what was done. Reading: disruptions just created.
ENTRAIN_API void entrain_disruptions_archive(entrain_disruptions *disruptions, entrain_archive *archive);

// --- Agents and oscillators. Swarms that advance by ticks; kill and revive: all.

/// New phases for a share, uniform on the circle. What they have learned otherwise stays with them.
ENTRAIN_API entrain_status entrain_disrupt_scramble(entrain_disruptions *disruptions, double share,
                                                    uint32_t *count_out, entrain_error *error_out);
/// Adds @p shift (rad/s, so that nobody turns by more than 2^20 rad in a step) to a share's natural
/// frequencies: their
/// clocks drift. With inertia, whose oscillators have powers, ENTRAIN_UNSUPPORTED.
ENTRAIN_API entrain_status entrain_disrupt_drift(entrain_disruptions *disruptions, double share, double shift,
                                                 uint32_t *count_out, entrain_error *error_out);
/// Ends a share: they fall silent.
ENTRAIN_API entrain_status entrain_disrupt_kill(entrain_disruptions *disruptions, double share,
                                                uint32_t *count_out, entrain_error *error_out);
/// Begins anew a share of those who were killed and are still gone, with their initial values. (A place whose
/// 255 lives
/// are used up stays empty and is not counted.)
ENTRAIN_API entrain_status entrain_disrupt_revive(entrain_disruptions *disruptions, double share,
                                                  uint32_t *count_out, entrain_error *error_out);

// --- Agents only (entrain_agents_add()).

/// A share has no energy from now on, and none comes.
ENTRAIN_API entrain_status entrain_disrupt_starve(entrain_disruptions *disruptions, double share,
                                                  uint32_t *count_out, entrain_error *error_out);
/// The energy of a share of those who were starved recovers again.
ENTRAIN_API entrain_status entrain_disrupt_feed(entrain_disruptions *disruptions, double share,
                                                uint32_t *count_out, entrain_error *error_out);
/// A share acts in every @p every-th tick, 1 (as before) to 65535.
ENTRAIN_API entrain_status entrain_disrupt_slow(entrain_disruptions *disruptions, double share,
                                                uint32_t every, uint32_t *count_out,
                                                entrain_error *error_out);
/// A share sits a tick out with this chance, 0 (as before) to 1, beside what the configuration has.
ENTRAIN_API entrain_status entrain_disrupt_stubborn(entrain_disruptions *disruptions, double share,
                                                    double chance, uint32_t *count_out,
                                                    entrain_error *error_out);

// --- What agents hear of each other. Swarms that advance by ticks; on a complete graph, which has no arcs,
// delay only.

#define ENTRAIN_DISRUPT_SIDES_MAX 64
/// Nothing passes between @p sides (2 to 64) parts of the swarm, sizes as even as can be: drawn, or (@p
/// by_index)
/// consecutive indices. In place of an earlier partition.
ENTRAIN_API entrain_status entrain_disrupt_partition(entrain_disruptions *disruptions, uint32_t sides,
                                                     bool by_index, entrain_error *error_out);
/// Ends the partition.
ENTRAIN_API entrain_status entrain_disrupt_heal(entrain_disruptions *disruptions, entrain_error *error_out);
/// This share of observations is lost from now on, each drawn on its own; 0: none.
ENTRAIN_API entrain_status entrain_disrupt_loss(entrain_disruptions *disruptions, double share,
                                                entrain_error *error_out);
/// Every observation comes so much later, simulated seconds, rounded to ticks; at most the engine's
/// disturbance_delay_max. 0: none.
ENTRAIN_API entrain_status entrain_disrupt_delay(entrain_disruptions *disruptions, double delay_s,
                                                 entrain_error *error_out);

// --- Work. Agents with a workload.

/// Everybody produces @p factor (0 to 100) times what its pattern says; 1: as it says.
ENTRAIN_API entrain_status entrain_disrupt_load(entrain_disruptions *disruptions, double factor,
                                                entrain_error *error_out);
/// How the external service behaves. NaN: stays as it is.
typedef struct entrain_service_fault {
    double failure, silence; ///< shares of calls that fail, and that are never answered
    double latency_s;
} entrain_service_fault;
ENTRAIN_API entrain_status entrain_disrupt_service(entrain_disruptions *disruptions,
                                                   const entrain_service_fault *fault,
                                                   entrain_error *error_out);
/// The service is again as it was before the first fault.
ENTRAIN_API entrain_status entrain_disrupt_mend_service(entrain_disruptions *disruptions,
                                                        entrain_error *error_out);

ENTRAIN_END_DECLS

#endif
