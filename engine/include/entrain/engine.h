/// @file engine.h  The actor system: populations, ticks made of exchanges, two transports, one result.
///
/// Life: create, add populations, set a topology, start, advance as often as wanted, destroy. Between two
/// calls of advance the engine stands at a tick boundary: everything may be looked at, nothing runs.
///
/// Threads: all calls from one thread at a time, except entrain_engine_cancel(), which any thread and any
/// signal handler may call at any time between create and destroy. Different engines have nothing to do with
/// each other. Behaviors and visitors may call what reads (tick, step_s, seed, populations); calls that run
/// or change the engine from within them are bugs and end the program.
#ifndef ENTRAIN_ENGINE_H
#define ENTRAIN_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "entrain/actor.h"
#include "entrain/behavior.h"
#include "entrain/mailbox.h"
#include "entrain/scheduler.h"
#include "entrain/simd.h"
#include "entrain/status.h"
#include "entrain/supervision.h"
#include "entrain/topology.h"

ENTRAIN_BEGIN_DECLS

/// When actors run.
typedef enum entrain_execution {
    /// All of tick t before tick t + 1: entrain_engine_advance().
    ENTRAIN_EXECUTION_LOCKSTEP = 0,
    /// No clock: an actor with mail is runnable, a worker runs it for up to `batch` messages and goes on to
    /// the next: entrain_engine_run(). Overflow: block, fail, shed-newest. Not deterministic with two workers
    /// or more.
    ENTRAIN_EXECUTION_EVENT_DRIVEN = 1,
    /// Messages are handled at their simulated time, in (time, round, sender, order) order, those of one
    /// window of the lookahead in parallel: entrain_engine_run(). The same results for every policy and
    /// worker count, and those of one thread with one list.
    ///
    /// All messages for one actor at one instant, (time, round), are handed over together, timers first. The
    /// inbox bounds how many an actor takes at one instant, those beyond it go where the overflow policy
    /// says, in that order; block is refused. Of messages that found no room or nobody a sender learns when
    /// the window is over in which that happened; then it is settled, too, what becomes of actors that failed
    /// or were asked to end in it, and who watches them is told. Who fails or ends by itself handles nothing
    /// more from that instant on. Windows begin when the least of all is due and last for the lookahead (if
    /// that is 0: one instant), and depend on nothing else: not on until_s, nor on when a run was cancelled.
    /// Messages from outside arrive at the present. There is no trace.
    ENTRAIN_EXECUTION_VIRTUAL_TIME = 2,
    ENTRAIN_EXECUTION_COUNT
} entrain_execution;

/// "lockstep", "event-driven", "virtual-time"; NULL past the end.
ENTRAIN_API const char *entrain_execution_name(entrain_execution execution);

/// What happens when muted actors wait for each other's full mailboxes in a circle (overflow policy block).
typedef enum entrain_deadlock {
    ENTRAIN_DEADLOCK_ENDS = 0, ///< the run ends with ENTRAIN_DEADLOCK and a sentence that names the circle
    /// The oldest message that the circle's lowest actor waits to deliver is shed, and the run goes on.
    ENTRAIN_DEADLOCK_SHEDS = 1,
    ENTRAIN_DEADLOCK_COUNT
} entrain_deadlock;

/// How an observation gets from a speaker to a hearer. The results are the same to the last bit.
typedef enum entrain_transport {
    ENTRAIN_TRANSPORT_MAILBOX = 0, ///< a message through the hearer's own bounded mailbox
    ENTRAIN_TRANSPORT_PUBLISH = 1, ///< gathered from the speakers' double-buffered publications
    ENTRAIN_TRANSPORT_COUNT
} entrain_transport;

/// "mailbox", "publish"; NULL past the end.
ENTRAIN_API const char *entrain_transport_name(entrain_transport transport);

/// What config.overflow means in lockstep. The owner of the receiving actor's task applies it, in canonical
/// order, so that it is the same for every policy, worker count and layout; every message that does not
/// arrive is counted (entrain_engine_count). An observation of W words is ceil(W / 2) messages, of which a
/// mailbox takes all or none: a mailbox_capacity below that is refused, whatever the policy. Between two
/// exchanges no observation is queued. The field of a complete graph is one observation: it has room always.
///
///   policy       an observation without room               a general message without room
///   fail         is undeliverable                          is undeliverable, and its sender is told
///   shed-newest  is shed                                   is shed
///   shed-oldest  takes the room of the oldest one,         takes the room of the oldest one, which is shed
///                which is shed
///   conflate     takes the place of what the same speaker  takes the place, in the order too, of the newest
///                has queued (parallel edges), which is     one of the same sender and kind, which is
///                conflated; else it is shed                conflated; else it is shed
///   block        waits until the hearer has heard what is  waits, and its sender is muted until all it sent
///                there, in the same exchange: the sums     has been delivered or can never be
///                are those of publish, at any capacity
///
/// Conflated observations need not be equal: parallel edges may weigh differently, and the last of them, in
/// the order in which the topology was given them, remains. The world outside is one sender.
///
/// A muted actor hears observations, steps and publishes as always, but its receive() is not called, and its
/// own mail stays in its mailbox (if it hears observations too, it has one for each, so that neither is in
/// the other's way). What waits is tried again at every tick, the longest waiting first, and is counted as
/// queued. Messages from outside wait too, and mute nobody. When muted actors wait for each other's full
/// mailboxes in a circle, advance() ends with ENTRAIN_DEADLOCK. An actor that is stopped no longer waits for
/// anything, but what it sent does; until that has gone, whoever is restarted in its place is mute.

/// In which order actors lie in memory: a choice of locality, never of results.
typedef enum entrain_layout {
    /// Index order, or near where most neighbours lie far apart in index order and near brings them really
    /// nearer; looked at during start.
    ENTRAIN_LAYOUT_AUTO = 0,
    ENTRAIN_LAYOUT_INDEX = 1, ///< in the order of the actors' indices
    /// Neighbours near each other: reverse Cuthill-McKee. Costs 8 bytes an actor and a second copy of the
    /// graph's arcs. Index order where there is no graph to go by (complete, or nobody publishes).
    ENTRAIN_LAYOUT_NEAR = 2,
    /// A random permutation keyed by the seed: the worst locality there is, for tests.
    ENTRAIN_LAYOUT_SHUFFLED = 3,
    ENTRAIN_LAYOUT_COUNT
} entrain_layout;

/// "auto", "index", "near", "shuffled"; NULL past the end.
ENTRAIN_API const char *entrain_layout_name(entrain_layout layout);

typedef struct entrain_engine_config {
    entrain_scheduler_config scheduler; ///< workers, policy
    entrain_transport transport;        ///< default mailbox
    entrain_simd simd;                  ///< default auto
    entrain_layout layout;              ///< default auto
    double step_s;                      ///< simulated seconds per tick, > 0 and finite; default 0.01
    uint64_t seed;                      ///< any; default 1
    /// Messages, 1 to 2^24 - 1, rounded up to 2^n - 1; 0: what the topology and the inboxes need. Less than
    /// that is refused unless overflow_named, and less than one observation always. Mailbox transport only.
    uint32_t mailbox_capacity;
    entrain_overflow overflow; ///< what a full mailbox does, see above; default fail
    /// The user asked for this overflow policy and accepts what it does. Mailbox transport only.
    bool overflow_named;
    /// Default lockstep. The others take populations that neither publish nor step.
    entrain_execution execution;
    /// Event-driven: messages an actor handles before the next one's turn, 1 to 100; default 100.
    uint32_t batch;
    /// Virtual-time: simulated seconds that a message to another actor takes at least, >= 0 and finite;
    /// default 0: messages of one time are handled in rounds, what a round sends without delay in the next.
    double lookahead_s;
    entrain_deadlock deadlock; ///< default: the run ends
    /// Ticks that entrain_engine_disturb() may delay observations, 0 (the default) to 2^20: so many ticks'
    /// publications more are kept, and a byte an actor and tick. (publish_past() is asked for them, too.)
    uint32_t disturbance_delay_max;
    /// Deliveries that each worker remembers for entrain_lifecycle.chain, 1 to 2^20; default 0: none.
    uint32_t trace;
    /// About how many arcs and actors per task, 64 to 2^24; default 0: chosen, 4096 or twice that.
    uint32_t cohort_weight;
} entrain_engine_config;

ENTRAIN_API entrain_engine_config entrain_engine_config_defaults(void);

/// Copies and validates @p config; names the first bad field, its value and the range. Starts the workers.
ENTRAIN_API entrain_status entrain_engine_create(const entrain_engine_config *config,
                                                 entrain_engine **engine_out, entrain_error *error_out);
/// Joins the workers, gives back all memory. NULL is allowed.
ENTRAIN_API void entrain_engine_destroy(entrain_engine *engine);

/// Adds @p count actors of @p behavior (copied, its columns too; their names and its own are not). Before
/// start. The population belongs to the engine, and from this call on so does @p context: see release(). At
/// most 64 populations and 2^24 - 1 actors in all. All populations that publish must agree on words, all that
/// step on exchanges. Vertices of the topology are the actors of publishing populations in the order of
/// adding.
ENTRAIN_API entrain_status entrain_engine_add(entrain_engine *engine, const entrain_behavior *behavior,
                                              void *context, uint32_t count,
                                              entrain_population **population_out, entrain_error *error_out);
/// The same, with room for @p room actors, of whom the first @p count (0 is allowed) live from the start; the
/// other places are for entrain_spawn() and entrain_engine_restart_actor(). All of them are vertices of the
/// topology, if the population publishes (lockstep only): nothing is heard from where nobody lives yet.
ENTRAIN_API entrain_status entrain_engine_add_room(entrain_engine *engine, const entrain_behavior *behavior,
                                                   void *context, uint32_t room, uint32_t count,
                                                   entrain_population **population_out,
                                                   entrain_error *error_out);
/// Who hears whom; the engine retains it. Before start. Its vertex count must equal the number of publishing
/// actors.
ENTRAIN_API entrain_status entrain_engine_set_topology(entrain_engine *engine, entrain_topology *topology,
                                                       entrain_error *error_out);
/// The topology as it is now, the engine's; NULL where none was set.
ENTRAIN_API entrain_topology *entrain_engine_topology(const entrain_engine *engine);
/// Replaces the topology at a tick boundary: what is published now is the first that travels on the new one.
/// (What is under way on delayed arcs is heard along the new ones.) From then on everybody hears what it
/// would in an engine that was started with the new one, in the same state; actors stay where they lie. The
/// engine retains the new one and releases the old. Same number of vertices, complete or not as before, no
/// greater delay than the first one's; mailboxes that are too small are made anew, but where a
/// mailbox_capacity was asked for, and no overflow policy named, it must be enough. Otherwise ENTRAIN_INVALID
/// or ENTRAIN_LIMIT with a sentence, and nothing has changed. Allocates; lockstep only (ENTRAIN_UNSUPPORTED);
/// ENTRAIN_ORDER before start and after a failure.
ENTRAIN_API entrain_status entrain_engine_replace_topology(entrain_engine *engine, entrain_topology *topology,
                                                           entrain_error *error_out);
/// What happens to observations on their way. The default (zeroes) is nothing. The same bits in both
/// transports.
typedef struct entrain_disturbance {
    /// Share of observations that are lost, 0 to 1, to the nearest 2^-32. Each is drawn on its own, keyed by
    /// (seed, ENTRAIN_STREAM_LOSS) and counted by the hearer's vertex, the tick and the exchange in which it
    /// would be heard, and its place among the arcs to that hearer: by speaker, parallel ones in the order
    /// given
    /// (engine/disturb.h says which bits). Lost ones are sent but not heard; in mailbox transport their
    /// messages
    /// are counted as `lost`.
    double loss;
    /// [vertices] which side each is on. Copied. Between different ones nothing is sent: it is neither heard
    /// nor
    /// counted. NULL, or all on one: no partition.
    const uint8_t *sides;
    /// Ticks that every observation comes late, beside its arc's delay: at most disturbance_delay_max. When
    /// it
    /// grows, what was heard already is heard again; when it shrinks, what was under way in between is not
    /// heard:
    /// hearers look so much further back.
    uint32_t delay;
} entrain_disturbance;
/// Takes the place of the disturbance there was, at a tick boundary: for all that is heard from now on, what
/// is
/// under way too. It stays when the topology is replaced, and for actors that begin. A visit with sums shows
/// what
/// each would hear under it. Lockstep only (ENTRAIN_UNSUPPORTED); ENTRAIN_ORDER before start and after a
/// failure.
/// ENTRAIN_INVALID or ENTRAIN_LIMIT with a sentence, and nothing has changed, for values out of range and on
/// a
/// complete graph, whose field is one sum: it may be late, but nothing of it is lost or cut off (build its
/// arcs:
/// erdos-renyi with probability 1). A partition takes a byte a vertex and a bit an arc (ENTRAIN_NO_MEMORY).
ENTRAIN_API entrain_status entrain_engine_disturb(entrain_engine *engine,
                                                  const entrain_disturbance *disturbance,
                                                  entrain_error *error_out);
/// Whether observations are being lost or come late: then what one does to another the other need not do to
/// it. (A partition is neither.)
ENTRAIN_API bool entrain_engine_is_disturbed(const entrain_engine *engine);
/// Takes all memory, calls start() and publish() for everybody. Nothing is allocated afterwards. What is
/// missing is refused (ENTRAIN_ORDER; ENTRAIN_INVALID for a topology of another size) and may still be set;
/// after any other refusal the engine can only be destroyed.
ENTRAIN_API entrain_status entrain_engine_start(entrain_engine *engine, entrain_error *error_out);

/// Runs @p ticks ticks, or fewer: ENTRAIN_CANCELLED or ENTRAIN_TIMEOUT at the first tick boundary after the
/// request or the deadline, under a policy that runs ahead at most about a quarter of a second later (the
/// state is whole and the run can go on after entrain_engine_clear()), unless all ticks were done by then;
/// under block ENTRAIN_DEADLOCK, at the tick boundary where actors are found that wait for each other's full
/// mailboxes, with a sentence that names them (the state is whole; the run can go on when one of them has
/// been stopped); ENTRAIN_FAILED with a sentence that names the first actor whose failure was to end the run
/// (the state is whole, and the run can go on without it; but where nobody has mail and its state was found
/// not to be finite after a tick, the engine can only be looked at and destroyed); ENTRAIN_LIMIT or
/// ENTRAIN_MISMATCH with a sentence when a behavior or a policy broke its contract (the engine can then only
/// be looked at and destroyed; after ENTRAIN_MISMATCH what is seen means nothing). ENTRAIN_INVALID where the
/// tick count would overflow.
ENTRAIN_API entrain_status entrain_engine_advance(entrain_engine *engine, uint64_t ticks,
                                                  entrain_error *error_out);

/// Event-driven and virtual-time execution: runs until nobody has mail and no timer is under way (quiescence,
/// ENTRAIN_OK), or until simulated time would pass @p until_s (INFINITY: never): what is due later stays
/// under way, and time stands at @p until_s. Or until ENTRAIN_CANCELLED, ENTRAIN_TIMEOUT (at once: between
/// two calls of receive(), and the next run goes on from there), ENTRAIN_DEADLOCK and ENTRAIN_FAILED with a
/// sentence: in these cases the state is whole, and the run can go on. ENTRAIN_LIMIT, ENTRAIN_MISMATCH: as
/// advance(). In lockstep: ENTRAIN_UNSUPPORTED.
ENTRAIN_API entrain_status entrain_engine_run(entrain_engine *engine, double until_s,
                                              entrain_error *error_out);
/// Simulated seconds so far.
ENTRAIN_API double entrain_engine_time_s(const entrain_engine *engine);
/// What arrived at whom in which order: per actor a chain over (from, kind, flags, payload) of every message
/// handled, summed over actors, wrapping. Equal for two runs whose actors saw the same in the same order.
/// Event-driven and virtual-time; kept only where asked for (@p on) before start; else 0.
ENTRAIN_API void entrain_engine_sign_order(entrain_engine *engine, bool on);
ENTRAIN_API uint64_t entrain_engine_order_signature(const entrain_engine *engine);

/// Asks a running entrain_engine_advance() or entrain_engine_run() (or the next one) to stop, at the next
/// tick boundary or between two calls of receive(). Async-signal-safe; a behavior may call it, too.
ENTRAIN_API void entrain_engine_cancel(entrain_engine *engine);
/// advance() and run() stop when @p seconds of wall time from now have passed; 0, less, or NaN takes the
/// deadline away. At most 1e9.
ENTRAIN_API void entrain_engine_set_deadline(entrain_engine *engine, double seconds);
/// Forgets a cancel request and the deadline.
ENTRAIN_API void entrain_engine_clear(entrain_engine *engine);

/// Sends a message from outside into an actor's mailbox. Nothing is stored on ENTRAIN_STALE (nobody has this
/// id), ENTRAIN_FULL, or ENTRAIN_ORDER (not started, or nobody has an inbox).
/// Lockstep and virtual-time: handled in the next tick, or at the present time, before what actors sent, in
/// the order of calls; ENTRAIN_FULL above 4096 between two ticks or runs, those included that under block
/// still wait for room. Event-driven: it is in the mailbox at once; ENTRAIN_FULL when there is no room (under
/// shed-newest it is shed, ENTRAIN_OK), ENTRAIN_STALE also for an actor without an inbox.
ENTRAIN_API entrain_status entrain_engine_tell(entrain_engine *engine, entrain_id to, uint16_t kind,
                                               uint16_t flags, entrain_payload first, entrain_payload second);

/// Ends an actor at this tick boundary: it falls silent (nobody hears it, `heard` shrinks) and messages to
/// its id, those under way or queued included, are undeliverable; what it sent is still delivered.
/// ENTRAIN_STALE if it is gone already, and before start.
ENTRAIN_API entrain_status entrain_engine_stop_actor(entrain_engine *engine, entrain_id id);
/// Begins a new actor in the place of one that was stopped, with zeroed columns and start() called; its id is
/// new. It is heard from the next tick on. ENTRAIN_LIMIT when the place's 255 generations are used up;
/// ENTRAIN_ORDER when somebody lives there, and before start.
ENTRAIN_API entrain_status entrain_engine_restart_actor(entrain_engine *engine,
                                                        entrain_population *population, uint32_t index,
                                                        entrain_id *id_out);

/// Ticks completed; from within a behavior, before the exchange that it is called for.
ENTRAIN_API uint64_t entrain_engine_tick(const entrain_engine *engine);
ENTRAIN_API double entrain_engine_step_s(const entrain_engine *engine);
ENTRAIN_API uint64_t entrain_engine_seed(const entrain_engine *engine);
ENTRAIN_API uint32_t entrain_population_count(const entrain_population *population);
/// Words that its actors publish per exchange: the stride of range->published and range->sums.
ENTRAIN_API uint32_t entrain_population_words(const entrain_population *population);
/// What it was added with: its engine, its behavior (as copied) and its context. For models that offer more
/// functions on their populations than a behavior has; what a behavior reads from its context is changed
/// between ticks only.
ENTRAIN_API entrain_engine *entrain_population_engine(const entrain_population *population);
ENTRAIN_API const entrain_behavior *entrain_population_behavior(const entrain_population *population);
ENTRAIN_API void *entrain_population_context(const entrain_population *population);
/// The id of the actor at @p index of a population, or ENTRAIN_ID_NONE if it was stopped, and before start.
ENTRAIN_API entrain_id entrain_population_id(const entrain_population *population, uint32_t index);
/// Address of one actor's element of one column, for reading and, at a tick boundary, writing. Call
/// entrain_engine_republish() after writing what publish() reads. After start; of a stopped actor, what it
/// left.
ENTRAIN_API void *entrain_population_at(entrain_population *population, uint32_t index, uint32_t column);
ENTRAIN_API void entrain_engine_republish(entrain_engine *engine);
/// How often the outside has written into actors so far, as far as the engine knows: calls of
/// entrain_engine_republish() and entrain_engine_disturb() since start. Who watches a law of motion begins
/// anew where this has grown.
ENTRAIN_API uint64_t entrain_engine_republished(const entrain_engine *engine);

/// Calls @p visit for every task's ranges of living actors of @p population (NULL: of all), on all workers at
/// once; @p task numbers the tasks 0 .. entrain_engine_task_count() - 1, and all calls of one task come from
/// one worker, one after another. Use it for exact sums with one partial per task. With @p with_sums
/// range->sums and range->heard hold what each actor would hear now if its mailbox turned nothing away; NULL
/// otherwise, and for populations that do not publish. ENTRAIN_ORDER before start; ENTRAIN_MISMATCH when the
/// policy lost or doubled a task, and the engine is broken then.
ENTRAIN_API entrain_status
entrain_engine_visit(entrain_engine *engine, entrain_population *population, bool with_sums,
                     void (*visit)(void *context, const entrain_range *range, uint32_t task), void *context);
/// 0 before start.
ENTRAIN_API uint32_t entrain_engine_task_count(const entrain_engine *engine);

/// The order-free fingerprint of the state: the tick, and every fingerprint column of every living actor,
/// with its id. To the bit: -0 is not 0. 0 before start.
ENTRAIN_API uint64_t entrain_engine_fingerprint(entrain_engine *engine);

/// Where every message went so far: general messages and, in mailbox transport, observations. In publish
/// transport an observation is not a message and not counted here. Looks at every mailbox: 5 ms for a
/// million.
ENTRAIN_API void entrain_engine_count(const entrain_engine *engine, entrain_message_count *count_out);
/// What became of a general message that nobody handled.
typedef enum entrain_fate {
    ENTRAIN_FATE_SHED = 0, ///< there was no room, and the overflow policy (or a broken circle) dropped it
    ENTRAIN_FATE_CONFLATED = 1,     ///< a newer one of the same sender and kind took its place
    ENTRAIN_FATE_UNDELIVERABLE = 2, ///< there was no room under fail, or nobody there
    ENTRAIN_FATE_COUNT
} entrain_fate;

/// "shed", "conflated", "undeliverable"; NULL past the end.
ENTRAIN_API const char *entrain_fate_name(entrain_fate fate);

/// A dead letter: once for every general message that entrain_engine_count() counts as one of these.
typedef struct entrain_dead_letter {
    entrain_message message;
    entrain_id to; ///< as sent; may be anybody's, or nobody's
    entrain_fate fate;
} entrain_dead_letter;

/// Who is told of dead letters; NULL for nobody. Calls come from any worker's thread, one at a time, in no
/// particular order. The function must be quick, and must not call the engine. Before start.
ENTRAIN_API void entrain_engine_on_dead_letter(entrain_engine *engine,
                                               void (*told)(void *context, const entrain_dead_letter *letter),
                                               void *context);
/// The state of the whole engine at a tick boundary, written to or read from @p archive: columns by index,
/// who lives where, publications (those that delays still need, too), mail under way in canonical order,
/// timers, supervision, watches, disturbances, the topology if it is not the one of the start, the counts of
/// messages, the tick; and behavior.archive of each population. Not: sessions of statistics, traces,
/// lifecycle receivers. Rings, lanes and cohorts are not in it, so it may be read with another number of
/// workers, policy, transport, layout or SIMD level. Counts of messages go on from the writer's, whatever
/// its transport was. A reader with another disturbance_delay_max keeps more of the past, or less: what it
/// misses is as what came after it.
///
/// Reading, @p engine must have been started with the same populations, step and seed (checked), at tick 0.
/// Lockstep and virtual time; in event-driven execution, and where order signatures or traces are kept, it
/// is refused: ENTRAIN_UNSUPPORTED. Failures stay in the archive, and an engine read into is broken then.
/// Between calls that advance; thread rule of the engine.
ENTRAIN_API void entrain_engine_archive(entrain_engine *engine, entrain_archive *archive);

/// Observations that reached a hearer, in either transport.
ENTRAIN_API uint64_t entrain_engine_observations(const entrain_engine *engine);

/// Bytes by part, exactly as asked for: all that grows with the swarm. `contexts` is what behaviors keep
/// for themselves (kuramoto's initial values: 16 bytes an oscillator); `topology` includes the renumbered
/// copy that layouts other than index keep. Without the scheduler.
typedef struct entrain_engine_memory {
    size_t state, contexts, publications, mailboxes, topology, messages, table, total;
} entrain_engine_memory;
ENTRAIN_API void entrain_engine_measure(const entrain_engine *engine, entrain_engine_memory *memory_out);

/// Wall-clock figures since start.
typedef struct entrain_engine_stats {
    uint64_t ticks;
    uint64_t advance_ns; ///< inside entrain_engine_advance()
    uint64_t serial_ns;  ///< of that, in the serial part between phases
} entrain_engine_stats;
ENTRAIN_API void entrain_engine_stats_read(const entrain_engine *engine, entrain_engine_stats *stats_out);
/// Wall-clock nanoseconds that a tick took, as a quantile (0 to 1; 0.5 is the median) over all ticks since
/// start or the last entrain_engine_tick_ns_forget(), known to 3 %; 0 when there were none. Under a policy
/// that runs ahead ticks overlap: there it is the time from one common boundary to the next, divided by the
/// ticks between.
ENTRAIN_API uint64_t entrain_engine_tick_ns(const entrain_engine *engine, double quantile);
ENTRAIN_API void entrain_engine_tick_ns_forget(entrain_engine *engine);
/// For how many tasks a task waits on average under a policy that runs ahead; 0 where there is a barrier:
/// under other policies, and on a complete graph, where everybody hears everybody.
ENTRAIN_API double entrain_engine_links_mean(const entrain_engine *engine);
ENTRAIN_API const entrain_scheduler *entrain_engine_scheduler(const entrain_engine *engine);
ENTRAIN_API entrain_simd entrain_engine_simd(const entrain_engine *engine);
/// How actors lie: index, near or shuffled; auto before start.
ENTRAIN_API entrain_layout entrain_engine_layout(const entrain_engine *engine);
/// What each mailbox got; 0 without mailboxes.
ENTRAIN_API uint32_t entrain_engine_mailbox_capacity_max(const entrain_engine *engine);

/// "0.1.0"
ENTRAIN_API const char *entrain_version(void);

ENTRAIN_END_DECLS

#endif
