// Which cohorts hear which: what a policy without a barrier needs to know. By cohort, both directions,
// without itself.
#include "engine/engine_private.h"

// Of each place its cohort, or NULL.
static uint32_t *cohorts_of_places(const entrain_engine *engine) {
    uint32_t *cohort_of = entrain__arena_take(engine->arena, engine->vertex_count, sizeof *cohort_of);
    if (cohort_of == NULL)
        return NULL;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        const entrain__cohort *cohort = &engine->cohorts[c];
        uint32_t first = cohort->population->first + cohort->first;
        for (uint32_t place = first; place < first + cohort->count && place < engine->vertex_count; place++)
            cohort_of[place] = c;
    }
    return cohort_of;
}

typedef struct link_pass {
    const entrain_engine *engine;
    const uint32_t *cohort_of;
    uint32_t *seen_by; // [cohort_count] the last cohort, plus 1, that found this one
    uint64_t *ends;    // [cohort_count + 1] where the next link of each goes; counts, in the first pass
    uint32_t *links;   // NULL in the first pass
} link_pass;

static void add_link(link_pass *pass, uint32_t from, uint32_t to) {
    if (pass->links != NULL)
        pass->links[pass->ends[from]] = to;
    pass->ends[from]++;
}

// Finds each pair (hearer, speaker) of cohorts once and links both ways: two that hear each other get two
// links each way.
static void find_links(link_pass *pass) {
    const entrain_engine *engine = pass->engine;
    for (uint32_t c = 0; c < engine->cohort_count; c++)
        pass->seen_by[c] = 0;
    for (uint32_t c = 0; c < engine->cohort_count; c++) {
        const entrain__cohort *cohort = &engine->cohorts[c];
        uint32_t first = cohort->population->first + cohort->first;
        if (first >= engine->vertex_count)
            continue; // does not publish, so it hears nobody
        for (uint64_t a = engine->graph.offsets[first]; a < engine->graph.offsets[first + cohort->count];
             a++) {
            uint32_t speaker = pass->cohort_of[engine->graph.speakers[a]];
            if (speaker == c || pass->seen_by[speaker] == c + 1)
                continue;
            pass->seen_by[speaker] = c + 1;
            add_link(pass, c, speaker);
            add_link(pass, speaker, c);
        }
    }
}

// Of two equal links of a cohort one goes.
static void drop_doubles(link_pass *pass, uint64_t *offsets) {
    const uint32_t count = pass->engine->cohort_count;
    uint64_t to = 0, from = 0;
    for (uint32_t c = 0; c < count; c++)
        pass->seen_by[c] = 0;
    for (uint32_t c = 0; c < count; c++) {
        for (uint64_t end = offsets[c + 1]; from < end; from++) {
            uint32_t other = pass->links[from];
            if (pass->seen_by[other] != c + 1)
                pass->links[to++] = other;
            pass->seen_by[other] = c + 1;
        }
        offsets[c + 1] = to;
    }
}

entrain_status entrain__cohort_links(entrain_engine *engine, entrain_task_links *links_out) {
    const uint32_t count = engine->cohort_count;
    uint32_t *cohort_of = cohorts_of_places(engine);
    uint32_t *seen_by = entrain__arena_take(engine->arena, count, sizeof *seen_by);
    uint64_t *ends = entrain__arena_take(engine->arena, (size_t)count + 1, sizeof *ends);
    uint64_t *offsets =
        entrain__engine_take(engine, &engine->bytes_table, (size_t)count + 1, sizeof *offsets);
    if (cohort_of == NULL || seen_by == NULL || ends == NULL || offsets == NULL)
        return ENTRAIN_NO_MEMORY;
    link_pass pass = {.engine = engine, .cohort_of = cohort_of, .seen_by = seen_by, .ends = ends};
    find_links(&pass);
    for (uint32_t c = 0; c < count; c++) {
        offsets[c + 1] = offsets[c] + ends[c];
        ends[c] = offsets[c];
    }
    pass.links = entrain__engine_take(engine, &engine->bytes_table, offsets[count] + 1, sizeof *pass.links);
    if (pass.links == NULL)
        return ENTRAIN_NO_MEMORY;
    find_links(&pass);
    drop_doubles(&pass, offsets);
    entrain__arena_give(engine->arena, cohort_of);
    entrain__arena_give(engine->arena, seen_by);
    entrain__arena_give(engine->arena, ends);
    *links_out = (entrain_task_links){.offsets = offsets, .tasks = pass.links};
    return ENTRAIN_OK;
}
