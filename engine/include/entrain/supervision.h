/// @file supervision.h  What becomes of an actor that fails, who is told, and what is known of how it came
/// to it.
///
/// An actor fails when its receive() returns a status other than ENTRAIN_OK, when a column declared
/// `finite` holds a NaN or an infinity after a call of receive() or after a tick, when it sends more in one
/// call than sends_max, or when it is over one of its budgets. Never by the wall clock. Its population's
/// supervision says what happens; without one, failures escalate.
#ifndef ENTRAIN_SUPERVISION_H
#define ENTRAIN_SUPERVISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entrain/message.h"
#include "entrain/status.h"

ENTRAIN_BEGIN_DECLS

typedef struct entrain_engine entrain_engine;
typedef struct entrain_population entrain_population;

/// Why an actor ended.
typedef enum entrain_reason {
    ENTRAIN_REASON_NONE = 0,
    ENTRAIN_REASON_FINISHED = 1,   ///< it ended itself
    ENTRAIN_REASON_STOPPED = 2,    ///< somebody asked for it
    ENTRAIN_REASON_STATUS = 3,     ///< failed: receive() returned a status
    ENTRAIN_REASON_NOT_FINITE = 4, ///< failed: a NaN or an infinity in its state
    ENTRAIN_REASON_SENDS = 5,      ///< failed: more sends in a call than declared, or than its budget
    ENTRAIN_REASON_MESSAGES = 6,   ///< failed: more messages than its budget
    ENTRAIN_REASON_GROUP = 7,      ///< another one of its all-for-one group failed
    ENTRAIN_REASON_GONE = 8,       ///< it was gone before it was watched
    ENTRAIN_REASON_COUNT
} entrain_reason;

/// "none", "finished", "stopped", "status", "not-finite", "sends", "messages", "group", "gone"; NULL past
/// the end.
ENTRAIN_API const char *entrain_reason_name(entrain_reason reason);

typedef enum entrain_remedy {
    ENTRAIN_REMEDY_ESCALATE = 0, ///< the run ends with ENTRAIN_FAILED and a sentence that names the actor
    ENTRAIN_REMEDY_STOP = 1,     ///< it stays stopped, the run goes on
    ENTRAIN_REMEDY_RESTART =
        2, ///< a new actor begins in its place, with a new id; what was sent to the old one is
           ///< undeliverable
    ENTRAIN_REMEDY_COUNT
} entrain_remedy;

typedef struct entrain_supervision {
    entrain_remedy remedy; ///< default escalate
    /// What happens to one that fails happens to all living actors of its population (escalate: only to
    /// itself). Default false: one for one.
    bool all_for_one;
    /// Restarts that an actor's place (all for one: the population) is granted within window_s; beyond, it
    /// stays stopped, and the event says so. Default 3. A window begins with the first restart after the
    /// one before is over.
    uint32_t restarts_max;
    /// Simulated seconds, above 0. Default INFINITY: the whole run.
    double window_s;
    /// Messages that an actor may handle (notices not counted), and send, within one window, which begins
    /// with the first of them; 0, the default: no limit. Mail beyond is not handed over, a send beyond is
    /// refused: then it has failed.
    uint64_t messages_max, sends_max;
} entrain_supervision;

ENTRAIN_API entrain_supervision entrain_supervision_defaults(void);
/// Copies and validates @p supervision. Before start.
ENTRAIN_API entrain_status entrain_engine_supervise(entrain_engine *engine, entrain_population *population,
                                                    const entrain_supervision *supervision,
                                                    entrain_error *error_out);

typedef enum entrain_lifecycle_kind {
    ENTRAIN_LIFECYCLE_STARTED = 0,
    ENTRAIN_LIFECYCLE_ENDED = 1,     ///< finished or stopped
    ENTRAIN_LIFECYCLE_FAILED = 2,    ///< and what is done about it: `remedy`
    ENTRAIN_LIFECYCLE_RESTARTED = 3, ///< `id` is the new one's
    ENTRAIN_LIFECYCLE_GIVEN_UP = 4,  ///< failed, and its restarts are used up: it stays stopped
    ENTRAIN_LIFECYCLE_COUNT
} entrain_lifecycle_kind;

/// Something that happened to an actor. Valid during the call only.
typedef struct entrain_lifecycle {
    entrain_lifecycle_kind kind;
    entrain_reason reason;
    entrain_status status; ///< of ENTRAIN_REASON_STATUS, else ENTRAIN_OK
    const char *column;    ///< of ENTRAIN_REASON_NOT_FINITE: the first such column, else NULL
    entrain_remedy remedy; ///< of what failed
    entrain_id id;
    entrain_id
        successor; ///< of what failed, or ended with its group: who begins in its place, or ENTRAIN_ID_NONE
    const char *behavior;
    uint32_t index; ///< within its population
    uint64_t tick;  ///< lockstep: the tick in which it happened
    double time_s;
    uint32_t restarts,
        restarts_max; ///< of its place (all for one: its population) so far in this window, this one included
    /// With a trace: the message at hand when it failed, the one whose handling sent that one, and so on;
    /// newest first. Else NULL and 0.
    const struct entrain_trace_step *chain;
    uint32_t chain_count;
    bool chain_cut; ///< older ones are not kept any more
} entrain_lifecycle;

typedef struct entrain_trace_step {
    entrain_id from, to;
    uint16_t kind, flags;
    uint64_t tick;
    double time_s;
} entrain_trace_step;

/// Who is told of what happens to actors: NULL for nobody. Started and ended are told only with @p debug.
/// Calls come from any worker's thread, one at a time; in lockstep and virtual-time in canonical order and
/// between phases. The function must not call the engine. Before start (ENTRAIN_ORDER).
ENTRAIN_API entrain_status entrain_engine_on_lifecycle(entrain_engine *engine, bool debug,
                                                       void (*told)(void *context,
                                                                    const entrain_lifecycle *event),
                                                       void *context);
/// One line for people, without a line's end: what, who, why and what was done. @return as snprintf().
ENTRAIN_API int entrain_lifecycle_format(const entrain_lifecycle *event, char *text, size_t size);
/// One line for a step of its chain. @return as snprintf().
ENTRAIN_API int entrain_trace_step_format(const struct entrain_trace_step *step, char *text, size_t size);

ENTRAIN_END_DECLS

#endif
