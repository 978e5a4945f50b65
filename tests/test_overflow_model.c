// Every overflow policy against a plain model of it, written from the words in entrain/engine.h: lists, one
// actor after the other, nothing shared with the engine but what the actors themselves do. Random graphs with
// parallel edges and weights, random letters, random capacities, actors that are stopped; each case as
// several variants of policy, workers, tasks and layout, and each of these must be where the model is after
// every tick, to the last bit and the last message.
//   test_overflow_model          the fixed cases
//   test_overflow_model SEED     that one case, what a failure prints
#include "check.h"

#include <inttypes.h>

#include "engine/base/fingerprint.h"
#include "engine/base/sum.h"
#include "entrain/engine.h"

enum { ACTORS_MAX = 32, EDGES_MAX = 240, SENDS = 3, TICKS = 14, LETTERS_MAX = 8192, QUEUE_MAX = 64 };

static uint64_t sequence;
static uint32_t below(uint32_t bound) {
    sequence += UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(entrain__mix64(sequence) % bound);
}

// --- What the actors do, in the engine and in the model

typedef struct letter {
    uint32_t from, to; // slots; from ACTORS_MAX: the world outside
    uint16_t kind;
    uint64_t payload; // the low 3 bits: how often it is still passed on
} letter;

static int64_t word_of(uint64_t value, uint32_t word, uint64_t tick) {
    return (int64_t)(entrain__mix64(value + word + 16 * tick) >> 19) - (INT64_C(1) << 44);
}
static uint64_t hear(uint64_t value, const int64_t *sums, uint32_t words, uint32_t heard) {
    for (uint32_t w = 0; w < words; w++)
        value = entrain__mix_fold(value, (uint64_t)sums[w]);
    return entrain__mix_fold(value, heard);
}
static uint64_t read(uint64_t value, uint32_t from, uint16_t kind, uint64_t payload) {
    return entrain__mix_fold(entrain__mix_fold(value, from * UINT64_C(65536) + kind), payload);
}
// The n-th answer to a message that made @p value of its reader.
static letter answer(uint64_t value, uint32_t n, uint32_t actors, uint64_t payload) {
    uint64_t draw = entrain__mix_fold(value, n);
    return (letter){.to = (uint32_t)(draw % 7 % actors),
                    .kind = (uint16_t)(ENTRAIN_KIND_USER + (draw >> 32) % 2),
                    .payload = (draw & ~UINT64_C(7)) | ((payload & 7) - 1)};
}

// --- A case

typedef struct drawn {
    uint32_t members, posts, actors; // members publish, hear, read; posts only read
    uint32_t words, edge_count, inbox, capacity;
    bool weighted;
    entrain_overflow overflow;
    entrain_edge edges[EDGES_MAX];
    struct {
        uint32_t tells, to[8], stop; // stop: a slot, or ACTORS_MAX
        uint64_t payload[8];
    } ticks[TICKS];
} drawn_case;

static void draw(uint64_t seed, drawn_case *one) {
    sequence = entrain__mix64(seed);
    *one = (drawn_case){.overflow = (entrain_overflow)(seed % ENTRAIN_OVERFLOW_COUNT)};
    one->members = 2 + below(20);
    one->posts = below(8);
    one->actors = one->members + one->posts;
    one->words = 1 + below(ENTRAIN_WORDS_MAX);
    one->edge_count = below(EDGES_MAX);
    one->inbox = 1 + below(5);
    one->capacity = below(3) == 0 ? 0 : (one->words + 1) / 2 + below(12);
    one->weighted = below(2);
    const uint32_t crowd = 1 + below(one->members); // few speakers: parallel edges
    for (uint32_t e = 0; e < one->edge_count; e++) {
        uint32_t from = below(crowd), to = below(one->members - 1);
        one->edges[e] = (entrain_edge){from, to + (to >= from), 0.5 + below(1000)};
    }
    for (int t = 0; t < TICKS; t++) {
        one->ticks[t].tells = below(8);
        one->ticks[t].stop = t > 3 && below(6) == 0 ? below(one->actors) : ACTORS_MAX;
        for (uint32_t n = 0; n < one->ticks[t].tells; n++) {
            one->ticks[t].to[n] = below(below(2) ? 3 : one->actors) % one->actors;
            one->ticks[t].payload[n] = (uint64_t)below(1u << 30) * 8 + below(8);
        }
    }
}

// --- The model

typedef struct model_actor {
    uint64_t value;
    bool alive;
    uint32_t waiting; // letters of its own that wait
    uint32_t queued;
    letter queue[QUEUE_MAX];
} model_actor;

typedef struct model {
    const drawn_case *one;
    double scale;   // of the weights
    uint32_t limit; // letters a mailbox takes
    uint32_t holds; // whole observations a mailbox takes
    model_actor actors[ACTORS_MAX];
    uint32_t waiting_count, new_count;
    letter waiting[LETTERS_MAX], fresh[LETTERS_MAX];
    entrain_message_count count;
    uint64_t tick;
    uint32_t circle_for; // ticks that a circle has been there
} model;

static uint32_t ring_of(uint32_t asked) {
    uint32_t holds = 1;
    while (holds < asked)
        holds = 2 * holds + 1;
    return holds;
}

static void take_out(model_actor *actor, uint32_t at) {
    memmove(&actor->queue[at], &actor->queue[at + 1], (--actor->queued - at) * sizeof(letter));
}

static void model_letter(model *m, letter now) {
    model_actor *to = &m->actors[now.to];
    const bool room = to->queued < m->limit;
    if (!to->alive || (!room && m->one->overflow == ENTRAIN_OVERFLOW_FAIL)) {
        m->count.undeliverable++;
    } else if (room) {
        to->queue[to->queued++] = now;
    } else if (m->one->overflow == ENTRAIN_OVERFLOW_SHED_OLDEST) {
        take_out(to, 0);
        to->queue[to->queued++] = now;
        m->count.shed++;
    } else if (m->one->overflow == ENTRAIN_OVERFLOW_BLOCK) {
        m->waiting[m->waiting_count++] = now;
        if (now.from < ACTORS_MAX)
            m->actors[now.from].waiting++;
    } else {
        letter *same = NULL; // the newest of the same sender and kind
        for (uint32_t q = 0; q < to->queued && m->one->overflow == ENTRAIN_OVERFLOW_CONFLATE; q++)
            if (to->queue[q].from == now.from && to->queue[q].kind == now.kind)
                same = &to->queue[q];
        if (same != NULL)
            *same = now;
        *(same != NULL ? &m->count.conflated : &m->count.shed) += 1;
    }
}

static void model_mail(model *m, const entrain_id *ids) {
    static letter before[LETTERS_MAX];
    uint32_t before_count = m->waiting_count, new_count = m->new_count;
    memcpy(before, m->waiting, before_count * sizeof *before);
    m->waiting_count = 0;
    for (uint32_t a = 0; a < m->one->actors; a++)
        m->actors[a].waiting = 0;
    for (uint32_t l = 0; l < before_count; l++) // the longest waiting first
        model_letter(m, before[l]);
    for (uint32_t n = 0; n < m->one->ticks[m->tick].tells; n++) {
        letter told = {.from = ACTORS_MAX,
                       .to = m->one->ticks[m->tick].to[n],
                       .kind = ENTRAIN_KIND_USER,
                       .payload = m->one->ticks[m->tick].payload[n]};
        if (!m->actors[told.to].alive)
            continue; // ENTRAIN_STALE
        m->count.sent++;
        model_letter(m, told);
    }
    memcpy(before, m->fresh, new_count * sizeof *before);
    for (uint32_t l = 0; l < new_count; l++) // by sender, in the order sent
        model_letter(m, before[l]);
    m->new_count = 0;
    for (uint32_t a = 0; a < m->one->actors; a++) {
        model_actor *actor = &m->actors[a];
        uint32_t left = SENDS;
        if (!actor->alive || actor->waiting > 0)
            continue;
        for (uint32_t q = 0; q < actor->queued; q++) {
            letter *got = &actor->queue[q];
            actor->value =
                read(actor->value, got->from < ACTORS_MAX ? ids[got->from] : 0, got->kind, got->payload);
            for (uint32_t n = 0; n < 2 && (got->payload & 7) > 0 && left > 0; n++, left--) {
                letter sent = answer(actor->value, n, m->one->actors, got->payload);
                sent.from = a;
                m->fresh[m->new_count++] = sent;
                m->count.sent++;
            }
        }
        m->count.received += actor->queued;
        actor->queued = 0;
    }
}

typedef struct seen {
    uint32_t from;
    int64_t words[ENTRAIN_WORDS_MAX];
} seen;

static void model_hear(model *m) {
    const drawn_case *one = m->one;
    const uint32_t parts = (one->words + 1) / 2;
    static int64_t published[ACTORS_MAX][ENTRAIN_WORDS_MAX];
    for (uint32_t a = 0; a < one->members; a++)
        for (uint32_t w = 0; w < one->words; w++)
            published[a][w] = word_of(m->actors[a].value, w, m->tick);
    for (uint32_t hearer = 0; hearer < one->members; hearer++) {
        static seen box[EDGES_MAX];
        uint32_t count = 0;
        for (uint32_t speaker = 0; speaker < one->members; speaker++)
            for (uint32_t e = 0; e < one->edge_count; e++) {
                const entrain_edge *edge = &one->edges[e];
                if (edge->to != hearer || edge->from != speaker || !m->actors[speaker].alive ||
                    !m->actors[hearer].alive)
                    continue;
                seen now = {.from = speaker};
                for (uint32_t w = 0; w < one->words; w++)
                    now.words[w] = one->weighted
                                       ? entrain__weigh(published[speaker][w], edge->weight / m->scale)
                                       : published[speaker][w];
                m->count.sent += parts;
                seen *same = NULL;
                for (uint32_t b = 0; b < count; b++)
                    if (box[b].from == speaker)
                        same = &box[b]; // the newest of them
                if (count < m->holds || one->overflow == ENTRAIN_OVERFLOW_BLOCK) {
                    box[count++] = now;
                } else if (one->overflow == ENTRAIN_OVERFLOW_SHED_OLDEST) {
                    memmove(box, box + 1, (count - 1) * sizeof *box);
                    box[count - 1] = now;
                    m->count.shed += parts;
                } else if (one->overflow == ENTRAIN_OVERFLOW_CONFLATE && same != NULL) {
                    *same = now;
                    m->count.conflated += parts;
                } else {
                    *(one->overflow == ENTRAIN_OVERFLOW_FAIL ? &m->count.undeliverable : &m->count.shed) +=
                        parts;
                }
            }
        int64_t sums[ENTRAIN_WORDS_MAX] = {0};
        for (uint32_t b = 0; b < count; b++)
            for (uint32_t w = 0; w < one->words; w++)
                sums[w] += box[b].words[w];
        m->count.received += count * parts;
        if (m->actors[hearer].alive)
            m->actors[hearer].value = hear(m->actors[hearer].value, sums, one->words, count);
    }
}

static uint32_t model_queued(const model *m) {
    uint32_t queued = m->waiting_count + m->new_count;
    for (uint32_t a = 0; a < m->one->actors; a++)
        queued += m->actors[a].queued;
    return queued;
}

// Whether muted actors with full mailboxes wait for each other: the transitive closure of who waits for whom.
static bool model_circle(const model *m) {
    bool waits[ACTORS_MAX][ACTORS_MAX] = {{false}};
    for (uint32_t l = 0; l < m->waiting_count; l++) {
        const letter *one = &m->waiting[l];
        const model_actor *to = &m->actors[one->to];
        if (one->from < ACTORS_MAX && to->alive && to->waiting > 0 && to->queued == m->limit)
            waits[one->from][one->to] = true;
    }
    for (uint32_t k = 0; k < m->one->actors; k++)
        for (uint32_t i = 0; i < m->one->actors; i++)
            for (uint32_t j = 0; j < m->one->actors; j++)
                waits[i][j] |= waits[i][k] && waits[k][j];
    for (uint32_t i = 0; i < m->one->actors; i++)
        if (waits[i][i])
            return true;
    return false;
}

static void model_stop(model *m, uint32_t slot) {
    if (slot == ACTORS_MAX || !m->actors[slot].alive)
        return;
    m->actors[slot].alive = false;
    m->count.undeliverable += m->actors[slot].queued;
    m->actors[slot].queued = 0;
}

// --- The engine

typedef struct world {
    const drawn_case *one;
    entrain_id ids[ACTORS_MAX];
} world;

static void start(const entrain_range *range) {
    uint64_t *value = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        value[k] = entrain__mix64(range->ids[k]);
}
static void publish(const entrain_range *range, uint32_t stage, int64_t *words_out) {
    (void)stage;
    const uint32_t words = ((const world *)range->context)->one->words;
    const uint64_t *value = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        for (uint32_t w = 0; w < words; w++)
            words_out[(size_t)k * words + w] = word_of(value[k], w, range->tick);
}
static void step(const entrain_range *range, uint32_t stage) {
    (void)stage;
    const uint32_t words = ((const world *)range->context)->one->words;
    uint64_t *value = range->columns[0];
    for (uint32_t k = 0; k < range->count; k++)
        value[k] = hear(value[k], range->sums + (size_t)k * words, words, range->heard[k]);
}
static entrain_status receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    const world *all = self->context;
    uint64_t *value = self->columns[0];
    uint32_t left = SENDS;
    for (uint32_t m = 0; m < count; m++) {
        uint64_t payload = messages[m].payload[0].u64;
        *value = read(*value, messages[m].from, messages[m].kind, payload);
        for (uint32_t n = 0; n < 2 && (payload & 7) > 0 && left > 0; n++, left--) {
            letter sent = answer(*value, n, all->one->actors, payload);
            entrain_status status =
                entrain_send(self, all->ids[sent.to], sent.kind, 0, (entrain_payload){.u64 = sent.payload},
                             (entrain_payload){.u64 = 0});
            assert_int_equal(status, ENTRAIN_OK);
        }
    }
    return ENTRAIN_OK;
}

static const struct variant {
    const char *policy;
    uint32_t workers, cohort_weight;
    entrain_layout layout;
} variants[] = {
    {"serial", 1, 4096, ENTRAIN_LAYOUT_INDEX},      {"steal", 3, 64, ENTRAIN_LAYOUT_SHUFFLED},
    {"shared", 2, 64, ENTRAIN_LAYOUT_INDEX},        {"dataflow", 3, 64, ENTRAIN_LAYOUT_NEAR},
    {"dataflow", 2, 4096, ENTRAIN_LAYOUT_SHUFFLED}, {"static", 8, 100, ENTRAIN_LAYOUT_SHUFFLED},
};
enum { VARIANT_COUNT = sizeof variants / sizeof *variants };

static uint32_t ends_in_circles, conflated, waited; // over all cases: that they happen at all

typedef struct stage {
    world all;
    entrain_engine *engine;
    entrain_population *members, *posts;
} stage;

static entrain_topology *graph_of(const drawn_case *one) {
    entrain_error error = {0};
    entrain_topology *topology;
    CHECK_OK(entrain_topology_from_edges(one->members, one->edges, one->edge_count, true, one->weighted,
                                         &topology, &error),
             error);
    return topology;
}

static void set_up(stage *set, const drawn_case *one, const struct variant *variant,
                   entrain_topology *topology) {
    entrain_error error = {0};
    static const entrain_column column = {.name = "value", .bytes = 8, .fingerprint = true};
    *set = (stage){.all = {.one = one}};
    entrain_engine_config config = entrain_engine_config_defaults();
    config.scheduler.policy = variant->policy;
    config.scheduler.worker_count = variant->workers;
    config.cohort_weight = variant->cohort_weight;
    config.layout = variant->layout;
    config.mailbox_capacity = one->capacity;
    config.overflow = one->overflow;
    config.overflow_named = true;
    CHECK_OK(entrain_engine_create(&config, &set->engine, &error), error);
    entrain_behavior behavior = {.name = "post",
                                 .columns = &column,
                                 .column_count = 1,
                                 .inbox = one->inbox,
                                 .sends_max = SENDS,
                                 .start = start,
                                 .receive = receive};
    if (one->posts > 0)
        CHECK_OK(entrain_engine_add(set->engine, &behavior, &set->all, one->posts, &set->posts, &error),
                 error);
    behavior.name = "member";
    behavior.words = one->words;
    behavior.exchanges = 1;
    behavior.wants_heard = true;
    behavior.publish = publish;
    behavior.step = step;
    CHECK_OK(entrain_engine_add(set->engine, &behavior, &set->all, one->members, &set->members, &error),
             error);
    CHECK_OK(entrain_engine_set_topology(set->engine, topology, &error), error);
    CHECK_OK(entrain_engine_start(set->engine, &error), error);
    for (uint32_t a = 0; a < one->actors; a++)
        set->all.ids[a] = a < one->members ? entrain_population_id(set->members, a)
                                           : entrain_population_id(set->posts, a - one->members);
}

static void compare(const stage *set, const model *m, uint64_t seed, size_t variant) {
    entrain_message_count got;
    entrain_engine_count(set->engine, &got);
    bool equal = entrain_message_count_residual(&got) == 0 && got.sent == m->count.sent &&
                 got.received == m->count.received && got.shed == m->count.shed &&
                 got.conflated == m->count.conflated && got.undeliverable == m->count.undeliverable &&
                 got.queued == model_queued(m);
    uint32_t wrong = ACTORS_MAX;
    for (uint32_t a = 0; a < m->one->actors; a++) {
        const uint64_t *value = a < m->one->members
                                    ? entrain_population_at(set->members, a, 0)
                                    : entrain_population_at(set->posts, a - m->one->members, 0);
        if (*value != m->actors[a].value && wrong == ACTORS_MAX)
            wrong = a;
    }
    if (!equal || wrong != ACTORS_MAX)
        fail_msg("case %" PRIu64 " (replay: test_overflow_model %" PRIu64 "), %s, variant %zu, tick %" PRIu64
                 ": actor %" PRIu32 " differs; sent %" PRIu64 " (model %" PRIu64 "), received %" PRIu64
                 " (%" PRIu64 "), queued %" PRIu64 " (%" PRIu32 "), shed %" PRIu64 " (%" PRIu64
                 "), conflated %" PRIu64 " (%" PRIu64 "), undeliverable %" PRIu64 " (%" PRIu64 ")",
                 seed, seed, entrain_overflow_name(m->one->overflow), variant, m->tick, wrong, got.sent,
                 m->count.sent, got.received, m->count.received, got.queued, model_queued(m), got.shed,
                 m->count.shed, got.conflated, m->count.conflated, got.undeliverable, m->count.undeliverable);
}

static void check_variant(uint64_t seed, const drawn_case *one, size_t variant, entrain_topology *topology) {
    entrain_error error = {0};
    static stage set;
    static model m;
    set_up(&set, one, &variants[variant], topology);
    memset(&m, 0, sizeof m);
    m.one = one;
    m.scale = entrain_topology_look(topology).weight_scale;
    m.limit = one->capacity != 0 ? ring_of(one->capacity) : one->inbox;
    m.holds = one->capacity != 0 ? ring_of(one->capacity) / ((one->words + 1) / 2) : EDGES_MAX;
    for (uint32_t a = 0; a < one->actors; a++)
        m.actors[a] = (model_actor){.value = entrain__mix64(set.all.ids[a]), .alive = true};
    for (uint32_t t = 0; t < TICKS; t++) {
        const uint32_t stop = one->ticks[t].stop;
        if (stop < ACTORS_MAX)
            assert_int_equal(entrain_engine_stop_actor(set.engine, set.all.ids[stop]),
                             m.actors[stop].alive ? ENTRAIN_OK : ENTRAIN_STALE);
        model_stop(&m, stop);
        for (uint32_t n = 0; n < one->ticks[t].tells; n++) {
            uint32_t to = one->ticks[t].to[n];
            entrain_status status = entrain_engine_tell(set.engine, set.all.ids[to], ENTRAIN_KIND_USER, 0,
                                                        (entrain_payload){.u64 = one->ticks[t].payload[n]},
                                                        (entrain_payload){.u64 = 0});
            assert_int_equal(status, m.actors[to].alive ? ENTRAIN_OK : ENTRAIN_STALE);
        }
        // A circle is found at the latest when what does not belong to it has moved.
        const bool circle = model_circle(&m);
        m.circle_for = circle ? m.circle_for + 1 : 0;
        if (entrain_engine_advance(set.engine, 1, &error) == ENTRAIN_DEADLOCK) {
            assert_true(circle);
            ends_in_circles += variant == 0;
            break;
        }
        CHECK_OK(error.status, error);
        assert_true(m.circle_for < 8);
        model_mail(&m, set.all.ids);
        model_hear(&m);
        m.tick++;
        waited += m.waiting_count;
        compare(&set, &m, seed, variant);
    }
    conflated += (uint32_t)m.count.conflated;
    entrain_engine_destroy(set.engine);
}

static uint64_t first_case = 1, last_case = 200;

static void every_policy_does_what_the_model_does(void **state) {
    (void)state;
    static drawn_case one;
    for (uint64_t seed = first_case; seed <= last_case; seed++) {
        draw(seed, &one);
        entrain_topology *topology = graph_of(&one);
        for (size_t v = 0; v < VARIANT_COUNT; v++)
            check_variant(seed, &one, v, topology);
        entrain_topology_release(topology);
    }
    if (last_case > first_case) // the cases are about something
        assert_true(ends_in_circles > 5 && conflated > 1000 && waited > 300);
}

int main(int argc, char **argv) {
    if (argc > 1)
        first_case = last_case = strtoull(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_does_what_the_model_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
