/// @file engine_private.h  What the files of the engine share.
///
/// Three numberings of actors, and who uses which:
///
///   index   within its population, 0 .. count-1: what the user means; keys draws, order, results
///   slot    population->first + index: the low 24 bits of its id; vertices of the topology are the first
///   slots,
///           because populations that publish come first
///   place   population->first + column: where its state lies; publications, ring and id arrays are by place
///
/// In the layout `index` place == slot. Nothing that depends on places may reach a result.
///
/// Who writes what, and when. Tasks are cohorts: contiguous places of one population.
///
///   exchange  a cohort's task reads publications[now] of anybody (and, where arcs have delays, those of
///   exchanges before:
///             delays.h), writes its own actors' columns, mailboxes and publications of the exchange after
///             now, and
///             its own cohort's counters. Nobody else touches those. Under a policy without a barrier now,
///             stage and
///             tick are the cohort's own, and those that it hears or is heard by are never more than one
///             exchange
///             away: so two buffers are enough there too, and with delays two more than are looked back at.
///   receive   a cohort's task takes its lane, writes its own actors' mailboxes and columns, its own outbox.
///   visit     a cohort's task reads; what it writes is the visitor's business.
///   serial    between phases, one thread: flips publications, sums fields, routes outboxes into lanes.
///
/// All hand-overs go through the scheduler, by its barrier or its policy's own order. The only atomic here is
/// the cancel flag.
#ifndef ENTRAIN_ENGINE_PRIVATE_H
#define ENTRAIN_ENGINE_PRIVATE_H

#include "engine/base/assert.h"
#include "engine/base/atomics.h"
#include "engine/base/lock.h"
#include "engine/base/memory.h"
#include "engine/base/sum.h"
#include "engine/calendar.h"
#include "engine/gather_kernels.h"
#include "engine/letter.h"
#include "engine/supervise.h"
#include "engine/trace.h"
#include "entrain/engine.h"
#include "entrain/random.h"

__extension__ typedef __int128 entrain__int128;

#define ENTRAIN_GENERATION_MAX 255
#define ENTRAIN_TELLS_MAX 4096
#define ENTRAIN_POPULATIONS_MAX 64

/// What entrain_self.reserved points to during receive(): where its letters go.
typedef struct entrain__allowance {
    entrain__letter *next;   // the next one
    uint32_t left;           // of sends_max
    bool exceeded;           // it wanted more
    bool budget;             // left is what a budget leaves, less than sends_max
    bool finished;           // it called entrain_finish()
    bool delays_all;         // virtual-time: what is sent without a delay is delayed too
    entrain__trace_log *log; // its worker's; NULL: no trace
    // Delayed messages (timers.c).
    entrain__calendar *calendar; // NULL: this actor has no place for any
    entrain__lock *lock;         // of the calendar; NULL: it is this task's alone
    uint32_t owner;              // in the calendar
    uint32_t delayed, cancelled; // so many in this call
    entrain__instant now;        // virtual-time
} entrain__allowance;

struct entrain_population {
    entrain_engine *engine;
    entrain_behavior behavior; // its columns point to column_specs
    entrain_column column_specs[ENTRAIN_COLUMNS_MAX];
    void *context;
    uint32_t count;
    uint32_t first;                   // slot of index 0 and place of column 0
    uint32_t mailbox_first;           // mailbox of column 0; UINT32_MAX: this population has no mailboxes
    uint32_t living;                  // that begin with the run: the first so many indices
    uint64_t free;                    // event-driven: slot + 1 of the first free place, below a stamp; atomic
    uint32_t order;                   // in which it was added
    entrain_mailbox_set *letterboxes; // where its general messages go: engine->mailboxes, or a set apart
    uint32_t letterbox_first;         // in that, of column 0
    char *columns[ENTRAIN_COLUMNS_MAX];
    uint32_t *index_of_column;       // [count]
    const uint32_t *column_of_index; // [count], NULL: the same
    // Supervision: see supervise.h. By index; NULL where not needed.
    entrain_supervision supervision;
    entrain__restarts *restarts; // one for one
    entrain__restarts group;     // all for one
    entrain__budget *budgets;
    uint32_t watch_first, watcher_first;
    uint32_t guarded_count; // columns that must stay finite
    uint8_t guarded[ENTRAIN_COLUMNS_MAX];
};

/// What a step() may send, while it goes on (step_sends.c).
typedef struct entrain__step_sends {
    const entrain_range *range; // as handed to it; NULL outside, and where it may send nothing
    uint32_t *counts;    // [range->count] how many each has sent in this call; NULL: they came in order
    uint32_t first;      // where in the outbox this call began
    uint32_t last, sent; // in order: who sent last, from the first of the range, and how many
} entrain__step_sends;

/// A task: a contiguous block of one population's columns, cut by weight. Written by whoever runs its task.
typedef struct entrain__cohort {
    _Alignas(ENTRAIN_CACHE_LINE) entrain_population *population;
    uint32_t first, count; // columns
    uint32_t stopped;      // how many of them hold no living actor
    uint32_t now,
        stage;      // which publications are of this exchange, and in which of `tick` its task is: the
                    // engine's, but
    uint64_t tick;  // under a policy without a barrier each cohort is somewhere else
    uint32_t hears; // which publications it hears, where all arcs have one delay
    uint32_t segment_first, segment_count; // of the graph's segments, if it has any
    uint64_t row_first;                    // of the rows of its slices
    uint32_t outbox_count, outbox_capacity;
    uint32_t outbox_turn; // outbox_count when the actor whose turn it is was first called in this tick
    entrain__letter *outbox;
    bool outbox_mixed; // not in the order of its senders' slots, even if columns are
    entrain__step_sends step;
    uint64_t lane_first, lane_count; // letters for this cohort in engine->lanes, set by the router
    uint32_t lane_failed;            // of those, what found no room: to be told to their senders
    uint64_t kept;                   // block: messages in mailboxes of muted actors, for a later tick
    uint64_t observations;           // that reached a hearer
    entrain_message_count count_of;  // all but queued, by this cohort's task
    entrain__calendar *calendar;     // delayed messages of its actors; NULL: they have none
    entrain__lock calendar_lock;     // event-driven: any worker may run them
    uint64_t notices;                // actors for whom notices lie ready; by this task, and between phases
    entrain_id failed; // whose state was the first not to be finite, where that ends the run, and when
    uint32_t failed_column;
    uint64_t failed_tick;
    entrain__int128 field[ENTRAIN_WORDS_MAX]; // complete graph: sum of this cohort's publications
} entrain__cohort;

/// One worker's scratch: sums for the cohort it is running.
typedef struct entrain__scratch {
    _Alignas(ENTRAIN_CACHE_LINE) int64_t *sums; // [cohort_count_max][words]
    uint32_t *heard;                            // [cohort_count_max]
    uint32_t *step_counts;                      // [cohort_count_max] where some step() may send; or NULL
    uint64_t
        *called; // [cohort_count_max / 64 + 1] bits by column of the cohort: who may have been called; all 0
                 // between tasks
} entrain__scratch;

typedef enum entrain__phase {
    ENTRAIN__PHASE_START,
    ENTRAIN__PHASE_RECEIVE,
    ENTRAIN__PHASE_EXCHANGE,
    ENTRAIN__PHASE_VISIT,
} entrain__phase;

/// How long ticks took: a histogram whose buckets double every ENTRAIN__LATENCY_PARTS, so that a quantile is
/// known to 3 %. Written by the serial part.
enum { ENTRAIN__LATENCY_PARTS = 32, ENTRAIN__LATENCY_BUCKETS = 60 * ENTRAIN__LATENCY_PARTS };
typedef struct entrain__latency {
    uint64_t counts[ENTRAIN__LATENCY_BUCKETS];
} entrain__latency;

/// The graph by place: who hears whom, as gathered from. Points into the topology in the layout `index`.
typedef struct entrain__graph {
    bool complete, weighted;
    const uint64_t *offsets; // [vertex_count + 1]
    const int32_t *speakers; // [arc_count] places
    const double *weights;   // [arc_count] or NULL
    uint32_t prefetch;       // arcs to look ahead; 0 where speakers lie near anyway
    uint32_t delay;          // ticks, of every arc, where they do not differ; and the greatest of all
    uint32_t delay_most;
    const int32_t
        *behind; // [arc_count] where they differ: -exchanges, as an index into past buffers (delays.h); or
                 // NULL
    // How whole cohorts are gathered, where that was planned (gather_plan.c).
    entrain__gather_kernel *gather; // NULL: row by row
    const entrain__segment *segments;
    const uint16_t *rows;  // of slices
    const int32_t *sliced; // [sliced_count] speakers of slices, times 2
    uint64_t sliced_count;
    uint8_t *open; // a bit for each arc, 1: its ends are on one side (disturb.h); NULL: no partition
} entrain__graph;

/// What happens to observations on their way (disturb.c). Written between phases.
typedef struct entrain__disturbed {
    bool thins;         // some are not heard: there is loss, or a partition
    uint64_t threshold; // loss x 2^32
    entrain_random key; // of loss
    uint8_t *sides;     // [vertex_count] by place; NULL: no partition
    uint32_t delay;     // ticks, beside the arcs' own
} entrain__disturbed;

struct entrain_engine {
    entrain_engine_config config;
    entrain_simd simd;
    entrain_layout layout; // after start: never AUTO
    entrain__arena *arena;
    entrain__arena *graph_arena; // what depends on the graph: goes when that is replaced (replace.c)
    entrain_scheduler *scheduler;
    entrain_topology *topology;
    bool started, broken; // broken: a contract was violated, the state is not to be continued from
    bool replaced;        // the topology is not that of the start
    bool running;         // within start, advance or a visit: behaviors must not call back

    entrain_population *populations[ENTRAIN_POPULATIONS_MAX]; // publishing ones first after start
    uint32_t population_count;
    uint32_t actor_count, vertex_count, words, exchanges;

    // by slot / by place
    uint8_t *generations;      // [actor_count] by slot
    entrain_id *ids;           // [actor_count] by place; ENTRAIN_ID_NONE where nobody lives
    uint32_t *undelivered;     // [actor_count] by slot; NULL without general messages
    uint32_t stopped_vertices; // places of publishing populations where nobody lives
    uint64_t silent_arcs;      // of the graph, that begin there
    uint64_t republished;      // how often, since start

    // publications
    entrain__graph graph;
    entrain__disturbed disturbed;
    int64_t **publications;         // [ring], and the same once more: each [vertex_count][words] by place
    uint32_t ring;                  // 2, unless arcs have delays
    uint32_t delay_most;            // ticks that the ring is made for
    uint32_t exchange_shift;        // exchanges a tick, as a power of two
    int64_t *two_publications[4];   // without delays
    entrain__int128 *field_totals;  // [field_ring][words] complete graph: of all cohorts' parts, by exchange
    uint32_t *field_speakers;       // [field_ring] of how many actors
    uint32_t field_ring, field_now; // 1 and 0, unless there is a delay
    int64_t field
        [ENTRAIN_WORDS_MAX]; // the one of now or, delayed, the oldest, shifted so that it fits: what is heard
    uint32_t field_heard;    // and how many spoke then
    uint32_t field_shift;
    entrain__lock field_lock; // past fields, in the START phase
    entrain__int128 one_total[ENTRAIN_WORDS_MAX];
    uint32_t one_speakers;
    // From which tick on every arc brings something, and of who lives at its beginning now: INT64_MAX while
    // one begins where nobody lives.
    int64_t steady_since;
    uint8_t
        *lives; // [delay_most + 1][vertex_count] by tick and place, the generation that spoke; NULL without
                // delays
    bool lives_kept;   // they are: until then nobody has ended, and that memory is untouched
    double sum_unit;   // what one unit of a sum is worth
    uint32_t *heard;   // [vertex_count] by place: living speakers; NULL for the complete graph
    bool heard_filled; // from the first stop on; until then it is the in-degree, and that memory untouched

    // mailboxes
    entrain_mailbox_set *mailboxes;
    entrain_mailbox_set *letterboxes; // block: general messages of those who hear observations too; or NULL
    uint32_t mailbox_capacity_max;

    // general messages
    bool has_mail; // some population has an inbox, or sends
    entrain__letter *tells;
    uint32_t tell_count;
    entrain__letter *lanes;   // [letters_max], by receiving cohort
    entrain__letter **sorted; // [letters_max] scratch of the router
    uint32_t *homes;          // [letters_max] the same: receiving cohort plus 1, 0: none
    entrain__letter **sorted_twin;
    uint64_t letters_max;
    // Overflow policy block; NULL under the others. [letters_max]: what found no room, in the order in which
    // it is tried again.
    entrain__letter *waiting;
    uint64_t waiting_count;
    uint32_t tells_waiting; // how many of them came from outside
    // [actor_count] by slot: letters waiting of whoever lives or lived there; and scratch, 0 between uses, of
    // the router (letters that will be placed) and of the search for a deadlock.
    uint32_t *muted, *expected, *waits_for, *walked;
    entrain_message_count count_of; // of letters that reach no cohort

    struct {
        void (*told)(void *context, const entrain_dead_letter *letter);
        void *context;
        entrain__lock lock;
    } dead;
    struct entrain__events *events; // event-driven execution; NULL in others
    double time_s;                  // simulated, in executions without ticks
    bool signs_order;
    uint64_t *chains; // [actor_count] by slot: order signature (order.h), or NULL

    // delayed messages
    uint64_t timers_next; // lockstep: when the first one in any calendar is due; UINT64_MAX: there is none
    struct entrain__virtual *virtual_time; // NULL in other executions
    entrain__supervise supervise;
    entrain__trace_log *trace_logs; // [trace_log_count], the outside's last; NULL: no trace
    uint32_t trace_log_count;
    uint64_t *slot_traces[2]; // [slots] record of each message in mailboxes, and in letterboxes

    // tasks
    entrain__cohort *cohorts;
    uint32_t cohort_count, cohort_count_max; // how many; the most columns in one
    entrain__scratch *scratch;               // [worker_count]
    entrain_task_links links;                // only for a policy that runs ahead

    // Where the run stands. Written by the serial part in every phase and read by every task: a line of its
    // own, so that each worker waits for one.
    _Alignas(ENTRAIN_CACHE_LINE) uint64_t tick;
    uint64_t tick_end;
    uint64_t tick_began_ns, tick_ns; // when the last tick ended, and what it took
    uint32_t stage;
    uint32_t now;         // which of the publications is heard in the coming exchange
    uint32_t phase, span; // the phase that goes on; of how many exchanges it consists
    entrain_status ended;
    bool first_advance; // the serial part's own: a run begins
    _Alignas(ENTRAIN_CACHE_LINE)
        uint32_t cancelled; // atomic: set by entrain_engine_cancel() from anywhere, read at
                            // tick boundaries
    uint64_t deadline_ns;
    entrain_engine_stats stats;
    entrain__latency latency; // the serial part's

    // the visit
    entrain_population *visited; // NULL: all
    bool visit_sums;
    void (*visit)(void *context, const entrain_range *range, uint32_t task);
    void *visit_context;
    uint64_t *fingerprints; // [cohort_count]

    size_t bytes_state, bytes_publications, bytes_mailboxes, bytes_messages, bytes_table, bytes_graph;
};

/// entrain__arena_take that adds to one of the engine's byte counters.
void *entrain__engine_take(entrain_engine *engine, size_t *counter, size_t count, size_t size);
uint64_t entrain__now_ns(void);
/// Of all workers, since the engine was created.
uint64_t entrain__serial_ns(const entrain_engine *engine);
void entrain__latency_add(entrain__latency *latency, uint64_t ns, uint32_t ticks);

/// The task and the serial part of lockstep (lockstep.c), driven by the scheduler.
extern const entrain_job entrain__lockstep; // but for its context, the engine

/// The cohort whose task this thread is in, if it is one of @p engine; else NULL.
entrain__cohort *entrain__cohort_at_work(const entrain_engine *engine);

/// A range over @p count columns of a cohort's population from @p column on.
entrain_range entrain__range_make(entrain_engine *engine, const entrain_population *population,
                                  uint32_t column, uint32_t count, uint32_t worker);
/// Calls @p body for each maximal run of living columns of @p cohort.
typedef void entrain__run_body(entrain_engine *engine, entrain__cohort *cohort, entrain_range *range,
                               void *context);
void entrain__cohort_runs(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker,
                          entrain__run_body *body, void *context);

/// Transports: fill sums [count][words] (and heard [count] unless NULL) for @p count places from @p place on,
/// of @p cohort, from the publications that it hears now. Returns nothing; counts into the cohort.
void entrain__gather(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                     uint32_t count, int64_t *sums, uint32_t *heard);
/// The same, any even number of words, weights or none; no heard. @p past: NULL, or where arcs differ in
/// their delays: buffers by how many exchanges ago (delays.h), instead of @p publications.
typedef void entrain__gather_words(const entrain_engine *engine, const int64_t *publications,
                                   int64_t *const *past, uint32_t place, uint32_t count, int64_t *sums);
entrain__gather_words entrain__gather_wide, entrain__gather_wide_sse2, entrain__gather_wide_avx2,
    entrain__gather_wide_avx512;
/// How many arrived; @p heard is what gather() filled, or NULL, but where some are not heard.
uint64_t entrain__gather_arrivals(const entrain_engine *engine, const entrain__cohort *cohort, uint32_t place,
                                  uint32_t count, const uint32_t *heard);
/// Whether in this exchange all arcs bring something, from whom lives at their beginning now.
static inline bool entrain__all_spoke(const entrain_engine *engine, const entrain__cohort *cohort) {
    return (int64_t)cohort->tick - (int64_t)engine->delay_most >= engine->steady_since;
}
void entrain__deliver(entrain_engine *engine, entrain__cohort *cohort, uint32_t place, uint32_t count,
                      int64_t *sums, uint32_t *heard);
/// Complete graph: the cohort's part of the field from its publications; and the whole field from all parts.
/// Or both at once, for one place whose publication for the coming exchange appears (+1) or is about to go
/// (-1).
void entrain__field_part(entrain_engine *engine, entrain__cohort *cohort, const int64_t *publications);
/// Exact sums over @p count actors' words.
void entrain__words_sum(uint32_t words, const int64_t *published, uint32_t count, entrain__int128 *sums);
void entrain__field_sum(entrain_engine *engine);
/// Which field is heard: the one of now or, delayed, an earlier one.
void entrain__field_choose(entrain_engine *engine);
void entrain__field_adjust(entrain_engine *engine, uint32_t place, int sign);

/// Tells whoever asked of a message that nobody will handle. Any worker (dead_letters.c).
void entrain__dead_letter_tell(entrain_engine *engine, const entrain_message *message, entrain_id to,
                               entrain_fate fate);
static inline void entrain__dead_letter(entrain_engine *engine, const entrain_message *message, entrain_id to,
                                        entrain_fate fate) {
    if (__builtin_expect(engine->dead.told != NULL, 0))
        entrain__dead_letter_tell(engine, message, to, fate);
}

/// General messages (letters.c).
bool entrain__letters_pending(const entrain_engine *engine);
void entrain__letters_route(entrain_engine *engine);
/// Delivers the cohort's lane and calls receive() of whom there is something for. Their bits in the worker's
/// `called` are set then, others' perhaps too: to be cleared by the caller.
void entrain__letters_receive(entrain_engine *engine, entrain__cohort *cohort, uint32_t worker);
/// What is queued for a column whose actor is about to end is undeliverable.
void entrain__letters_forget(entrain_engine *engine, entrain__cohort *cohort, uint32_t column);
/// @p sender is to be told of one more message that could not be delivered. Serial part only. Who was stopped
/// since is not told, nor is the actor that came in its place.
void entrain__letters_tell(entrain_engine *engine, entrain_id sender);
/// What could not be delivered in the receive phase before is told to its senders: once, by the next route or
/// for a checkpoint.
void entrain__letters_tell_failed(entrain_engine *engine);
/// What actors have sent in the tick that is over, in canonical order, in engine->sorted. @return how many.
uint64_t entrain__letters_sent(entrain_engine *engine);
/// How many letters the actor at @p column may have under way from one tick to the next, delayed ones apart.
uint64_t entrain__letters_quota(const entrain_engine *engine, const entrain_population *population,
                                uint32_t column);
/// General messages that a mailbox of @p population takes.
static inline uint32_t entrain__letterbox_limit(const entrain_engine *engine,
                                                const entrain_population *population, uint32_t letterbox) {
    // A ring may be larger than the inbox, rounded up or made for observations, which transport publish has
    // none of: what is turned away must not depend on that. A capacity that was asked for counts as it is;
    // there is no other transport to agree with then.
    return engine->config.mailbox_capacity != 0 ? entrain_mailbox_capacity(population->letterboxes, letterbox)
                                                : population->behavior.inbox;
}

/// Overflow policy block (letters_wait.c); serial part only. Whether @p letter, to the living actor at @p
/// slot, finds room in the coming receive phase, which is then spoken for.
bool entrain__wait_admits(entrain_engine *engine, const entrain__letter *letter);
/// At the end of a route: what was marked undelivered among the @p count letters of engine->sorted, those
/// that waited already first, waits, and its senders are mute.
void entrain__wait_keep(entrain_engine *engine, uint64_t count);
/// At a tick boundary: do actors wait for each other's full mailboxes, in a circle? ENTRAIN_OK, or
/// ENTRAIN_DEADLOCK with a sentence that names one.
entrain_status entrain__wait_check(entrain_engine *engine, entrain_error *error_out);
/// Circles of engine->waits_for (slots plus one; 0: nobody), for both executions that know block. Walks from
/// @p slot on, marking engine->walked. @return slot plus one of somebody on a circle that this walk found, or
/// 0.
uint32_t entrain__circle_walk(entrain_engine *engine, uint32_t slot);
/// The lowest on the circle of @p on_it, both slots plus one.
uint32_t entrain__circle_lowest(const entrain_engine *engine, uint32_t on_it);
/// ENTRAIN_DEADLOCK, with who waits for whom.
entrain_status entrain__circle_sentence(const entrain_engine *engine, uint32_t on_it,
                                        entrain_error *error_out);
/// Delayed messages (timers.c). Takes the calendars.
entrain_status entrain__timers_build(entrain_engine *engine);
/// Virtual-time: entrain_send(), which arrives a lookahead later.
entrain_status entrain__delay(entrain_self *self, const entrain__letter *letter);
/// Lockstep: whether any is due at this tick boundary.
static inline bool entrain__timers_due(const entrain_engine *engine) {
    return engine->timers_next != UINT64_MAX &&
           engine->timers_next <= entrain__when((double)engine->tick * engine->config.step_s);
}
/// The instant after all that is due at this tick boundary.
static inline entrain__instant entrain__timers_end(const entrain_engine *engine) {
    return (entrain__instant){entrain__when((double)engine->tick * engine->config.step_s) + 1, 0};
}
/// Serial part, after calendars have changed: sets engine->timers_next.
void entrain__timers_look(entrain_engine *engine);
/// Whether a cohort has timers to hand over at this tick boundary.
static inline bool entrain__timers_rung(const entrain_engine *engine, const entrain__cohort *cohort) {
    return cohort->calendar != NULL &&
           (entrain__calendar_lined(cohort->calendar) > 0 ||
            entrain__instant_before(entrain__calendar_next(cohort->calendar, ENTRAIN__LANE_OWN),
                                    entrain__timers_end(engine)));
}
/// Gives @p letter a record in @p log.
void entrain__letter_trace(entrain__trace_log *log, entrain__letter *letter, uint64_t tick, double time_s);
/// Fills a self for one living column.
void entrain__self_make(entrain_engine *engine, const entrain_population *population, uint32_t column,
                        entrain_self *self_out);

/// Actor table.
static inline uint32_t entrain__id_slot(entrain_id id) { return id & ENTRAIN_ID_INDEX_MAX; }
static inline uint32_t entrain__id_generation(entrain_id id) { return id >> ENTRAIN_ID_INDEX_BITS; }
static inline entrain_id entrain__id_make(uint32_t slot, uint32_t generation) {
    return slot | generation << ENTRAIN_ID_INDEX_BITS;
}
/// The population of a slot, never NULL for slot < actor_count.
entrain_population *entrain__population_of(const entrain_engine *engine, uint32_t slot);
static inline uint32_t entrain__column_of(const entrain_population *population, uint32_t index) {
    return population->column_of_index != NULL ? population->column_of_index[index] : index;
}
/// The place where the actor @p id lives, or UINT32_MAX.
uint32_t entrain__place_of(const entrain_engine *engine, entrain_id id);
/// Counts anew whom everybody hears (once anybody is silent) and the arcs that begin where nobody lives.
/// Serial part: after the graph or who lives has changed at large.
void entrain__silence_count(entrain_engine *engine);
/// Ends the living actor at @p slot and begins another one there (actor_table.c): lockstep, between phases.
void entrain__actor_end(entrain_engine *engine, uint32_t slot);
entrain_id entrain__actor_begin(entrain_engine *engine, uint32_t slot);
extern const entrain__execution_calls entrain__lockstep_calls;
static inline entrain__cohort *entrain__cohort_at(entrain_engine *engine, uint32_t place) {
    // Binary search: cohorts are in the order of places.
    uint32_t low = 0, high = engine->cohort_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        const entrain__cohort *cohort = &engine->cohorts[middle];
        if (cohort->population->first + cohort->first <= place)
            low = middle;
        else
            high = middle;
    }
    return &engine->cohorts[low];
}

/// Plans how whole cohorts are gathered (gather_plan.c), and does it.
entrain_status entrain__gather_plan(entrain_engine *engine);
void entrain__gather_cohort(const entrain_engine *engine, const entrain__cohort *cohort, int64_t *sums);

/// Which cohorts depend on each other (links.c), in the engine's memory. Not for complete graphs.
entrain_status entrain__cohort_links(entrain_engine *engine, entrain_task_links *links_out);
/// Where actors lie (layout.c): sets engine->layout and each population's columns. ENTRAIN_NO_MEMORY or OK.
entrain_status entrain__lay_out(entrain_engine *engine, const entrain_topology_view *view);
/// The graph by place: the topology's own arrays where place == slot, a renumbered copy otherwise.
entrain_status entrain__graph_by_place(entrain_engine *engine, const entrain_topology_view *view);
uint32_t entrain__place_of_slot(const entrain_engine *engine, uint32_t slot);

/// The parts that depend on the graph, in the memory of the graph (replace.c): the graph by place; its
/// delays; which cohorts depend on each other; how whole cohorts are gathered.
entrain_status entrain__graph_place(entrain_engine *engine);
entrain_status entrain__graph_delay(entrain_engine *engine, entrain_error *error_out);
entrain_status entrain__graph_link(entrain_engine *engine);
entrain_status entrain__graph_plan(entrain_engine *engine);

/// Layout and cohorts and all arrays (start.c).
entrain_status entrain__engine_build(entrain_engine *engine, entrain_error *error_out);
/// And what of it a topology that is replaced needs anew: how far to look ahead; what a unit of a sum is
/// worth; whether some mailbox is too small for the graph; and mailboxes (but those apart) that are not, in
/// *set_out.
void entrain__choose_prefetch(entrain_engine *engine);
double entrain__sum_unit_of(const entrain_engine *engine);
bool entrain__mailboxes_are_small(const entrain_engine *engine);
entrain_status entrain__mailboxes_build(entrain_engine *engine, entrain_mailbox_set **set_out,
                                        entrain_error *error_out);

#endif
