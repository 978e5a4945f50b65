// A swarm that is written at an awkward tick and read into another one, of other workers, policy,
// transport and layout, goes on as if nothing had been: every figure of every sample to the end has the
// bits of the run that nobody stopped. The one that was written goes on with them, too.
#include "swarm_world.h"

static void compare(const world *where, const char *how, const diary *is, const diary *wanted, size_t from) {
    if (is->count != wanted->count - from)
        fail_msg("%s, %s: %zu figures, not %zu", where->name, how, is->count, wanted->count - from);
    for (size_t e = 0; e < is->count; e++) {
        const entry *one = &is->entries[e], *other = &wanted->entries[from + e];
        double value, other_value;
        memcpy(&value, &one->bits, sizeof value);
        memcpy(&other_value, &other->bits, sizeof other_value);
        if (one->tick != other->tick || one->bits != other->bits)
            fail_msg("%s, %s: tick %u: %s is %.17g (%llx), not %.17g (%llx)", where->name, how,
                     (unsigned)one->tick, one->name, value, (unsigned long long)one->bits, other_value,
                     (unsigned long long)other->bits);
    }
}

static void compare_bytes(const world *where, const char *how, bytes is, bytes wanted) {
    size_t at = 48; // after the header, and the first frame's checksum
    while (at < is.size && at < wanted.size && is.data[at] == wanted.data[at])
        at++;
    if (is.size != wanted.size || at < is.size)
        fail_msg("%s, %s: written again it is another from byte %zu on (%zu and %zu bytes)", where->name, how,
                 at, is.size, wanted.size);
}

static uint64_t last_of(const diary *in, size_t end, const char *name) {
    while (end-- > 0)
        if (strcmp(in->entries[end].name, name) == 0)
            return in->entries[end].bits;
    fail_msg("there is no %s", name);
    return 0;
}

// A world in which nothing happens shows nothing.
static void check_growth(const world *where, const diary *in, size_t seen) {
    if (where->grows == NULL)
        return;
    const uint64_t then = last_of(in, seen, where->grows), in_the_end = last_of(in, in->count, where->grows);
    if (then == 0 || in_the_end <= then)
        fail_msg("%s: %s is %u where it is written and %u in the end; it is to grow all the time",
                 where->name, where->grows, (unsigned)then, (unsigned)in_the_end);
}

static void try_world(const world *where) {
    diary undisturbed = {0}, written = {0};
    live here;
    open_live(where, &manners[0], &undisturbed, &here);
    stand_at(&here, 0);
    go_on(&here, 0, where->until);
    const bytes end = write_live(&here);
    close_live(&here);

    open_live(where, &manners[0], &written, &here);
    stand_at(&here, 0);
    go_on(&here, 0, where->at);
    const bytes middle = write_live(&here);
    const size_t seen = written.count;
    go_on(&here, where->at, where->until);
    close_live(&here);
    compare(where, "which was written and goes on", &written, &undisturbed, 0);
    check_growth(where, &undisturbed, seen);

    for (int m = 0; m < MANNERS; m++) {
        diary read = {0};
        entrain_error error = {0};
        open_live(where, &manners[m], &read, &here);
        if (read_live(&here, middle, &error) != ENTRAIN_OK)
            fail_msg("%s, %s: %s", where->name, manners[m].name, error.sentence);
        // In publish transport observations are no messages, and are not counted as such.
        const bool same = manners[m].transport == manners[0].transport;
        bytes again = write_live(&here);
        if (same)
            compare_bytes(where, manners[m].name, again, middle);
        free(again.data);
        go_on(&here, where->at, where->until);
        compare(where, manners[m].name, &read, &undisturbed, seen);
        again = write_live(&here);
        if (same)
            compare_bytes(where, manners[m].name, again, end);
        free(again.data);
        free(read.entries);
        close_live(&here);
    }
    free(end.data);
    free(middle.data);
    free(undisturbed.entries);
    free(written.entries);
}

static void try_worlds(const world *all, size_t count) {
    for (size_t w = 0; w < count; w++)
        try_world(&all[w]);
}
#define TRY(worlds) try_worlds(worlds, sizeof(worlds) / sizeof *(worlds))

static void test_oscillators(void **state) {
    (void)state;
    static const world worlds[] = {
        {"complete, euler", complete, change_model, 46, 90, ENTRAIN_INTEGRATOR_EULER, NULL},
        {"complete, heun", complete, NULL, 46, 90, ENTRAIN_INTEGRATOR_HEUN, NULL},
        {"complete, rk4", complete, change_model, 47, 90, ENTRAIN_INTEGRATOR_RK4, NULL},
        {"noise by size", noisy, change_model, 50, 90, ENTRAIN_NORMALISE_SIZE, NULL},
        {"noise by degree", noisy, change_model, 50, 90, ENTRAIN_NORMALISE_DEGREE, NULL},
        {"noise by heard", noisy, NULL, 50, 90, ENTRAIN_NORMALISE_HEARD, NULL},
        {"delays, still", delayed, NULL, 46, 90, 0, NULL},
        {"delays, complete, turning", delayed, NULL, 46, 90, 1, NULL},
        {"delays, silent, early", delayed, NULL, 9, 40, 2, NULL},
        {"groups and harmonics", grouped, change_model, 46, 90, 0, NULL},
        {"swing", swinging, change_model, 46, 90, 0, NULL},
        {"swing, each its own", swinging, NULL, 46, 90, 1, NULL},
        {"conservation in a new graph", troubled, mended_early, 46, 90, 0, NULL},
        {"trouble", troubled, befall_oscillators, 47, 90, 0, NULL},
        {"trouble with noise", troubled, befall_oscillators, 47, 90, 1, NULL},
        {"at the very start", complete, NULL, 0, 20, ENTRAIN_INTEGRATOR_RK4, NULL},
        {"a model of the user's own", tiring, NULL, 46, 90, 0, NULL},
    };
    TRY(worlds);
}

static void test_agents(void **state) {
    (void)state;
    static const world calm[] = {
        {"agents, coherence, calm", agents, NULL, 46, 90, 0, "work.delivered"},
        {"agents that pulse", pulsing, befall_work, 67, 190, 2, "agents.pulses"},
        {"agents that switch", switching, NULL, 211, 500, 4, "agents.switches"},
    };
    TRY(calm);
    world goals[ENTRAIN_GOAL_COUNT + 2];
    for (uint32_t g = 0; g < ENTRAIN_GOAL_COUNT + 2; g++)
        goals[g] =
            (world){"agents with a goal in trouble", agents, befall_agents, 47 + g % 3, 90, g, "work.calls"};
    TRY(goals);
    static const world worlds[] = {
        {"tight mailboxes, fail", tight, befall_agents, 47, 90, ENTRAIN_OVERFLOW_FAIL, NULL},
        {"tight mailboxes, shed newest", tight, befall_agents, 47, 90, ENTRAIN_OVERFLOW_SHED_NEWEST, NULL},
        {"tight mailboxes, shed oldest", tight, befall_agents, 47, 90, ENTRAIN_OVERFLOW_SHED_OLDEST, NULL},
        {"tight mailboxes, conflate", tight, befall_agents, 47, 90, ENTRAIN_OVERFLOW_CONFLATE, NULL},
        {"tight mailboxes, block", tight, befall_calmly, 47, 90, ENTRAIN_OVERFLOW_BLOCK, NULL},
        {"a join under way", roomy, join_some, 40, 90, 0, NULL},
    };
    TRY(worlds);
}

static void test_pulses(void **state) {
    (void)state;
    static const world worlds[] = {
        {"pulses along a ring, delays differ", pulses, kill_some, 47, 140, 0, NULL},
        {"pulses by relays, with a delay", pulses, kill_some, 47, 100, 1, NULL},
        {"pulses along a ring, one delay", pulses, kill_some, 48, 140, 2, NULL},
        {"pulses by relays at once", pulses, kill_some, 49, 100, 3, NULL},
        {"all together by relays", together, kill_some, 47, 100, 3, NULL},
        {"all together, delayed", together, kill_some, 47, 140, 2, NULL},
        {"desync along a ring", pulses, kill_some, 47, 140, 4, NULL},
        {"desync by relays", pulses, kill_some, 47, 100, 5, NULL},
        {"desync, all together", together, kill_some, 47, 100, 5, NULL},
        {"pulses, at the very start", pulses, NULL, 0, 60, 0, NULL},
    };
    TRY(worlds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oscillators),
        cmocka_unit_test(test_agents),
        cmocka_unit_test(test_pulses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
