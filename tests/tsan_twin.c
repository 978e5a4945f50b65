// The twin that must fail: hand-overs like a mailbox's, sound and broken, so that we know that
// ThreadSanitizer looks.
//
//   tsan_twin sound     reserve, write, commit; peek, read, release: no report
//   tsan_twin relaxed   the same with a commit that publishes nothing: a report, in the mailbox's own slots
//   tsan_twin copy      a libck enqueue whose slot is read without asking p_tail: a report, or the shim's
//   ck_ring.h is blind tsan_twin multi     a libck multi-consumer ring, sound, tiny and contended: no report,
//   though it copies before it knows
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/wait.h"
#include "mailbox/ring.h"

CK_RING_PROTOTYPE(twin, entrain_message)

enum { ROUNDS = 1000, TAKERS = 3, ITEMS = 20000 };

static entrain_mailbox_set *set;
static const char *kind;
static uint32_t flag, given;
static uint64_t taken_sum;

static bool is(const char *name) { return strcmp(kind, name) == 0; }

static void give(uint64_t serial) {
    entrain__span span = entrain__mailbox_reserve(set, 0, 1);
    *span.first = (entrain_message){.kind = ENTRAIN_KIND_USER, .payload = {{.u64 = serial}}};
    if (is("relaxed"))
        entrain__store_relaxed_u32(&set->rings[0].p_tail,
                                   set->rings[0].p_tail + 1); // the defect: orders nothing
    else
        entrain__mailbox_commit(set, 0, 1);
}

static void *give_all(void *unused) {
    (void)unused;
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        for (uint32_t round = 0; entrain__mailbox_room(set, 0) == 0; round++)
            entrain__wait_step(round);
        give(i);
    }
    return NULL;
}

static uint64_t take_all(void) {
    uint64_t sum = 0;
    for (uint32_t taken = 0, round = 0; taken < ROUNDS; round++) {
        entrain__span span = entrain__mailbox_peek(set, 0);
        for (uint32_t i = 0; i < span.first_count; i++)
            sum += span.first[i].payload[0].u64;
        for (uint32_t i = 0; i < span.second_count; i++)
            sum += span.second[i].payload[0].u64;
        taken += span.first_count + span.second_count;
        entrain__mailbox_release(set, 0, span.first_count + span.second_count);
        entrain__wait_step(round);
    }
    return sum;
}

static void *enqueue_and_wave(void *unused) {
    (void)unused;
    entrain_message message = {.from = 42};
    ck_ring_enqueue_spsc_twin(&set->rings[0], set->slots, &message);
    entrain__store_relaxed_u32(&flag, 1);
    return NULL;
}

static uint64_t read_past_the_ring(void) {
    for (uint32_t round = 0; entrain__load_relaxed_u32(&flag) == 0; round++)
        entrain__wait_step(round);
    return set->slots[0].from;
}

static void *give_to_many(void *unused) {
    (void)unused;
    for (uint64_t i = 1; i <= ITEMS;) {
        entrain_message message = {.from = (entrain_id)i, .payload = {{.u64 = i}, {.u64 = i}}};
        if (ck_ring_enqueue_spmc_twin(&set->rings[0], set->slots, &message))
            i++;
        else
            entrain__wait_step(ENTRAIN__WAIT_YIELD);
    }
    entrain__store_release_u32(&given, 1);
    return NULL;
}

static void *take_from_one(void *unused) {
    (void)unused;
    for (;;) {
        bool last = entrain__load_acquire_u32(&given) == 1;
        entrain_message message;
        if (ck_ring_dequeue_spmc_twin(&set->rings[0], set->slots, &message))
            entrain__add_acq_rel_u64(&taken_sum,
                                     message.payload[0].u64 == message.payload[1].u64 ? message.from : 0);
        else if (last)
            return NULL;
        else
            entrain__wait_step(ENTRAIN__WAIT_YIELD);
    }
}

static uint64_t take_by_many(void) {
    pthread_t takers[TAKERS];
    for (int i = 0; i < TAKERS; i++)
        pthread_create(&takers[i], NULL, take_from_one, NULL);
    for (int i = 0; i < TAKERS; i++)
        pthread_join(takers[i], NULL);
    return taken_sum;
}

int main(int argc, char **argv) {
    kind = argc > 1 ? argv[1] : "sound";
    entrain_mailbox_set_config config = {
        .mailbox_count = 1, .capacity = 3, .producers = ENTRAIN_PRODUCERS_ONE};
    if (entrain__mailbox_set_create_bare(&config, &set, NULL) != ENTRAIN_OK)
        return 2;
    bool copies = is("copy"), multi = is("multi");
    pthread_t giver;
    pthread_create(&giver, NULL, copies ? enqueue_and_wave : multi ? give_to_many : give_all, NULL);
    uint64_t sum = copies ? read_past_the_ring() : multi ? take_by_many() : take_all();
    pthread_join(giver, NULL);
    uint64_t wanted = copies  ? 42
                      : multi ? (uint64_t)ITEMS * (ITEMS + 1) / 2
                              : (uint64_t)ROUNDS * (ROUNDS + 1) / 2;
    entrain_mailbox_set_destroy(set);
    printf("%s: %s\n", kind,
           sum == wanted ? "what was given was taken" : "what was taken is not what was given");
    return sum != wanted;
}
