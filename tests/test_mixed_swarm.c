// Swarms of every kind of actor at once, drawn at random: who publishes, steps, receives and sends in any
// mixture, added in any order, on any graph, with actors stopped, restarted, written to and told things
// between ticks. Every variant of one case (transport, policy, workers, layout, cut into tasks, order of
// adding) must go through the same states, and every message must be accounted for at every step.
//   test_mixed_swarm              the fixed cases
//   test_mixed_swarm SEED         that one case; what a failure prints
//   test_mixed_swarm FIRST LAST   those; from 1000000 on they are large
#include "check.h"

#include <inttypes.h>

#include "engine/base/fingerprint.h"
#include "entrain/engine.h"

enum { ACTORS_MAX = 6000, STEPS = 24, KIND_NEWS = ENTRAIN_KIND_USER };

static uint64_t sequence;
static uint64_t next_bits(void) {
    sequence += UINT64_C(0x9e3779b97f4a7c15);
    return entrain__mix64(sequence);
}
static uint32_t below(uint32_t bound) { return (uint32_t)(next_bits() % bound); }

// --- The actors

// What all of them know: a table of ids, some of them stale, that changes between ticks only.
typedef struct world {
    uint32_t words, sends, id_count;
    entrain_id ids[2 * ACTORS_MAX];
    uint32_t released;
} world;

enum { COLUMN_VALUE, COLUMN_HEARD, COLUMN_TOLD, COLUMN_BYTE, COLUMN_WIDE };
static const entrain_column columns[] = {{.name = "value", .bytes = 8, .fingerprint = true},
                                         {.name = "heard", .bytes = 4, .fingerprint = true},
                                         {.name = "told", .bytes = 2, .fingerprint = true},
                                         {.name = "byte", .bytes = 1, .fingerprint = true},
                                         {.name = "wide", .bytes = 24, .fingerprint = true}};

static void start(const entrain_range *range) {
    uint64_t *value = range->columns[COLUMN_VALUE];
    uint32_t *heard = range->columns[COLUMN_HEARD];
    for (uint32_t k = 0; k < range->count; k++) {
        assert_true(value[k] == 0 && heard[k] == 0);
        value[k] = entrain__mix64(range->ids[k]);
        heard[k] = entrain_range_in_degree(range, k);
    }
}

// Words anywhere within +-2^44, both ends included.
static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    const world *all = range->context;
    const uint64_t *value = range->columns[COLUMN_VALUE];
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < all->words; w++) {
            uint64_t mixed = entrain__mix64(value[k] + w + 8ull * stage + 64 * range->tick);
            words_out[(size_t)k * all->words + w] = mixed % 16 == 0 ? INT64_C(1) << 44
                                                    : mixed % 16 == 1
                                                        ? -(INT64_C(1) << 44)
                                                        : (int64_t)(mixed >> 19) - (INT64_C(1) << 44);
        }
}

static void step(const entrain_range *range, uint32_t stage) {
    const world *all = range->context;
    uint64_t *value = range->columns[COLUMN_VALUE], *wide = range->columns[COLUMN_WIDE];
    uint32_t *heard = range->columns[COLUMN_HEARD];
    for (uint32_t k = 0; k < range->count; k++) {
        uint64_t mixed = entrain__mix_fold(value[k], stage + 8 * range->tick);
        for (uint32_t w = 0; w < all->words && range->sums != NULL; w++) {
            mixed = entrain__mix_fold(mixed, (uint64_t)range->sums[(size_t)k * all->words + w]);
            mixed = entrain__mix_fold(mixed, (uint64_t)range->published[(size_t)k * all->words + w]);
        }
        if (range->heard != NULL)
            heard[k] = range->heard[k];
        value[k] = mixed;
        wide[3 * (size_t)k + stage % 3] ^= mixed;
    }
}

// Folds its mail in the order in which it comes, and passes some of it on while it is fresh.
static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *all = self->context;
    uint64_t *value = self->columns[COLUMN_VALUE];
    uint16_t *told = self->columns[COLUMN_TOLD];
    uint8_t *byte = self->columns[COLUMN_BYTE];
    uint32_t left = all->sends;
    *told = (uint16_t)(*told + self->undelivered);
    for (uint32_t m = 0; m < count; m++) {
        *value = entrain__mix_fold(*value, messages[m].payload[0].u64 + messages[m].from);
        *byte = (uint8_t)(*byte * 3 + messages[m].flags);
        for (uint32_t s = 0; s < 2 && messages[m].flags > 0 && left > 0; s++, left--) {
            uint64_t draw = entrain__mix_fold(*value, s);
            entrain_status status = entrain_send(self, all->ids[draw % all->id_count], KIND_NEWS,
                                                 (uint16_t)(messages[m].flags - 1),
                                                 (entrain_payload){.u64 = draw}, messages[m].payload[0]);
            assert_int_equal(status, ENTRAIN_OK);
        }
    }
    return ENTRAIN_OK;
}

static void stop(entrain_self *self) { *(uint64_t *)self->columns[COLUMN_VALUE] ^= 1; }
static void release(void *context) { ((world *)context)->released++; }

// --- A case: what is built, and what happens to it. Drawn from its seed alone

enum { SPEAKERS, MUTES, DEAF, POST, KINDS };
// Cases from here on are large: words in pairs mostly, tasks with whole bands and slices, all generators.
enum { LARGE_FROM = 1000000 };

typedef struct happening {
    enum what { ADVANCE, TELL, STOP, RESTART, WRITE, CANCEL, STOP_ALL, RESTART_ALL } what;
    uint32_t population, index, times;
} happening;

typedef struct scene {
    uint32_t counts[KINDS], words, exchanges, inbox, sends;
    bool lossy, heard, still, silent; // losses accepted; heard wanted; nobody steps; nobody gets mail
    uint32_t capacity;
    entrain_overflow overflow;
    entrain_topology *topology;
    happening happenings[STEPS];
} mixed_scene;

static entrain_topology *draw_topology(uint32_t size, bool large) {
    entrain_error error = {0};
    entrain_topology *topology;
    entrain_topology_config config = entrain_topology_config_defaults();
    config.size = size;
    config.seed = next_bits();
    switch (large ? 6 + below(8) : below(7)) {
    case 0:
        config.kind = ENTRAIN_TOPOLOGY_COMPLETE;
        break;
    case 1:
        config.kind = ENTRAIN_TOPOLOGY_STAR;
        break;
    case 2: // mostly isolated
        config.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
        config.probability = 0.5 / size;
        config.directed = true;
        break;
    case 3:
        config.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
        config.probability = 0.2;
        config.weight_low = -0x1p-90;
        config.weight_high = 0x1p-91;
        break;
    case 4:
        config.kind = ENTRAIN_TOPOLOGY_LATTICE;
        break;
    case 7:
        config.kind = ENTRAIN_TOPOLOGY_RING;
        config.degree = 2 * (1 + below(20));
        config.directed = below(2);
        break;
    case 8:
        config.kind = ENTRAIN_TOPOLOGY_SMALL_WORLD;
        config.degree = 2 * (1 + below(8));
        config.rewire = below(2) ? 0.01 : 0.3;
        break;
    case 9:
        config.kind = ENTRAIN_TOPOLOGY_SCALE_FREE;
        config.degree = 2 * (1 + below(5));
        break;
    case 10:
        config.kind = ENTRAIN_TOPOLOGY_RANDOM_REGULAR;
        config.degree = 2 * (1 + below(6));
        break;
    case 11:
        config.kind = ENTRAIN_TOPOLOGY_ERDOS_RENYI;
        config.degree = 1 + below(12);
        config.directed = below(2);
        break;
    case 12:
        config.kind = ENTRAIN_TOPOLOGY_STAR;
        break;
    case 13:
        config.kind = ENTRAIN_TOPOLOGY_LATTICE;
        break;
    default: { // anything, parallel edges included; weights of all sizes
        enum { EDGES = 900 };
        static entrain_edge edges[EDGES];
        uint32_t count = below(EDGES);
        for (uint32_t e = 0; e < count; e++) {
            uint32_t from = below(size), to = below(size - 1);
            edges[e] = (entrain_edge){from, to + (to >= from), 0};
            edges[e].weight = (below(2) ? 1.0 : -1.0) * (1 + below(1000)) * (below(5) == 0 ? 0x1p80 : 0x1p70);
        }
        bool directed = below(2), weighted = below(2);
        CHECK_OK(entrain_topology_from_edges(size, edges, count, directed, weighted, &topology, &error),
                 error);
        return topology;
    }
    }
    if (large && below(4) == 0) {
        config.weight_low = 0.5;
        config.weight_high = 1.5;
    }
    CHECK_OK(entrain_topology_create(&config, &topology, &error), error);
    return topology;
}

static mixed_scene draw_scene(uint64_t seed) {
    const bool large = seed >= LARGE_FROM;
    sequence = entrain__mix64(seed);
    static const uint32_t sizes[] = {1, 2, 3, 17, 63, 64, 65, 180}, ways[] = {1, 2, 4};
    mixed_scene drawn = {0};
    for (int kind = MUTES; kind < KINDS; kind++)
        drawn.counts[kind] = below(3) == 0 ? 0 : sizes[below(8)];
    drawn.counts[SPEAKERS] = 1 + sizes[below(8)]; // a graph has at least 2 vertices
    if (large) {
        drawn.counts[SPEAKERS] = 50 + below(below(2) ? 5000 : 600);
        drawn.counts[MUTES] = below(2) ? 0 : below(500);
    }
    if (below(12) == 0) // nobody is heard at all
        drawn.counts[SPEAKERS] = drawn.counts[MUTES] = 0;
    if (drawn.counts[SPEAKERS] + drawn.counts[DEAF] + drawn.counts[POST] == 0)
        drawn.counts[POST] = 3;
    drawn.silent = drawn.counts[SPEAKERS] + drawn.counts[DEAF] > 0 && below(3) == 0;
    if (drawn.silent) // only then may some be several ticks ahead
        drawn.counts[POST] = 0;
    drawn.words = large && below(4) > 0 ? 2 : 1 + below(8);
    drawn.exchanges = ways[below(3)];
    drawn.inbox = 1 + below(below(2) ? 6 : 300);
    drawn.sends = 1 + below(4);
    drawn.heard = below(2);
    drawn.still = below(8) == 0;
    drawn.lossy = below(5) == 0;
    drawn.capacity = 1 + below(12);
    if (drawn.capacity < (drawn.words + 1) / 2)
        drawn.capacity = (drawn.words + 1) / 2; // less than one observation is refused
    drawn.overflow = (entrain_overflow)below(ENTRAIN_OVERFLOW_COUNT);
    if (drawn.counts[SPEAKERS] > 0)
        drawn.topology = draw_topology(drawn.counts[SPEAKERS] + drawn.counts[MUTES], large);
    for (int h = 0; h < STEPS; h++) {
        static const enum what dice[] = {ADVANCE, ADVANCE, ADVANCE, TELL,   TELL,     STOP,
                                         STOP,    RESTART, WRITE,   CANCEL, STOP_ALL, RESTART_ALL};
        happening *next = &drawn.happenings[h];
        next->what = dice[below(h < 6 ? 10 : sizeof dice / sizeof *dice)];
        do
            next->population = below(KINDS);
        while (drawn.counts[next->population] == 0);
        next->index = below(drawn.counts[next->population]);
        next->times = 1 + below(next->what != ADVANCE ? 40 : below(4) ? 3 : 20);
    }
    return drawn;
}

// --- One variant of it

typedef struct variant {
    const char *policy;
    uint32_t workers, cohort_weight;
    entrain_transport transport;
    entrain_layout layout;
    int order; // of adding
    entrain_simd simd;
    uint32_t slice; // ticks in one call, at most; 0: all at once
} mixed_variant;

typedef struct trace {
    uint64_t fingerprint[STEPS], observations[STEPS], letters[STEPS], lost[STEPS], waiting[STEPS];
} trace;

typedef struct stage {
    entrain_engine *engine;
    entrain_population *populations[KINDS]; // NULL: none of this kind
    world all;
    uint64_t sentences; // folded: those of deadlocks
} stage;

static void add(stage *set, const mixed_scene *scene, int kind) {
    entrain_error error = {0};
    entrain_behavior behavior = {.name = "mixed",
                                 .columns = columns,
                                 .column_count = 5,
                                 .start = start,
                                 .stop = stop,
                                 .release = release};
    if (kind == SPEAKERS || kind == MUTES) {
        behavior.words = scene->words;
        behavior.publish = publish;
        behavior.wants_heard = scene->heard;
    }
    if (!scene->still && (kind == SPEAKERS || kind == DEAF)) {
        behavior.step = step;
        behavior.exchanges = scene->exchanges;
    }
    if (!scene->silent && (kind == SPEAKERS || kind == POST)) {
        behavior.receive = receive;
        behavior.inbox = scene->inbox;
        behavior.sends_max = scene->sends;
    }
    if (scene->counts[kind] > 0)
        CHECK_OK(entrain_engine_add(set->engine, &behavior, &set->all, scene->counts[kind],
                                    &set->populations[kind], &error),
                 error);
}

static void learn(stage *set, entrain_id id) {
    world *all = &set->all;
    if (all->id_count < sizeof all->ids / sizeof *all->ids)
        all->ids[all->id_count++] = id;
}

static void stop_one(stage *set, int kind, uint32_t index) {
    entrain_id id = entrain_population_id(set->populations[kind], index);
    entrain_status status = entrain_engine_stop_actor(set->engine, id);
    assert_int_equal(status, id == ENTRAIN_ID_NONE ? ENTRAIN_STALE : ENTRAIN_OK);
    assert_int_equal(entrain_population_id(set->populations[kind], index), ENTRAIN_ID_NONE);
}

static void restart_one(stage *set, int kind, uint32_t index) {
    entrain_id before = entrain_population_id(set->populations[kind], index), id = ENTRAIN_ID_NONE;
    entrain_status status = entrain_engine_restart_actor(set->engine, set->populations[kind], index, &id);
    assert_int_equal(status, before == ENTRAIN_ID_NONE ? ENTRAIN_OK : ENTRAIN_ORDER);
    if (status == ENTRAIN_OK)
        learn(set, id);
}

// As one call or as several.
static entrain_status advance(stage *set, uint32_t ticks, uint32_t slice, entrain_error *error) {
    entrain_status status = ENTRAIN_OK;
    for (uint32_t now; ticks > 0 && status == ENTRAIN_OK; ticks -= now) {
        now = slice > 0 && slice < ticks ? slice : ticks;
        status = entrain_engine_advance(set->engine, now, error);
    }
    return status;
}

static void happen(stage *set, const mixed_scene *scene, happening h, uint32_t slice) {
    entrain_error error = {0};
    entrain_population *population = set->populations[h.population];
    switch (h.what) {
    case ADVANCE:
        // Who blocks may wait in a circle: then no tick goes by until one of them is stopped. All the same
        // for every variant, sentence and all.
        if (advance(set, h.times, slice, &error) == ENTRAIN_DEADLOCK) {
            assert_int_equal(scene->overflow, ENTRAIN_OVERFLOW_BLOCK);
            for (const char *at = error.sentence; *at != '\0'; at++)
                set->sentences = entrain__mix_fold(set->sentences, (uint64_t)*at);
            break;
        }
        CHECK_OK(error.status, error);
        break;
    case TELL:
        for (uint32_t t = 0; t < h.times; t++) {
            entrain_id to = set->all.ids[(h.index + t) % set->all.id_count];
            (void)entrain_engine_tell(set->engine, to, KIND_NEWS, 3, (entrain_payload){.u64 = t},
                                      (entrain_payload){.u64 = 0});
        }
        break;
    case STOP:
        for (uint32_t t = 0; t < h.times && t < scene->counts[h.population]; t++)
            stop_one(set, (int)h.population, (h.index + 3 * t) % scene->counts[h.population]);
        break;
    case RESTART:
        for (uint32_t t = 0; t < h.times && t < scene->counts[h.population]; t++)
            restart_one(set, (int)h.population, (h.index + 2 * t) % scene->counts[h.population]);
        break;
    case WRITE:
        *(uint64_t *)entrain_population_at(population, h.index, COLUMN_VALUE) += h.times;
        entrain_engine_republish(set->engine);
        break;
    case CANCEL: {
        uint64_t tick = entrain_engine_tick(set->engine);
        entrain_engine_cancel(set->engine);
        entrain_status status = entrain_engine_advance(set->engine, h.times, &error);
        assert_true(status == ENTRAIN_CANCELLED || status == ENTRAIN_DEADLOCK);
        assert_int_equal(entrain_engine_tick(set->engine), tick);
        entrain_engine_clear(set->engine);
        break;
    }
    case STOP_ALL:
    case RESTART_ALL:
        for (int kind = 0; kind < KINDS; kind++)
            for (uint32_t i = 0; i < scene->counts[kind]; i++)
                h.what == STOP_ALL ? stop_one(set, kind, i) : restart_one(set, kind, i);
        break;
    }
}

static void look(stage *set, const mixed_scene *scene, mixed_variant variant, trace *into, int at) {
    entrain_message_count count;
    entrain_engine_count(set->engine, &count);
    if (entrain_message_count_residual(&count) != 0)
        fail_msg("%lld messages unaccounted for", (long long)entrain_message_count_residual(&count));
    into->fingerprint[at] = entrain_engine_fingerprint(set->engine);
    into->observations[at] = entrain_engine_observations(set->engine);
    into->letters[at] = count.sent;
    into->lost[at] = count.shed + count.undeliverable + (count.conflated << 32);
    into->waiting[at] = entrain__mix_fold(set->sentences, count.queued);
    if (variant.transport == ENTRAIN_TRANSPORT_MAILBOX && !scene->lossy)
        into->letters[at] -= into->observations[at] * ((scene->words + 1) / 2);
}

static void play(const mixed_scene *scene, mixed_variant variant, trace *into) {
    entrain_error error = {0};
    static stage set;
    memset(&set, 0, sizeof set);
    set.all.words = scene->words;
    set.all.sends = scene->sends;
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = variant.policy;
    config.scheduler.worker_count = variant.workers;
    config.transport = variant.transport;
    config.layout = variant.layout;
    config.simd = variant.simd;
    config.cohort_weight = variant.cohort_weight;
    config.overflow = scene->overflow; // inboxes are small: general messages overflow in any transport
    if (scene->lossy) {
        config.mailbox_capacity = scene->capacity;
        config.overflow_named = true;
    }
    CHECK_OK(entrain_engine_create(&config, &set.engine, &error), error);
    static const int orders[][KINDS] = {
        {SPEAKERS, MUTES, DEAF, POST}, {DEAF, POST, SPEAKERS, MUTES}, {DEAF, SPEAKERS, POST, MUTES}};
    for (int k = 0; k < KINDS; k++)
        add(&set, scene, orders[variant.order][k]);
    if (scene->topology != NULL)
        CHECK_OK(entrain_engine_set_topology(set.engine, scene->topology, &error), error);
    CHECK_OK(entrain_engine_start(set.engine, &error), error);
    learn(&set, ENTRAIN_ID_NONE);
    learn(&set, UINT32_MAX);
    for (int kind = 0; kind < KINDS; kind++)
        for (uint32_t i = 0; i < scene->counts[kind]; i++)
            learn(&set, entrain_population_id(set.populations[kind], i));
    for (int h = 0; h < STEPS; h++) {
        happen(&set, scene, scene->happenings[h], variant.slice);
        look(&set, scene, variant, into, h);
    }
    entrain_engine_destroy(set.engine);
    uint32_t populations = 0;
    for (int kind = 0; kind < KINDS; kind++)
        populations += scene->counts[kind] > 0;
    assert_int_equal(set.all.released, populations);
}

static const mixed_variant variants[] = {
    {"serial", 1, 4096, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_INDEX, 0, ENTRAIN_SIMD_SSE2, 0},
    {"steal", 3, 64, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_NEAR, 1, ENTRAIN_SIMD_AUTO, 0},
    {"shared", 2, 64, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_SHUFFLED, 2, ENTRAIN_SIMD_AUTO, 0},
    {"dataflow", 3, 64, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_INDEX, 0, ENTRAIN_SIMD_AUTO, 0},
    {"dataflow", 8, 64, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_SHUFFLED, 1, ENTRAIN_SIMD_AUTO, 0},
    {"static", 8, 100, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_SHUFFLED, 0, ENTRAIN_SIMD_AUTO, 0},
    {"shuffled", 1, 64, ENTRAIN_TRANSPORT_MAILBOX, ENTRAIN_LAYOUT_NEAR, 2, ENTRAIN_SIMD_AUTO, 0},
    {"serial", 1, 1 << 24, ENTRAIN_TRANSPORT_PUBLISH, ENTRAIN_LAYOUT_SHUFFLED, 1, ENTRAIN_SIMD_AUTO, 0},
};

// Anything there is.
static mixed_variant draw_variant(void) {
    static const char *const policies[] = {"serial", "shuffled",   "static",   "shared",   "guided",
                                           "steal",  "steal-near", "adaptive", "dataflow", "dataflow"};
    static const uint32_t weights[] = {64, 64, 100, 517, 4096, 1 << 24};
    mixed_variant drawn = {.policy = policies[below(10)],
                           .workers = 1 + below(8),
                           .cohort_weight = weights[below(6)],
                           .transport = (entrain_transport)below(ENTRAIN_TRANSPORT_COUNT),
                           .layout = (entrain_layout)below(ENTRAIN_LAYOUT_COUNT),
                           .order = (int)below(3),
                           .simd = (entrain_simd)(ENTRAIN_SIMD_SSE2 + (int)below(3)),
                           .slice = below(4)};
    if (!entrain_simd_available(drawn.simd))
        drawn.simd = ENTRAIN_SIMD_SSE2;
    return drawn;
}

enum { VARIANTS_DRAWN = 4 };

static void check_case(uint64_t seed) {
    mixed_scene scene = draw_scene(seed);
    static trace wanted, got;
    for (size_t v = 0; v < sizeof variants / sizeof *variants + VARIANTS_DRAWN; v++) {
        mixed_variant variant = v < sizeof variants / sizeof *variants ? variants[v] : draw_variant();
        if (scene.lossy) // what is lost is the mailboxes' to lose
            variant.transport = ENTRAIN_TRANSPORT_MAILBOX;
        play(&scene, variant, v == 0 ? &wanted : &got);
        for (int h = 0; v > 0 && h < STEPS; h++)
            if (got.fingerprint[h] != wanted.fingerprint[h] ||
                got.observations[h] != wanted.observations[h] || got.letters[h] != wanted.letters[h] ||
                got.lost[h] != wanted.lost[h] || got.waiting[h] != wanted.waiting[h])
                fail_msg("case %" PRIu64 " (replay: test_mixed_swarm %" PRIu64 "), variant %zu (%s, %" PRIu32
                         " workers, %s, layout %s, tasks of %" PRIu32 ", order %d, %s, slices of %" PRIu32
                         ") parts after happening %d (%d): fingerprint %016" PRIx64 " not %016" PRIx64
                         ", observations %" PRIu64 " not %" PRIu64 ", letters %" PRIu64 " not %" PRIu64
                         ", lost %" PRIu64 " not %" PRIu64,
                         seed, seed, v, variant.policy, variant.workers,
                         entrain_transport_name(variant.transport), entrain_layout_name(variant.layout),
                         variant.cohort_weight, variant.order, entrain_simd_name(variant.simd), variant.slice,
                         h, (int)scene.happenings[h].what, got.fingerprint[h], wanted.fingerprint[h],
                         got.observations[h], wanted.observations[h], got.letters[h], wanted.letters[h],
                         got.lost[h], wanted.lost[h]);
    }
    if (scene.topology != NULL)
        entrain_topology_release(scene.topology);
}

#ifdef ENTRAIN_SYSTEM_MALLOC // a sanitizer build
static uint64_t first_case = 1, last_case = 50, large_first = LARGE_FROM, large_last = LARGE_FROM + 3;
#else
static uint64_t first_case = 1, last_case = 100, large_first = LARGE_FROM, large_last = LARGE_FROM + 11;
#endif

static void every_variant_of_every_mixture_goes_through_the_same_states(void **state) {
    (void)state;
    for (uint64_t seed = first_case; seed <= last_case; seed++)
        check_case(seed);
    for (uint64_t seed = large_first; seed <= large_last; seed++)
        check_case(seed);
}

int main(int argc, char **argv) {
    if (argc > 1)
        first_case = last_case = strtoull(argv[1], NULL, 10), large_last = 0;
    if (argc > 2)
        last_case = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_variant_of_every_mixture_goes_through_the_same_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
