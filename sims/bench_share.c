// One cache line or more an agent, so that agents disturb each other only where they share.
#include "sims/bench_share.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ck_epoch.h>
#include <ck_pr.h>

#include "entrain/mailbox.h"
#include "sims/interrupt.h"
#include "sims/say.h"

#ifdef ENTRAIN_TSAN
// ThreadSanitizer does not see how ck_epoch_synchronize_wait(), which is compiled into libck, learns that a
// reader has left its section.
void __tsan_acquire(void *at);
void __tsan_release(void *at);
#define LEFT_SECTION(at) __tsan_release(at)
#define SAW_ALL_LEAVE(at) __tsan_acquire(at)
#else
#define LEFT_SECTION(at) (void)(at)
#define SAW_ALL_LEAVE(at) (void)(at)
#endif

enum {
    LINE = 64,
    ROOM = 63,           // messages a mailbox holds
    READS_A_UPDATE = 256 // contended rcu: one word is replaced after so many rounds
};

typedef struct locked_agent {
    _Alignas(LINE) pthread_mutex_t mutex;
    uint64_t inbox; // under the mutex
} locked_agent;

typedef struct atomic_agent {
    _Alignas(LINE) uint64_t inbox; // every neighbour's ck_pr_faa_64, the owner's ck_pr_fas_64
} atomic_agent;

#define ALIVE UINT64_C(0x5ee0a11fe5ee0a11)
typedef struct word_version {
    _Alignas(LINE) uint64_t alive, word;
} word_version;

typedef struct rcu_agent {
    _Alignas(LINE) word_version *current; // thread 0 stores, all load
    word_version versions[2];
} rcu_agent;

// What one thread counts; it alone writes.
typedef struct share_member {
    _Alignas(LINE) ck_epoch_record_t record;
    uint64_t sent, received, torn, sink;
    uint64_t rounds_done;
} share_member;

struct bench_share {
    bench_sharing sharing;
    uint32_t agents, threads;
    uint64_t rounds;
    double deadline_s; // wall_now_s()
    locked_agent *locked;
    atomic_agent *atomics;
    entrain_mailbox_set *mailboxes;
    rcu_agent *rcu;
    share_member *members;
    ck_epoch_t epoch;
    _Alignas(LINE) atomic_uint started; // threads that are there
    atomic_uint finished;               // threads that send no more
    atomic_bool late;                   // thread 0 saw the deadline pass, or a signal
    uint32_t next_update;               // thread 0's
};

static void *take_lines(size_t count, size_t size) {
    void *memory = aligned_alloc(LINE, count * size);
    return memory != NULL ? memset(memory, 0, count * size) : NULL;
}

static entrain_status take_agents(bench_share *share, entrain_error *error_out) {
    size_t agents = share->agents;
    switch (share->sharing) {
    case BENCH_SHARE_MUTEX:
        share->locked = take_lines(agents, sizeof *share->locked);
        for (size_t a = 0; share->locked != NULL && a < agents; a++)
            pthread_mutex_init(&share->locked[a].mutex, NULL);
        return share->locked != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
    case BENCH_SHARE_ATOMIC:
        share->atomics = take_lines(agents, sizeof *share->atomics);
        return share->atomics != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
    case BENCH_SHARE_MAILBOX: {
        entrain_mailbox_set_config config = entrain_mailbox_set_config_defaults();
        config.mailbox_count = share->agents;
        config.capacity = ROOM;
        return entrain_mailbox_set_create(&config, &share->mailboxes, error_out);
    }
    default:
        share->rcu = take_lines(agents, sizeof *share->rcu);
        for (size_t a = 0; share->rcu != NULL && a < agents; a++) {
            share->rcu[a].versions[0] = (word_version){.alive = ALIVE, .word = a};
            share->rcu[a].current = &share->rcu[a].versions[0];
        }
        return share->rcu != NULL ? ENTRAIN_OK : ENTRAIN_NO_MEMORY;
    }
}

void bench_share_destroy(bench_share *share) {
    if (share == NULL)
        return;
    for (uint32_t a = 0; share->locked != NULL && a < share->agents; a++)
        pthread_mutex_destroy(&share->locked[a].mutex);
    entrain_mailbox_set_destroy(share->mailboxes);
    free(share->locked);
    free(share->atomics);
    free(share->rcu);
    free(share->members);
    free(share);
}

entrain_status bench_share_create(bench_sharing sharing, uint32_t agents, uint32_t threads,
                                  bench_share **share_out, entrain_error *error_out) {
    bench_share *share = take_lines(1, sizeof *share);
    share_member *members = take_lines(threads, sizeof *members);
    if (share == NULL || members == NULL) {
        free(share);
        free(members);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY, "There is no memory for %u agents.", agents);
    }
    share->sharing = sharing;
    share->agents = agents;
    share->threads = threads;
    share->members = members;
    ck_epoch_init(&share->epoch);
    for (uint32_t t = 0; t < threads; t++)
        ck_epoch_register(&share->epoch, &members[t].record, NULL);
    entrain_status status = take_agents(share, error_out);
    if (status != ENTRAIN_OK) {
        bench_share_destroy(share);
        return status == ENTRAIN_NO_MEMORY
                   ? entrain_error_set(error_out, status, "There is no memory for %u agents.", agents)
                   : status;
    }
    *share_out = share;
    return ENTRAIN_OK;
}

// --- One agent, once

static uint32_t left_of(const bench_share *share, uint32_t agent) {
    return agent > 0 ? agent - 1 : share->agents - 1;
}
static uint32_t right_of(const bench_share *share, uint32_t agent) {
    return agent + 1 < share->agents ? agent + 1 : 0;
}

static void put_locked(locked_agent *agent, uint64_t word) {
    pthread_mutex_lock(&agent->mutex);
    agent->inbox += word;
    pthread_mutex_unlock(&agent->mutex);
}
static uint64_t empty_locked(locked_agent *agent) {
    pthread_mutex_lock(&agent->mutex);
    uint64_t word = agent->inbox;
    agent->inbox = 0;
    pthread_mutex_unlock(&agent->mutex);
    return word;
}

static void receive(bench_share *share, share_member *self, uint32_t agent) {
    entrain_message messages[8];
    uint32_t count;
    while ((count = entrain_mailbox_receive(share->mailboxes, agent, messages, 8)) > 0)
        for (uint32_t m = 0; m < count; m++)
            self->received += messages[m].payload[0].u64;
}

// Waits for room, and makes room meanwhile: two agents that wait for each other would wait for ever.
static void send(bench_share *share, share_member *self, uint32_t from, uint32_t to, uint64_t word) {
    entrain_message message = {.from = from, .kind = ENTRAIN_KIND_USER, .payload = {{.u64 = word}}};
    for (uint32_t round = 0; entrain_mailbox_send(share->mailboxes, to, &message) != ENTRAIN_OK; round++) {
        receive(share, self, from);
        bench_wait(round < 100 ? round : round + 5000); // a preempted owner needs the processor, not time
    }
}

static uint64_t read_version(share_member *self, const rcu_agent *agent) {
    // Pairs with the release store in update().
    const word_version *version = ck_pr_load_ptr(&agent->current);
    ck_pr_fence_load_depends();
    self->torn += version->alive != ALIVE;
    return version->word;
}

static void read_neighbours(bench_share *share, share_member *self, uint32_t agent) {
    ck_epoch_begin(&self->record, NULL);
    self->sink += read_version(self, &share->rcu[left_of(share, agent)]);
    self->sink += read_version(self, &share->rcu[right_of(share, agent)]);
    LEFT_SECTION(&share->epoch);
    ck_epoch_end(&self->record, NULL);
}

// A reader has not left its section yet; it may have been preempted there.
static void grace_wait(ck_epoch_t *epoch, ck_epoch_record_t *record, void *context) {
    (void)epoch, (void)record;
    bench_wait((*(uint32_t *)context)++);
}

// Thread 0 alone. The version that nobody can read any more becomes the next one's place.
static void update(bench_share *share, share_member *self) {
    rcu_agent *agent = &share->rcu[share->next_update];
    share->next_update = right_of(share, share->next_update);
    word_version *old = agent->current,
                 *fresh = old == &agent->versions[0] ? &agent->versions[1] : &agent->versions[0];
    *fresh = (word_version){.alive = ALIVE, .word = old->word + 1};
    ck_pr_fence_store();
    ck_pr_store_ptr(&agent->current, fresh); // pairs with the load in read_version()
    uint32_t round = 0;
    ck_epoch_synchronize_wait(&share->epoch, grace_wait, &round);
    SAW_ALL_LEAVE(&share->epoch);
    old->alive = 0;
    self->sent++;
}

static void once(bench_share *share, share_member *self, uint32_t agent, uint64_t word) {
    uint32_t left = left_of(share, agent), right = right_of(share, agent);
    switch (share->sharing) {
    case BENCH_SHARE_MUTEX:
        put_locked(&share->locked[left], word);
        put_locked(&share->locked[right], word);
        self->received += empty_locked(&share->locked[agent]);
        break;
    case BENCH_SHARE_ATOMIC:
        ck_pr_faa_64(&share->atomics[left].inbox, word);
        ck_pr_faa_64(&share->atomics[right].inbox, word);
        self->received += ck_pr_fas_64(&share->atomics[agent].inbox, 0);
        break;
    case BENCH_SHARE_MAILBOX:
        send(share, self, agent, left, word);
        send(share, self, agent, right, word);
        receive(share, self, agent);
        break;
    default:
        read_neighbours(share, self, agent);
        return;
    }
    self->sent += 2 * word;
}

// --- One thread

static void drain(bench_share *share, share_member *self, uint32_t first, uint32_t last) {
    for (uint32_t agent = first; agent < last; agent++)
        receive(share, self, agent);
}

static bool all_finished(bench_share *share) {
    return atomic_load_explicit(&share->finished, memory_order_acquire) >= share->threads;
}

// An agent's mailbox is emptied until nobody sends any more.
static void drain_to_the_end(bench_share *share, share_member *self, uint32_t first, uint32_t last) {
    for (uint32_t round = 0; !all_finished(share); round++) {
        drain(share, self, first, last);
        bench_wait(round < 100 ? round : round + 5000);
    }
    drain(share, self, first, last);
}

// Whether to go on. What sharing costs can change a thousandfold from one moment to the next (a thread that
// was preempted within a section), so that no number of rounds is sure to end in time.
static bool in_time(bench_share *share, uint32_t number, uint64_t round) {
    uint64_t pause = share->sharing == BENCH_SHARE_UPDATE && share->threads > 1 ? 1 : 64;
    if (round % pause != 0 || round == 0)
        return true;
    if (number == 0 && (wall_now_s() > share->deadline_s || interrupt_requested()))
        atomic_store_explicit(&share->late, true, memory_order_relaxed);
    return !atomic_load_explicit(&share->late, memory_order_relaxed);
}

// Nobody begins before all are there: alone, everything is quick.
static void meet(bench_share *share) {
    atomic_fetch_add_explicit(&share->started, 1, memory_order_acq_rel);
    for (uint32_t round = 0; atomic_load_explicit(&share->started, memory_order_acquire) < share->threads;
         round++)
        bench_wait(round);
}

static void read_until_updated(bench_share *share, share_member *self, uint32_t first, uint32_t last) {
    while (atomic_load_explicit(&share->finished, memory_order_acquire) == 0)
        for (uint32_t agent = first; agent < last; agent++)
            read_neighbours(share, self, agent);
}

static void run_member(void *context, uint32_t number) {
    bench_share *share = context;
    share_member *self = &share->members[number];
    uint32_t first = (uint32_t)((uint64_t)share->agents * number / share->threads);
    uint32_t last = (uint32_t)((uint64_t)share->agents * (number + 1) / share->threads);
    bool updates = share->sharing == BENCH_SHARE_UPDATE;
    bool writes = share->sharing == BENCH_SHARE_RCU && share->threads > 1 && number == 0;
    meet(share);
    if (updates && number > 0) {
        read_until_updated(share, self, first, last);
        return;
    }
    uint64_t round = 0;
    for (; round < share->rounds && in_time(share, number, round); round++) {
        for (uint32_t agent = first; agent < last && !updates; agent++)
            once(share, self, agent, round + agent + 1);
        if (updates || (writes && round % READS_A_UPDATE == 0))
            update(share, self);
    }
    self->rounds_done = round;
    // Release: what this thread counted and sent.
    atomic_fetch_add_explicit(&share->finished, 1, memory_order_acq_rel);
    if (share->sharing == BENCH_SHARE_MAILBOX)
        drain_to_the_end(share, self, first, last);
}

double bench_share_run(bench_share *share, bench_team *team, uint64_t rounds, double limit_s) {
    share->rounds = rounds;
    share->deadline_s = wall_now_s() + limit_s;
    atomic_store_explicit(&share->started, 0, memory_order_relaxed);
    atomic_store_explicit(&share->finished, 0, memory_order_relaxed);
    atomic_store_explicit(&share->late, false, memory_order_relaxed);
    double spent = bench_team_do(team, share->threads, run_member, share), done = 0;
    uint32_t workers = share->sharing == BENCH_SHARE_UPDATE ? 1 : share->threads;
    for (uint32_t t = 0; t < workers; t++)
        done += (double)share->members[t].rounds_done / workers;
    return done > 0 ? spent * (double)rounds / done : spent;
}

uint64_t bench_share_faults(const bench_share *share) {
    uint64_t sent = 0, received = 0, torn = 0;
    for (uint32_t t = 0; t < share->threads; t++) {
        sent += share->members[t].sent;
        received += share->members[t].received;
        torn += share->members[t].torn;
    }
    if (share->sharing >= BENCH_SHARE_RCU)
        return torn;
    for (uint32_t a = 0; a < share->agents; a++) { // what lies in the inboxes
        received += share->locked != NULL ? share->locked[a].inbox : 0;
        received += share->atomics != NULL ? share->atomics[a].inbox : 0;
    }
    return sent > received ? sent - received : received - sent;
}
