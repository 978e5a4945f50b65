/// @file actor.h  What an actor can do from within its receive(): send, wait, watch, begin others, end
/// itself.
///
/// All calls: from receive() only, with the self that it was given, by that call's thread. None blocks,
/// none allocates: what they need was taken at start, by what the behavior declares.
#ifndef ENTRAIN_ACTOR_H
#define ENTRAIN_ACTOR_H

#include "entrain/behavior.h"
#include "entrain/supervision.h"

ENTRAIN_BEGIN_DECLS

/// Sends a message from @p self to the actor @p to. In lockstep it is handled in the next tick; in
/// event-driven execution as soon as @p to is run; in virtual-time it arrives a lookahead from now, if that
/// is 0 in the next round of the present time. From receive() only, by that call's thread. Never blocks it.
/// What finds no room in the receiver's mailbox is shed, conflated or undeliverable, or waits and mutes the
/// sender from the next tick on, as the overflow policy says; what names an actor that is gone, or has no
/// inbox, is undeliverable. The undeliverable is shown to the sender in self->undelivered, the shed and
/// conflated are not. Kinds below ENTRAIN_KIND_USER are not for programs.
/// @return ENTRAIN_OK, or ENTRAIN_LIMIT beyond sends_max or a budget of sends: nothing was stored, and the
/// actor has failed once receive() returns, whatever that returns. In virtual-time also ENTRAIN_FULL: nothing
/// was stored, because timers_max messages of this actor are under way, as in entrain_send_after().
ENTRAIN_API entrain_status entrain_send(entrain_self *self, entrain_id to, uint16_t kind, uint16_t flags,
                                        entrain_payload first, entrain_payload second);

/// Names one delayed message of one actor; 0 names none. Never used again by that actor for another. Depends
/// on what that actor did, and on nothing else: it may be kept in a column of the fingerprint.
typedef uint64_t entrain_timer;

/// Sends a message that arrives @p delay_s simulated seconds from now. In lockstep that is the first tick
/// that begins at or after that time, and the next tick at the earliest (a time within a millionth of a tick
/// of some tick's beginning is that tick's); in virtual-time exactly that time, to oneself in the next round
/// if that is the present; in event-driven execution it is when nobody has anything else to do (simulated
/// time stands still while anybody has mail).
///
/// To oneself it is a timer: it needs no room in the mailbox, and is handed over before mail, in the order of
/// (time, registration), to a muted actor when it is called again. To another it is mail from the moment it
/// is due: in lockstep in its sender's place of the canonical order, before what its sender sent without
/// delay, in the order of (time, registration).
///
/// Each message under way has one of its sender's timers_max places until it arrives. When its sender ends,
/// what is under way is cancelled; but in virtual-time what others are to get within a lookahead arrives.
/// @return ENTRAIN_OK, with *timer_out (NULL is allowed) to cancel it by; ENTRAIN_FULL when timers_max are
/// under way; ENTRAIN_INVALID for a delay below 0, NaN, or a time that is not finite, and in virtual-time for
/// one to another below the lookahead; ENTRAIN_LIMIT beyond sends_max. Then nothing was stored, and
/// *timer_out is as it was.
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
/// Takes back a delayed message: it counts as cancelled. ENTRAIN_STALE: it is gone, delivered or cancelled,
/// or is at hand in this tick; in virtual-time also one to another that is due sooner than a lookahead from
/// now.
ENTRAIN_API entrain_status entrain_cancel(entrain_self *self, entrain_timer timer);

/// From now on @p target's end is told to this actor by one notice of kind ENTRAIN_KIND_ENDED, which needs
/// no room: from
/// @p target, flags its entrain_reason, first.u64 the entrain_status that it failed with. One that is gone
/// already is told of at once, with the reason ENTRAIN_REASON_GONE. Watching whom one watches already
/// changes nothing. In lockstep a notice comes in the tick after; several in the order in which their
/// actors ended, those of one tick by slot. ENTRAIN_FULL when watches_max are on, those included whose
/// notices are under way.
ENTRAIN_API entrain_status entrain_watch(entrain_self *self, entrain_id target);
/// No notice of @p target any more. ENTRAIN_STALE: it is not watched, or its notice is under way.
ENTRAIN_API entrain_status entrain_unwatch(entrain_self *self, entrain_id target);

/// Begins an actor in a free place of @p population, with zeroed columns and start() called; it can be sent
/// to at once. Event-driven execution only (ENTRAIN_UNSUPPORTED elsewhere). ENTRAIN_FULL: no place is free;
/// for good, when all are used up: each serves 255 actors.
ENTRAIN_API entrain_status entrain_spawn(entrain_self *self, entrain_population *population,
                                         entrain_id *id_out);
/// This actor ends once the call of receive() it is in returns: ENTRAIN_REASON_FINISHED (in lockstep it
/// handles no more mail from then on, and is gone at the end of the tick). What it sent is delivered.
ENTRAIN_API void entrain_finish(entrain_self *self);
/// Asks that @p target ends, after what it is doing now and before it handles more mail; in lockstep at the
/// end of this tick. ENTRAIN_STALE: it is gone.
ENTRAIN_API entrain_status entrain_stop(entrain_self *self, entrain_id target);

/// For the trace: @p message, one of those that this call was handed, is at hand from now on. Without it,
/// that is the last of them. Where there is no trace it does nothing.
ENTRAIN_API void entrain_handling(entrain_self *self, const entrain_message *message);

ENTRAIN_END_DECLS

#endif
