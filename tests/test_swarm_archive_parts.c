// What a context holds is archived, and what is not whole, not in order, or another swarm's is refused.
#include "swarm_world.h"

// ---- what a context holds ----

// Two swarms of one configuration, made alike, differ in pointers. Where they do not they must not after one
// has read what the other wrote: a field that somebody added to a context, and forgot to archive, is seen
// here if it is not the same at the start and later. Left out is what is scratch, or a pointer that comes
// later.
typedef struct part {
    const char *name;
    const unsigned char *at;
    size_t size;
    unsigned char start[4096];
    struct {
        size_t at, size;
    } skips[24];
    size_t skip_count;
} part;

typedef struct anatomy {
    part parts[10];
    size_t count;
} anatomy;

static part *add_part(anatomy *of, const char *name, const void *at, size_t size) {
    part *one = &of->parts[of->count++];
    assert_true(of->count <= sizeof of->parts / sizeof *of->parts && size <= sizeof one->start);
    one->name = name;
    one->at = at;
    one->size = size;
    memcpy(one->start, at, size);
    return one;
}
static void leave_out(part *of, size_t at, size_t size) {
    of->skips[of->skip_count].at = at;
    of->skips[of->skip_count++].size = size;
}

#define SKIP(part, type, field) leave_out(part, offsetof(type, field), sizeof((type *)0)->field)

// Padding, of which nobody says what it holds.
static void skip_balance(part *of, size_t at) {
    leave_out(of, at + offsetof(entrain__phase_balance, living) + sizeof(uint32_t), 12);
    leave_out(of, at + offsetof(entrain__phase_balance, rounding) + sizeof(double), 8);
}

static void add_meter(anatomy *of, const live *here) {
    part *meter = add_part(of, "the meter", entrain_swarm_meter(here->swarm), sizeof(entrain_phase_meter));
    SKIP(meter, entrain_phase_meter, elapsed_s);
    SKIP(meter, entrain_phase_meter, shape);
    SKIP(meter, entrain_phase_meter, law.look);
    SKIP(meter, entrain_phase_meter, law.topology);
    SKIP(meter, entrain_phase_meter, law.offsets);
    SKIP(meter, entrain_phase_meter, law.config.gains);
    SKIP(meter, entrain_phase_meter, law.config.inertias);
    SKIP(meter, entrain_phase_meter, law.config.dampings);
    SKIP(meter, entrain_phase_meter, law.config.velocities);
    SKIP(meter, entrain_phase_meter, law.config.noises);
    skip_balance(meter, offsetof(entrain_phase_meter, base));
    skip_balance(meter, offsetof(entrain_phase_meter, last));
    for (int m = 0; m < 2; m++) {
        SKIP(meter, entrain_phase_meter, marks[m].phases);
        SKIP(meter, entrain_phase_meter, marks[m].turns);
        SKIP(meter, entrain_phase_meter, marks[m].ids);
    }
}

static void dissect(anatomy *of, const live *here) {
    *of = (anatomy){0};
    (void)add_part(of, "the swarm", here->swarm, sizeof *here->swarm);
    add_meter(of, here);
    part *disruptions = add_part(of, "disruptions", here->disruptions, sizeof *here->disruptions);
    SKIP(disruptions, struct entrain_disruptions, sides);
    SKIP(disruptions, struct entrain_disruptions, disturbance.sides);
    SKIP(disruptions, struct entrain_disruptions, mended); // but for four figures
    const void *context = entrain_population_context(here->population);
    if (entrain_agents_look(here->population) != NULL)
        (void)add_part(of, "the agents", context, sizeof(entrain__agents));
    else if (entrain_kuramoto_look(here->population) != NULL)
        (void)add_part(of, "the oscillators", context, sizeof(entrain__kuramoto));
    const entrain_workload *workload = entrain_swarm_workload(here->swarm);
    if (workload == NULL)
        return;
    part *work = add_part(of, "the workload", workload, sizeof *workload);
    SKIP(work, entrain_workload, partials);
    SKIP(work, entrain_workload, task_count);
    for (uint32_t g = 0; g < workload->gateway_count; g++) {
        part *gateway = add_part(of, "a gateway", &workload->gateways[g], sizeof *workload->gateways);
        SKIP(gateway, entrain__gateway, batches);
    }
}

static bool is_skipped(const part *of, size_t at) {
    for (size_t s = 0; s < of->skip_count; s++)
        if (at >= of->skips[s].at && at < of->skips[s].at + of->skips[s].size)
            return true;
    return false;
}

static void compare_parts(const world *where, const part *is, const part *wanted) {
    for (size_t b = 0; b < is->size; b++)
        if (is->start[b] == wanted->start[b] && is->at[b] != wanted->at[b] && !is_skipped(is, b))
            fail_msg("%s: byte %zu of %s was not archived: it is %u, not %u", where->name, b, is->name,
                     is->at[b], wanted->at[b]);
}

static void compare_batches(const live *is, const live *wanted) {
    const entrain_workload *workload = entrain_swarm_workload(is->swarm),
                           *other = entrain_swarm_workload(wanted->swarm);
    for (uint32_t g = 0; workload != NULL && g < workload->gateway_count; g++)
        for (uint32_t b = 0; b < workload->config.calls_max; b++) {
            const entrain__batch *one = &workload->gateways[g].batches[b],
                                 *wanted_one = &other->gateways[g].batches[b];
            assert_int_equal(one->state, wanted_one->state);
            if (one->state == ENTRAIN__BATCH_FREE)
                continue;
            entrain__batch copy = *wanted_one;
            copy.part = one->part;
            assert_memory_equal(one, &copy, sizeof copy);
            assert_memory_equal(one->part, wanted_one->part, one->parts * sizeof *one->part);
        }
}

// Not since the last sample, after which the meter's law is another.
static void change_early(live *here, uint64_t tick) {
    if (tick < 40)
        change_model(here, tick);
}

static void test_contexts(void **state) {
    (void)state;
    static const world worlds[] = {
        {"groups and harmonics", grouped, change_early, 46, 90, 0, NULL},
        {"noise by degree", noisy, change_early, 50, 90, ENTRAIN_NORMALISE_DEGREE, NULL},
        {"swing", swinging, change_early, 46, 90, 0, NULL},
        {"trouble", troubled, befall_oscillators, 52, 90, 0, NULL},
        {"pulses along a ring, one delay", pulses, kill_some, 48, 140, 2, NULL},
        {"agents with a goal", agents, befall_agents, 49, 90, 0, NULL},
        {"agents with another goal", agents, befall_agents, 47, 90, 3, NULL},
        {"agents who join", roomy, join_some, 47, 90, 0, NULL},
    };
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        static anatomy of, other;
        diary in = {0};
        live here, twin;
        entrain_error error = {0};
        open_live(&worlds[w], &manners[0], &in, &here);
        open_live(&worlds[w], &manners[0], &in, &twin);
        dissect(&of, &here);
        dissect(&other, &twin);
        stand_at(&here, 0);
        go_on(&here, 0, worlds[w].at);
        const bytes written = write_live(&here);
        CHECK_OK(read_live(&twin, written, &error), error);
        for (size_t p = 0; p < of.count; p++)
            compare_parts(&worlds[w], &other.parts[p], &of.parts[p]);
        compare_batches(&twin, &here);
        close_live(&here);
        close_live(&twin);
        free(written.data);
        free(in.entries);
    }
}

// ---- what is refused ----

// What went through an archive, without checksums; and an archive of that.
static bytes unwrap(bytes archived, uint64_t size) {
    entrain_error error = {0};
    entrain_archive *archive = NULL;
    const bytes plain = {malloc(size), size};
    assert_non_null(plain.data);
    CHECK_OK(entrain_archive_read_memory(archived.data, archived.size, "It", &archive, &error), error);
    entrain_archive_bytes(archive, plain.data, plain.size);
    CHECK_OK(entrain_archive_end(archive, &error), error);
    return plain;
}

static bytes wrap(bytes plain, size_t size) {
    entrain_error error = {0};
    entrain_archive *archive = NULL;
    bytes archived = {0};
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    entrain_archive_bytes(archive, plain.data, size);
    archived.data = entrain_archive_data(archive, &archived.size, &error);
    assert_non_null(archived.data);
    return archived;
}

// Reads @p plain, of which @p size bytes are there, into a new swarm.
static entrain_status try_plain(const world *where, bytes plain, size_t size, entrain_error *error) {
    diary in = {0};
    live here;
    const bytes archived = wrap(plain, size);
    open_live(where, &manners[0], &in, &here);
    const entrain_status status = read_live(&here, archived, error);
    if (status != ENTRAIN_OK && strlen(error->sentence) < 20)
        fail_msg("%s: \"%s\" is no sentence", where->name, error->sentence);
    close_live(&here);
    free(archived.data);
    return status;
}

static bytes written_at(const world *where) {
    diary in = {0};
    live here;
    entrain_error error = {0};
    entrain_archive *archive = NULL;
    open_live(where, &manners[0], &in, &here);
    stand_at(&here, 0);
    go_on(&here, 0, where->at);
    CHECK_OK(entrain_archive_write_memory(&archive, &error), error);
    archive_live(&here, archive);
    const uint64_t size = entrain_archive_bytes_done(archive);
    bytes archived = {0};
    archived.data = entrain_archive_data(archive, &archived.size, &error);
    assert_non_null(archived.data);
    const bytes plain = unwrap(archived, size);
    free(archived.data);
    free(in.entries);
    close_live(&here);
    return plain;
}

static void test_torn(void **state) {
    (void)state;
    static const world worlds[] = {
        {"trouble", troubled, befall_oscillators, 52, 90, 0, NULL},
        {"agents with a goal", agents, befall_agents, 49, 90, 0, NULL},
        {"pulses along a ring", pulses, kill_some, 48, 140, 2, NULL},
    };
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++) {
        entrain_error error = {0};
        const bytes plain = written_at(&worlds[w]);
        CHECK_OK(try_plain(&worlds[w], plain, plain.size, &error), error);
        for (size_t size = 0; size < plain.size; size += 1 + plain.size / 50)
            if (try_plain(&worlds[w], plain, size, &error) == ENTRAIN_OK)
                fail_msg("%s: %zu bytes of %zu were enough", worlds[w].name, size, plain.size);
        // Something foreign in its midst: refused or harmless, and never worse.
        uint64_t random = 77;
        for (uint32_t times = 0; times < 100; times++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            unsigned char *byte = &plain.data[(random >> 20) % plain.size];
            const unsigned char before = *byte;
            *byte = (unsigned char)(random >> 56);
            (void)try_plain(&worlds[w], plain, plain.size, &error);
            *byte = before;
        }
        free(plain.data);
    }
}

static unsigned char *find_tag(bytes in, const char *tag, int which) {
    char name[16] = {0};
    memcpy(name, tag, strlen(tag));
    for (size_t at = 0; at + sizeof name <= in.size; at++)
        if (memcmp(in.data + at, name, sizeof name) == 0 && which-- == 0)
            return in.data + at;
    fail_msg("there is no section \"%s\"", tag);
    return NULL;
}

static void test_swapped(void **state) {
    (void)state;
    static const world where = {"agents with a goal", agents, befall_agents, 49, 90, 0, NULL};
    static const char *const tags[] = {"swarm", "agents", "workload", "gateways", "meter", "disruptions"};
    entrain_error error = {0};
    const bytes plain = written_at(&where);
    for (size_t t = 0; t + 1 < sizeof tags / sizeof *tags; t++) {
        unsigned char *one = find_tag(plain, tags[t], 0), *other = find_tag(plain, tags[t + 1], 0);
        for (int again = 0; again < 2; again++) {
            for (int b = 0; b < 16; b++) {
                const unsigned char byte = one[b];
                one[b] = other[b];
                other[b] = byte;
            }
            if (again == 0)
                CHECK_REFUSED(try_plain(&where, plain, plain.size, &error), ENTRAIN_MISMATCH, error, tags[t]);
        }
    }
    free(plain.data);
}

static void larger(const world *where, entrain_swarm_config *config) {
    (void)where;
    config->size = 61;
}
static void slower(const world *where, entrain_swarm_config *config) {
    (void)where;
    config->engine.step_s = 0.02;
}
static void plain(const world *where, entrain_swarm_config *config) { config->seed = where->variant + 5; }
static void idle(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->has_workload = false;
}
static void more_gateways(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->workload.gateways = 4;
}
static void longer_period(const world *where, entrain_swarm_config *config) {
    agents(where, config);
    config->agent.period_s = 0.3;
}
static void regrouped(const world *where, entrain_swarm_config *config) {
    grouped(where, config);
    config->model.group_sizes[0] = 35;
    config->model.group_sizes[1] = 25;
}

// A swarm of another kind is refused, with what is different.
static void test_another(void **state) {
    (void)state;
    const struct {
        world written, read;
        const char *words;
    } pairs[] = {
        {{"plain", plain, NULL, 9, 20, 0, NULL}, {"larger", larger, NULL, 9, 20, 0, NULL}, "size"},
        {{"plain", plain, NULL, 9, 20, 0, NULL}, {"slower", slower, NULL, 9, 20, 0, NULL}, "step"},
        {{"plain", plain, NULL, 9, 20, 0, NULL}, {"another seed", plain, NULL, 9, 20, 1, NULL}, "seed"},
        {{"plain", plain, NULL, 9, 20, 0, NULL}, {"pulses", pulses, NULL, 9, 20, 0, NULL}, "ticks"},
        {{"plain", plain, NULL, 9, 20, 12, NULL}, {"agents", agents, NULL, 9, 20, 0, NULL}, "population"},
        {{"plain", plain, NULL, 9, 20, 0, NULL}, {"own", tiring, NULL, 9, 20, 0, NULL}, "tiring"},
        {{"euler", complete, NULL, 9, 20, 0, NULL}, {"heun", complete, NULL, 9, 20, 1, NULL}, "column"},
        {{"groups", grouped, NULL, 9, 20, 0, NULL}, {"regrouped", regrouped, NULL, 9, 20, 0, NULL}, "group"},
        {{"agents", agents, NULL, 9, 20, 0, NULL}, {"idle", idle, NULL, 9, 20, 0, NULL}, "populations"},
        {{"agents", agents, NULL, 9, 20, 0, NULL},
         {"more gateways", more_gateways, NULL, 9, 20, 0, NULL},
         "gateway"},
        {{"agents", agents, NULL, 9, 20, 0, NULL}, {"longer", longer_period, NULL, 9, 20, 0, NULL}, "period"},
    };
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        entrain_error error = {0};
        const bytes written = written_at(&pairs[p].written);
        const entrain_status status = try_plain(&pairs[p].read, written, written.size, &error);
        if (status != ENTRAIN_MISMATCH || strstr(error.sentence, pairs[p].words) == NULL)
            fail_msg("%s read into %s: %s: %s", pairs[p].written.name, pairs[p].read.name,
                     entrain_status_name(status), error.sentence);
        free(written.data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contexts),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_swapped),
        cmocka_unit_test(test_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
