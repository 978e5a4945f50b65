/// @file actor.h  What an actor can do from within its receive(): send, wait, watch, begin others, end itself.
///
/// All calls: from receive() only, with the self that it was given, by that call's thread. None blocks, none allocates:
/// what they need was taken at start, by what the behavior declares.
#ifndef ENTRAIN_ACTOR_H
#define ENTRAIN_ACTOR_H

#include "entrain/behavior.h"
#include "entrain/supervision.h"

ENTRAIN_BEGIN_DECLS

/// Sends a message from @p self to the actor @p to; it is handled in the next tick. From receive() only, by
/// that call's thread. Never blocks it. What finds no room in the receiver's mailbox is shed, conflated or
/// undeliverable, or waits and mutes the sender from the next tick on, as the overflow policy says; what
/// names an actor that is gone, or has no inbox, is undeliverable. The undeliverable is shown to the sender
/// in self->undelivered, the shed and conflated are not. Kinds below ENTRAIN_KIND_USER are not for programs.
/// @return ENTRAIN_OK, or ENTRAIN_LIMIT beyond sends_max or a budget of sends: nothing was stored, and the actor has failed
/// once receive() returns, whatever that returns.
ENTRAIN_API entrain_status entrain_send(entrain_self *self, entrain_id to, uint16_t kind, uint16_t flags,
                                        entrain_payload first, entrain_payload second);

/// Names one delayed message of one actor; 0 names none. Never used again by that actor for another.
typedef uint64_t entrain_timer;

/// Sends a message that arrives @p delay_s simulated seconds from now, at least 0 and finite. In lockstep that is the
/// first tick that begins at or after that time, and the next tick at the earliest; in virtual-time at exactly that
/// time, and to others no sooner than the lookahead (ENTRAIN_INVALID: nothing was stored); in event-driven execution when nobody
/// has anything else to do (simulated time stands still while anybody has mail). To oneself it is a timer: it needs no room
/// and is handed over before mail. To another it is mail from the moment it is due. What is under way goes with its
/// sender.
/// @return ENTRAIN_OK, with *timer_out (NULL is allowed) to cancel it by; ENTRAIN_FULL when timers_max are under way;
/// ENTRAIN_LIMIT beyond sends_max.
ENTRAIN_API entrain_status entrain_send_after(entrain_self *self, double delay_s, entrain_id to,
                                              uint16_t kind, uint16_t flags, entrain_payload first,
                                              entrain_payload second, entrain_timer *timer_out);
/// The same, @p ticks ticks of step_s from now.
ENTRAIN_API entrain_status entrain_send_after_ticks(entrain_self *self, uint64_t ticks, entrain_id to,
                                                    uint16_t kind, uint16_t flags, entrain_payload first,
                                                    entrain_payload second, entrain_timer *timer_out);
/// The same, at simulated time @p time_s, not before self->time_s.
ENTRAIN_API entrain_status entrain_send_at(entrain_self *self, double time_s, entrain_id to, uint16_t kind,
                                           uint16_t flags, entrain_payload first, entrain_payload second,
                                           entrain_timer *timer_out);
/// Takes back a delayed message: it counts as cancelled. ENTRAIN_STALE: it is gone, delivered or cancelled.
ENTRAIN_API entrain_status entrain_cancel(entrain_self *self, entrain_timer timer);

/// From now on @p target's end is told to this actor by one notice of kind ENTRAIN_KIND_ENDED, which needs no room: from
/// @p target, flags its entrain_reason, first.u64 the entrain_status that it failed with. One that is gone already is told
/// of at once, with the reason ENTRAIN_REASON_GONE. Watching whom one watches already changes nothing. In lockstep a notice
/// comes in the tick after; several in the order in which their actors ended, those of one tick by slot. ENTRAIN_FULL
/// when watches_max are on, those included whose notices are under way.
ENTRAIN_API entrain_status entrain_watch(entrain_self *self, entrain_id target);
/// No notice of @p target any more. ENTRAIN_STALE: it is not watched, or its notice is under way.
ENTRAIN_API entrain_status entrain_unwatch(entrain_self *self, entrain_id target);

/// Begins an actor in a free place of @p population, with zeroed columns and start() called; it can be sent to at once.
/// Event-driven execution only (ENTRAIN_UNSUPPORTED elsewhere). ENTRAIN_FULL: no place is free.
ENTRAIN_API entrain_status entrain_spawn(entrain_self *self, entrain_population *population,
                                         entrain_id *id_out);
/// This actor ends once the call of receive() it is in returns: ENTRAIN_REASON_FINISHED (in lockstep it handles no more mail
/// from then on, and is gone at the end of the tick). What it sent is delivered.
ENTRAIN_API void entrain_finish(entrain_self *self);
/// Asks that @p target ends, after what it is doing now and before it handles more mail; in lockstep at the end of this
/// tick. ENTRAIN_STALE: it is gone.
ENTRAIN_API entrain_status entrain_stop(entrain_self *self, entrain_id target);

/// For the trace: @p message, one of those that this call was handed, is at hand from now on. Without it, that is the last of
/// them. Where there is no trace it does nothing.
ENTRAIN_API void entrain_handling(entrain_self *self, const entrain_message *message);

ENTRAIN_END_DECLS

#endif
