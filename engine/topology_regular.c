// Random regular. Every vertex has `degree` half-edges (stubs); a random pairing of all stubs gives edges,
// and the few that are loops or repeats are repaired by switches (pairing: Bollobas 1980; switching: McKay
// and Wormald 1990):
//
//     v --bad-- w        v     w
//                  =>    |     |      with x -- y a good edge drawn at random, v-x and w-y not linked yet
//     x --good- y        x     y
//
// Stub s belongs to vertex s / degree; mates[s] is the stub it is paired with. With more than half of all
// others for neighbours, the complement is built: below half there is nearly always a switch to be found. A
// handful of tiny graphs can run into a dead end; those start again with other draws. The graph is nearly,
// not exactly, uniform among all regular ones.
#include "engine/topology_draw.h"

#include "engine/base/assert.h"

enum { SWITCH_ATTEMPTS = 4096, ROUNDS = 256 };

typedef struct pairing {
    uint32_t vertex_count, degree, stub_count, round;
    uint32_t *mates;    // [stub_count]
    uint32_t *shuffled; // [stub_count]
    uint64_t *bad;      // [stub_count] bits: stubs of edges still to be repaired
    uint32_t *met;      // [vertex_count]: v + 1 when last met as a neighbour of v
    entrain__pair_set linked;
    entrain_random key;
} pairing;

static uint32_t owner_of(const pairing *p, uint32_t stub) {
    ENTRAIN_ASSERT(p->degree > 0); // no stubs without a degree
    return stub / p->degree;
}
static bool is_bad(const pairing *p, uint32_t stub) { return (p->bad[stub / 64] >> (stub % 64)) & 1; }
static void flip_bad(pairing *p, uint32_t stub) { p->bad[stub / 64] ^= UINT64_C(1) << (stub % 64); }

static void join(pairing *p, uint32_t a, uint32_t b) {
    p->mates[a] = b;
    p->mates[b] = a;
}

// Fisher and Yates, then neighbours in the shuffled order are mates.
static void pair_at_random(pairing *p) {
    for (uint32_t i = 0; i < p->stub_count; i++)
        p->shuffled[i] = i;
    for (uint32_t i = p->stub_count - 1; i > 0; i--) {
        uint32_t j = (uint32_t)entrain_random_below(p->key, (uint64_t)i + 1,
                                                    ENTRAIN__DRAW_SHUFFLE + 2 * p->round, i, 0);
        uint32_t stub = p->shuffled[i];
        p->shuffled[i] = p->shuffled[j];
        p->shuffled[j] = stub;
    }
    for (uint32_t i = 0; i < p->stub_count; i += 2)
        join(p, p->shuffled[i], p->shuffled[i + 1]);
}

// Marks loops and all but the first of parallel edges; the rest enter the set of linked pairs.
static void mark_bad(pairing *p) {
    for (uint32_t v = 0; v < p->vertex_count; v++)
        p->met[v] = 0;
    for (uint32_t stub = 0; stub < p->stub_count; stub++) {
        uint32_t mate = p->mates[stub], v = owner_of(p, stub), w = owner_of(p, mate);
        bool once = v == w ? stub < mate : v < w; // each edge is judged at one of its ends
        if (!once)
            continue;
        if (v == w || p->met[w] == v + 1) {
            flip_bad(p, stub);
            flip_bad(p, mate);
        } else if (p->linked.bits != NULL) {
            entrain__pair_set_add(p->linked, v, w);
        }
        p->met[w] = v + 1;
    }
}

static bool are_linked(const pairing *p, uint32_t v, uint32_t w) {
    if (p->linked.bits != NULL)
        return entrain__pair_set_has(p->linked, v, w);
    for (uint32_t stub = v * p->degree; stub < (v + 1) * p->degree; stub++)
        if (owner_of(p, p->mates[stub]) == w && !is_bad(p, stub))
            return true;
    return false;
}

static void switch_edges(pairing *p, uint32_t stub, uint32_t other) {
    uint32_t mate = p->mates[stub], other_mate = p->mates[other];
    flip_bad(p, stub);
    flip_bad(p, mate);
    if (p->linked.bits != NULL) {
        entrain__pair_set_remove(p->linked, owner_of(p, other), owner_of(p, other_mate));
        entrain__pair_set_add(p->linked, owner_of(p, stub), owner_of(p, other));
        entrain__pair_set_add(p->linked, owner_of(p, mate), owner_of(p, other_mate));
    }
    join(p, stub, other);
    join(p, mate, other_mate);
}

static bool repair(pairing *p, uint32_t stub) {
    uint32_t v = owner_of(p, stub), w = owner_of(p, p->mates[stub]);
    for (uint32_t attempt = 0; attempt < SWITCH_ATTEMPTS; attempt++) {
        uint32_t other = (uint32_t)entrain_random_below(p->key, p->stub_count,
                                                        ENTRAIN__DRAW_SWITCH + 2 * p->round, stub, attempt);
        uint32_t x = owner_of(p, other), y = owner_of(p, p->mates[other]);
        if (is_bad(p, other) || x == v || y == w || are_linked(p, v, x) || are_linked(p, w, y))
            continue;
        switch_edges(p, stub, other);
        return true;
    }
    return false;
}

static bool try_round(pairing *p) {
    pair_at_random(p);
    mark_bad(p);
    for (uint32_t stub = 0; stub < p->stub_count; stub++)
        if (is_bad(p, stub) && !repair(p, stub))
            return false;
    return true;
}

static void forget_round(pairing *p) {
    for (uint64_t i = 0; i < ((uint64_t)p->stub_count + 63) / 64; i++)
        p->bad[i] = 0;
    for (uint64_t i = 0; p->linked.bits != NULL && i < entrain__pair_set_words(p->vertex_count); i++)
        p->linked.bits[i] = 0;
}

static void emit_edges(pairing *p, entrain__edges *edges) {
    for (uint32_t stub = 0; stub < p->stub_count; stub++)
        if (owner_of(p, stub) < owner_of(p, p->mates[stub]))
            entrain__edges_add(edges, owner_of(p, stub), owner_of(p, p->mates[stub]));
}

static void emit_complement(pairing *p, entrain__edges *edges) {
    for (uint32_t v = 0; v < p->vertex_count; v++)
        p->met[v] = 0;
    for (uint32_t v = 0; v < p->vertex_count; v++) {
        for (uint32_t stub = v * p->degree; stub < (v + 1) * p->degree; stub++)
            p->met[owner_of(p, p->mates[stub])] = v + 1;
        for (uint32_t w = v + 1; w < p->vertex_count; w++)
            if (p->met[w] != v + 1)
                entrain__edges_add(edges, v, w);
    }
}

static bool take_memory(pairing *p, entrain__arena *scratch) {
    p->mates = entrain__arena_take(scratch, p->stub_count, sizeof *p->mates);
    p->shuffled = entrain__arena_take(scratch, p->stub_count, sizeof *p->shuffled);
    p->bad = entrain__arena_take(scratch, (size_t)p->stub_count / 64 + 1, sizeof *p->bad);
    p->met = entrain__arena_take(scratch, p->vertex_count, sizeof *p->met);
    bool with_set = entrain__pair_set_pays(p->vertex_count, p->degree);
    if (with_set)
        p->linked.bits =
            entrain__arena_take(scratch, entrain__pair_set_words(p->vertex_count), sizeof(uint64_t));
    return p->mates != NULL && p->shuffled != NULL && p->bad != NULL && p->met != NULL &&
           (!with_set || p->linked.bits != NULL);
}

static void give_memory(pairing *p, entrain__arena *scratch) {
    entrain__arena_give(scratch, p->mates);
    entrain__arena_give(scratch, p->shuffled);
    entrain__arena_give(scratch, p->bad);
    entrain__arena_give(scratch, p->met);
    entrain__arena_give(scratch, p->linked.bits);
}

entrain_status entrain__generate_random_regular(const entrain_topology_config *config, entrain__edges *edges,
                                                entrain_error *error_out) {
    uint32_t n = config->size;
    bool complement = config->degree > (n - 1) / 2;
    uint32_t degree = complement ? n - 1 - config->degree : config->degree;
    uint64_t stub_count = (uint64_t)n * degree;
    if (stub_count > UINT32_MAX)
        return entrain_error_set(
            error_out, ENTRAIN_LIMIT,
            "topology.degree: %u x size %u is above 2^32, the limit of random-regular; use "
            "erdos-renyi or a smaller degree",
            config->degree, n);
    entrain_status status = entrain__edges_reserve(edges, (uint64_t)n * config->degree / 2, false, error_out);
    if (status != ENTRAIN_OK)
        return status;
    pairing p = {.vertex_count = n,
                 .degree = degree,
                 .stub_count = (uint32_t)stub_count,
                 .key = entrain_random_key(config->seed, ENTRAIN_STREAM_TOPOLOGY)};
    if (!take_memory(&p, edges->scratch))
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "topology: no memory to pair %u half-edges",
                                 p.stub_count);
    bool done = p.stub_count == 0;
    for (; !done && p.round < ROUNDS; p.round++) {
        forget_round(&p);
        done = try_round(&p);
    }
    if (!done)
        return entrain_error_set(
            error_out, ENTRAIN_LIMIT,
            "topology: no random-regular graph of size %u and degree %u was found in %d rounds; use "
            "another seed",
            n, config->degree, (int)ROUNDS);
    if (complement)
        emit_complement(&p, edges);
    else
        emit_edges(&p, edges);
    ENTRAIN_ASSERT(edges->count == edges->capacity);
    give_memory(&p, edges->scratch);
    if (config->directed)
        entrain__edges_toss(edges, p.key);
    return ENTRAIN_OK;
}
