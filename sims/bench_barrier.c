// Every member counts its crossings and looks, after each, whether its neighbour has come as far: a barrier
// that lets one through too early is found out.
#include "sims/bench_barrier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <ck_barrier.h>

#include "sims/interrupt.h"
#include "sims/say.h"

enum { LINE = 64 };

// What one member has of its own; each kind uses its part.
typedef struct barrier_member {
    _Alignas(LINE) atomic_ullong crossed; // the member writes, its neighbour reads
    uint64_t faults;
    ck_barrier_centralized_state_t centralized;
    ck_barrier_combining_state_t combining;
    ck_barrier_dissemination_state_t dissemination;
    ck_barrier_tournament_state_t tournament;
    ck_barrier_mcs_state_t mcs;
} barrier_member;

struct bench_barrier {
    _Alignas(LINE) ck_barrier_centralized_t centralized;
    _Alignas(LINE) ck_barrier_combining_t combining;
    ck_barrier_combining_group_t root;
    _Alignas(LINE) ck_barrier_tournament_t tournament;
    _Alignas(LINE) pthread_barrier_t pthread;
    ck_barrier_combining_group_t *groups; // of two members each
    ck_barrier_dissemination_t *dissemination;
    ck_barrier_mcs_t *mcs;
    void **rows; // dissemination's flags or tournament's rounds, one block for each member
    barrier_member *members;
    bench_barrier_kind kind;
    uint32_t threads;
    uint64_t crossings;
    double deadline_s;
    _Alignas(LINE) atomic_bool late; // member 0 writes before a crossing, all read after it
};

const char *bench_barrier_name(bench_barrier_kind kind) {
    static const char *const names[] = {"ck centralized", "ck combining", "ck dissemination",
                                        "ck tournament",  "ck mcs",       "pthread"};
    return names[kind];
}

bool bench_barrier_spins(bench_barrier_kind kind) { return kind != BENCH_BARRIER_PTHREAD; }

static void *take_lines(size_t count, size_t size) {
    size_t bytes = (count * size + LINE - 1) / LINE * LINE;
    void *memory = aligned_alloc(LINE, bytes);
    return memory != NULL ? memset(memory, 0, bytes) : NULL;
}

static bool take_rows(bench_barrier *barrier, size_t size) {
    barrier->rows = calloc(barrier->threads, sizeof *barrier->rows);
    for (uint32_t t = 0; barrier->rows != NULL && t < barrier->threads; t++)
        if ((barrier->rows[t] = take_lines(1, size)) == NULL)
            return false;
    return barrier->rows != NULL;
}

static bool init_combining(bench_barrier *barrier) {
    uint32_t groups = (barrier->threads + 1) / 2;
    barrier->groups = take_lines(groups, sizeof *barrier->groups);
    if (barrier->groups == NULL)
        return false;
    ck_barrier_combining_init(&barrier->combining, &barrier->root);
    for (uint32_t g = 0; g < groups; g++)
        ck_barrier_combining_group_init(&barrier->combining, &barrier->groups[g],
                                        2 * g + 1 < barrier->threads ? 2 : 1);
    for (uint32_t t = 0; t < barrier->threads; t++)
        barrier->members[t].combining.sense = ~0u; // as its initialiser says
    return true;
}

static bool init_dissemination(bench_barrier *barrier) {
    uint32_t threads = barrier->threads;
    barrier->dissemination = take_lines(threads, sizeof *barrier->dissemination);
    if (barrier->dissemination == NULL ||
        !take_rows(barrier, ck_barrier_dissemination_size(threads) * sizeof(ck_barrier_dissemination_flag_t)))
        return false;
    ck_barrier_dissemination_init(barrier->dissemination,
                                  (ck_barrier_dissemination_flag_t **)(void *)barrier->rows, threads);
    for (uint32_t t = 0; t < threads; t++)
        ck_barrier_dissemination_subscribe(barrier->dissemination, &barrier->members[t].dissemination);
    return true;
}

static bool init_tournament(bench_barrier *barrier) {
    if (!take_rows(barrier,
                   ck_barrier_tournament_size(barrier->threads) * sizeof(ck_barrier_tournament_round_t)))
        return false;
    ck_barrier_tournament_init(&barrier->tournament, (ck_barrier_tournament_round_t **)(void *)barrier->rows,
                               barrier->threads);
    for (uint32_t t = 0; t < barrier->threads; t++)
        ck_barrier_tournament_subscribe(&barrier->tournament, &barrier->members[t].tournament);
    return true;
}

static bool init_mcs(bench_barrier *barrier) {
    barrier->mcs = take_lines(barrier->threads, sizeof *barrier->mcs);
    if (barrier->mcs == NULL)
        return false;
    ck_barrier_mcs_init(barrier->mcs, barrier->threads);
    for (uint32_t t = 0; t < barrier->threads; t++)
        ck_barrier_mcs_subscribe(barrier->mcs, &barrier->members[t].mcs);
    return true;
}

static bool init_kind(bench_barrier *barrier) {
    switch (barrier->kind) {
    case BENCH_BARRIER_COMBINING:
        return init_combining(barrier);
    case BENCH_BARRIER_DISSEMINATION:
        return init_dissemination(barrier);
    case BENCH_BARRIER_TOURNAMENT:
        return init_tournament(barrier);
    case BENCH_BARRIER_MCS:
        return init_mcs(barrier);
    case BENCH_BARRIER_PTHREAD:
        return pthread_barrier_init(&barrier->pthread, NULL, barrier->threads) == 0;
    default:
        return true; // centralized: zeroes
    }
}

bench_barrier *bench_barrier_create(bench_barrier_kind kind, uint32_t threads) {
    bench_barrier *barrier = take_lines(1, sizeof *barrier);
    if (barrier == NULL)
        return NULL;
    barrier->kind = kind;
    barrier->threads = threads;
    barrier->members = take_lines(threads, sizeof *barrier->members);
    if (barrier->members == NULL || !init_kind(barrier)) {
        barrier->kind = BENCH_BARRIER_CENTRALIZED; // nothing to take down
        bench_barrier_destroy(barrier);
        return NULL;
    }
    return barrier;
}

void bench_barrier_destroy(bench_barrier *barrier) {
    if (barrier == NULL)
        return;
    if (barrier->kind == BENCH_BARRIER_PTHREAD)
        pthread_barrier_destroy(&barrier->pthread);
    for (uint32_t t = 0; barrier->rows != NULL && t < barrier->threads; t++)
        free(barrier->rows[t]);
    free(barrier->rows);
    free(barrier->groups);
    free(barrier->dissemination);
    free(barrier->mcs);
    free(barrier->members);
    free(barrier);
}

static void cross(bench_barrier *barrier, barrier_member *self, uint32_t number) {
    switch (barrier->kind) {
    case BENCH_BARRIER_CENTRALIZED:
        ck_barrier_centralized(&barrier->centralized, &self->centralized, barrier->threads);
        break;
    case BENCH_BARRIER_COMBINING:
        ck_barrier_combining(&barrier->combining, &barrier->groups[number / 2], &self->combining);
        break;
    case BENCH_BARRIER_DISSEMINATION:
        ck_barrier_dissemination(barrier->dissemination, &self->dissemination);
        break;
    case BENCH_BARRIER_TOURNAMENT:
        ck_barrier_tournament(&barrier->tournament, &self->tournament);
        break;
    case BENCH_BARRIER_MCS:
        ck_barrier_mcs(barrier->mcs, &self->mcs);
        break;
    default:
        pthread_barrier_wait(&barrier->pthread);
    }
}

// `crossed` is relaxed: that the barrier orders it is what is looked at.
static void run_member(void *context, uint32_t number) {
    bench_barrier *barrier = context;
    barrier_member *self = &barrier->members[number];
    barrier_member *neighbour = &barrier->members[(number + 1) % barrier->threads];
    unsigned long long own = atomic_load_explicit(&self->crossed, memory_order_relaxed);
    for (uint64_t crossing = 0; crossing < barrier->crossings; crossing++) {
        if (number == 0 && crossing % 64 == 63 &&
            (wall_now_s() > barrier->deadline_s || interrupt_requested()))
            atomic_store_explicit(&barrier->late, true, memory_order_relaxed);
        atomic_store_explicit(&self->crossed, ++own, memory_order_relaxed);
        cross(barrier, self, number);
        self->faults += atomic_load_explicit(&neighbour->crossed, memory_order_relaxed) < own;
        // All read it after this crossing and before member 0 can write again: they agree.
        if (crossing % 64 == 63 && atomic_load_explicit(&barrier->late, memory_order_relaxed))
            break;
    }
}

double bench_barrier_run(bench_barrier *barrier, bench_team *team, uint64_t crossings, double limit_s) {
    unsigned long long before = atomic_load_explicit(&barrier->members[0].crossed, memory_order_relaxed);
    barrier->crossings = crossings;
    barrier->deadline_s = wall_now_s() + limit_s;
    atomic_store_explicit(&barrier->late, false, memory_order_relaxed);
    double spent = bench_team_do(team, barrier->threads, run_member, barrier);
    unsigned long long after = atomic_load_explicit(&barrier->members[0].crossed, memory_order_relaxed);
    return spent * (double)crossings / (double)(after - before);
}

uint64_t bench_barrier_faults(const bench_barrier *barrier) {
    uint64_t faults = 0;
    for (uint32_t t = 0; t < barrier->threads; t++)
        faults += barrier->members[t].faults;
    return faults;
}
