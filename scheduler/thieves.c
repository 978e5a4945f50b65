// Stealing half: who has run dry takes the back half of somebody else's stretch and makes it its own, for the
// next thief to halve again.
//
//   worker 0  [ 0 1 2|3 4 )     takes from its own, first to last
//   worker 1  [ )               asks the others, and takes 3 and 4: runs 3 at once, and 4 is there for others
//
// So work that all piled up in one place is spread in a logarithm of its size, and a queue is robbed a few
// times a phase where one task a time would be once a task.
//
// All stretches are filled in the serial part, not by their owners: the share of a worker that has no core
// right now is there for thieves. Whoever is preempted holds back the one task that it runs, and a thief
// between taking and publishing half of what its victim had left: a few instructions, in which its stretch
// says "awaited". Others look again while it says so, and not for ever: after ROUNDS looks they go to the
// barrier, where they would wait for that thief anyway.
//
// next() may also say false too soon when a half is carried past a worker in the middle of its look at all.
// Nothing is lost: who took it runs it.
#include "scheduler/thieves.h"

#include "scheduler/mix.h"

enum { ROUNDS = 64 };

// One worker's row: everybody else, nearest first, in turn from the worker's own number on among equals.
static void make_row(const uint32_t *distances, uint32_t worker, uint32_t workers, uint8_t *victims,
                     uint8_t *tier_ends) {
    const uint32_t others = workers - 1;
    for (uint32_t i = 0; i < others; i++) { // sorted by insertion: at most 255, most often in order
        uint32_t victim = (worker + 1 + i) % workers, at = i;
        while (distances != NULL && at > 0 && distances[victims[at - 1]] > distances[victim]) {
            victims[at] = victims[at - 1];
            at--;
        }
        victims[at] = (uint8_t)victim;
    }
    for (uint32_t i = others; i-- > 0;) {
        bool last =
            i + 1 == others || (distances != NULL && distances[victims[i]] != distances[victims[i + 1]]);
        tier_ends[i] = last ? (uint8_t)(i + 1) : tier_ends[i + 1];
    }
}

entrain_status entrain__thieves_make(entrain__thieves *thieves, entrain__arena *arena,
                                     const entrain_policy_setup *setup, const uint32_t *distances) {
    const uint32_t workers = setup->worker_count, others = workers - 1;
    *thieves = (entrain__thieves){
        .stretches = entrain__arena_take(arena, workers, sizeof *thieves->stretches),
        .thieves = entrain__arena_take(arena, workers, sizeof *thieves->thieves),
        .victims = entrain__arena_take(arena, (size_t)workers * others, sizeof *thieves->victims),
        .tier_ends = entrain__arena_take(arena, (size_t)workers * others, sizeof *thieves->tier_ends),
        .worker_count = workers,
    };
    if (thieves->stretches == NULL || thieves->thieves == NULL || thieves->victims == NULL ||
        thieves->tier_ends == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t worker = 0; worker < workers; worker++) {
        const size_t row = (size_t)worker * others;
        thieves->thieves[worker].draws = entrain__mix(setup->seed ^ entrain__mix(worker + 1));
        make_row(distances == NULL ? NULL : distances + (size_t)worker * workers, worker, workers,
                 thieves->victims + row, thieves->tier_ends + row);
    }
    return ENTRAIN_OK;
}

void entrain__thieves_fill(entrain__thieves *thieves, const uint32_t *firsts) {
    for (uint32_t worker = 0; worker < thieves->worker_count; worker++)
        entrain__stretch_fill(&thieves->stretches[worker], firsts[worker], firsts[worker + 1]);
}

// Takes half of @p victim's stretch, its first position to run now, the rest into the worker's own stretch,
// which is empty. *busy_out: something was left behind, because somebody else was faster (and @p insist does
// not hold), or is on its way.
static bool rob(entrain__thieves *thieves, uint32_t worker, uint32_t victim, bool insist, bool *busy_out,
                uint32_t *position_out) {
    entrain__stretch *own = &thieves->stretches[worker], *from = &thieves->stretches[victim];
    thieves->thieves[worker].steals_tried++;
    // Pairs with the release stores below: who sees a half gone from one stretch sees it awaited in another.
    uint64_t word = entrain__load_acquire_u64(&from->word);
    *busy_out |= word == ENTRAIN__STRETCH_AWAITED;
    uint32_t begin = 0, end = 0;
    bool got = false;
    if (!entrain__stretch_has(word))
        return false;
    // Before the half leaves its stretch, which releases this. Pairs with the acquire load above, in other
    // workers.
    entrain__store_release_u64(&own->word, ENTRAIN__STRETCH_AWAITED);
    do {
        got = entrain__stretch_halve(from, word, &begin, &end);
        if (!got && insist)
            word = entrain__load_acquire_u64(&from->word); // pairs as above
    } while (!got && insist && entrain__stretch_has(word));
    // Pairs with the acquire load above, in other workers: one that finds it may halve it again.
    entrain__store_release_u64(&own->word,
                               got ? entrain__stretch_word(begin + 1, end) : entrain__stretch_word(0, 0));
    *busy_out |= !got && !insist;
    *position_out = begin;
    return got;
}

// One look at everybody else, nearest first; among equals from a random one on. Where somebody else is
// taking, @p insist stays until it has something or nothing is left, and otherwise we go on: two thieves at
// one stretch cost more than two stretches.
static bool sweep(entrain__thieves *thieves, uint32_t worker, bool insist, bool *busy_out,
                  uint32_t *position_out) {
    entrain__thief *self = &thieves->thieves[worker];
    const uint32_t others = thieves->worker_count - 1;
    const uint8_t *victims = thieves->victims + (size_t)worker * others;
    const uint8_t *tier_ends = thieves->tier_ends + (size_t)worker * others;
    for (uint32_t begin = 0, end; begin < others; begin = end) {
        end = tier_ends[begin];
        uint32_t at = begin + (end - begin > 1 ? entrain__mix_below(&self->draws, end - begin) : 0);
        for (uint32_t looked = begin; looked < end; looked++) {
            if (rob(thieves, worker, victims[at], insist, busy_out, position_out)) {
                self->steals_won++;
                return true;
            }
            at = at + 1 == end ? begin : at + 1;
        }
    }
    return false;
}

bool entrain__thieves_next(entrain__thieves *thieves, uint32_t worker, uint32_t *position_out) {
    if (entrain__stretch_take(&thieves->stretches[worker], position_out))
        return true;
    bool busy = true;
    for (uint32_t round = 0; busy && round < ROUNDS; round++) {
        busy = false;
        if (round > 0)
            entrain__stall();
        if (sweep(thieves, worker, round > 0, &busy, position_out))
            return true;
    }
    return false;
}

void entrain__thieves_count(const entrain__thieves *thieves, uint32_t worker,
                            entrain_policy_count *count_out) {
    const entrain__thief *self = &thieves->thieves[worker];
    *count_out = (entrain_policy_count){.steals_tried = self->steals_tried, .steals_won = self->steals_won};
}
