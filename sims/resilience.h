/// @file resilience.h  One swarm, one disruption: whether it comes back, and how soon.
///
///   0 .. RESILIENCE_SETTLE_S      the swarm finds to its goal
///   then                          the disruption, lasting or for some seconds
///   RESILIENCE_WATCH_S from       the disruption, or its end, on: recovered if the swarm is back in its band
///                                 (for half a second without a break) 5 s before the end at the latest, and
///                                 holds it for 95 % of the rest
///
/// A swarm in step that has learned its frequencies hardly needs to hear anybody: much that is done to it
/// leaves no trace. So most kinds are also tried with all phases drawn anew at the same moment (partition:
/// everybody begun anew, so that the halves differ): it must find back under it.
///
/// Load and a broken service disturb the workload, not the phases: there the backlog must come back to what
/// it was at most before (and a fifth), and nothing may be shed.
#ifndef ENTRAIN_SIMS_RESILIENCE_H
#define ENTRAIN_SIMS_RESILIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "entrain/status.h"

#define RESILIENCE_SETTLE_S 15.0
#define RESILIENCE_WATCH_S 30.0
enum { RESILIENCE_STRENGTHS_MAX = 8 };

typedef struct resilience_kind {
    const char *name, *unit; ///< "kill", "share of agents that die, for good"
    /// Verbs of the event, as JSON, "$" for the strength; what ends it after `seconds` (0: the strength is
    /// the seconds). NULL: it lasts.
    const char *begin, *end;
    double seconds;
    bool backlog; ///< judged by the workload
    bool alone;   ///< not tried with phases drawn anew
    double strengths[RESILIENCE_STRENGTHS_MAX];
    uint32_t count;
    double promised; ///< the strength that was promised to be survived; NAN: none was
    const char *promise;
} resilience_kind;

/// Kinds of disruption; NULL past the end.
const resilience_kind *resilience_kind_at(uint32_t index);

typedef struct resilience_run {
    const resilience_kind *kind;
    double strength;
    const char *goal; ///< a name
    uint32_t size;
    uint64_t seed;
    bool scrambled;          ///< all phases are drawn anew when the disruption begins
    const char *const *sets; ///< --set, after all else
    uint32_t set_count;
} resilience_run;

typedef struct resilience_result {
    entrain_status status; ///< ENTRAIN_CANCELLED: a signal came
    entrain_error error;
    bool settled; ///< in the band for the last seconds before the disruption
    bool recovered;
    double recovery_s; ///< since the disruption or its end; 0: never left; NAN: not recovered
    double held;       ///< share of the time from there on; NAN
    double lowest;     ///< coherence, from the disruption on
    double shed;       ///< share of the requests
} resilience_result;

/// Any thread; one worker.
resilience_result resilience_do(const resilience_run *run);

#endif
