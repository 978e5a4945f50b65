// Side by side: each run is a run_loop() that is stopped at tick boundaries, looked at, and taken up again.
#include "sims/run_diff.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sims/interrupt.h"
#include "sims/run_loop.h"
#include "sims/say.h"
#include "sims/words.h"

typedef struct side {
    const char *path;
    scenario given;
    entrain_swarm *swarm;
    event_run events;
    run_position at;
    uint64_t stop_at;
    bool here, ended;
} side;

static entrain_status on_boundary(void *context, bool stopped, entrain_error *error_out) {
    side *s = context;
    (void)stopped;
    (void)error_out;
    s->here = entrain_swarm_tick(s->swarm) >= s->stop_at;
    return s->here ? ENTRAIN_CANCELLED : ENTRAIN_OK;
}

static uint64_t next_boundary(void *context, uint64_t tick) {
    const side *s = context;
    return s->stop_at > tick ? s->stop_at : UINT64_MAX;
}

// Tick 0 has no boundary before it but has a sample.
static entrain_status on_sample(void *context, const entrain_phase_sample *sample, entrain_error *error_out) {
    side *s = context;
    (void)error_out;
    s->here = s->stop_at == 0 && sample->tick == 0;
    return s->here ? ENTRAIN_CANCELLED : ENTRAIN_OK;
}

static entrain_status side_begin(side *s, entrain_error *error_out) {
    const scenario_source source = {.path = s->path};
    entrain_status status = scenario_load(&source, &s->given, error_out);
    if (status == ENTRAIN_OK)
        status = entrain_swarm_create(&s->given.swarm, &s->swarm, error_out);
    if (status == ENTRAIN_OK)
        status = event_run_begin(&s->events, s->given.events, s->swarm, s->path, error_out);
    return status;
}

static void side_end(side *s) {
    event_run_end(&s->events);
    entrain_swarm_destroy(s->swarm);
    scenario_free(&s->given);
}

// To the boundary of @p tick, or to its end before that.
static entrain_status side_go(side *s, uint64_t tick, entrain_error *error_out) {
    entrain_engine *engine = entrain_swarm_engine(s->swarm);
    const run_plan plan = {.swarm = s->swarm,
                           .tick_count = s->given.tick_count,
                           .record_every_ticks = s->given.record_every_ticks,
                           .stop = s->given.stop,
                           .events = &s->events,
                           .on_sample = on_sample,
                           .context = s,
                           .position = &s->at,
                           .on_boundary = on_boundary,
                           .next_boundary = next_boundary};
    s->stop_at = tick;
    s->here = false;
    interrupt_watch(engine);
    const run_end end = run_loop(&plan, error_out);
    interrupt_watch(NULL);
    if (end == RUN_END_INTERRUPTED || interrupt_requested())
        return entrain_error_set(error_out, ENTRAIN_CANCELLED, "interrupted");
    s->ended = !s->here;
    if (end == RUN_END_FAILED && s->at.sampled == false)
        return error_out->status;
    return ENTRAIN_OK;
}

// --- where two states differ

typedef struct found {
    uint32_t actor, actors;
    char field[120], values[2][64];
} found;

// A column says how wide it is, not what is in it: a double where that is a sensible one.
static void put_value(const entrain_column *column, const void *from, char *text, size_t size) {
    uint64_t bits = 0;
    const size_t width = column->bytes < sizeof bits ? column->bytes : sizeof bits;
    memcpy(&bits, from, width);
    double number;
    memcpy(&number, &bits, sizeof number);
    const bool sensible = number == 0 || (fabs(number) > 1e-30 && fabs(number) < 1e30);
    if (width == 8 && (column->finite || sensible))
        snprintf(text, size, "%.17g", number);
    else if (width == 8)
        snprintf(text, size, "%" PRId64, (int64_t)bits);
    else if (width == 4)
        snprintf(text, size, "%" PRId32, (int32_t)(uint32_t)bits);
    else
        snprintf(text, size, "%" PRIu64, bits);
}

static const entrain_column *column_called(const entrain_behavior *behavior, const char *name,
                                           uint32_t *at_out) {
    for (uint32_t c = 0; c < behavior->column_count; c++)
        if (strcmp(behavior->columns[c].name, name) == 0) {
            *at_out = c;
            return &behavior->columns[c];
        }
    return NULL;
}

// Whether one actor differs; then *field_out and the values say in what first.
static bool differs(entrain_population *const *who, uint32_t index, found *out) {
    const bool lives[] = {entrain_population_id(who[0], index) != ENTRAIN_ID_NONE,
                          entrain_population_id(who[1], index) != ENTRAIN_ID_NONE};
    if (lives[0] != lives[1]) {
        snprintf(out->field, sizeof out->field, "living");
        for (int s = 0; s < 2; s++)
            snprintf(out->values[s], sizeof out->values[s], "%s", lives[s] ? "alive" : "stopped");
        return true;
    }
    const entrain_behavior *behavior = entrain_population_behavior(who[0]);
    for (uint32_t c = 0; c < behavior->column_count && lives[0]; c++) {
        const entrain_column *column = &behavior->columns[c];
        uint32_t other = 0;
        const entrain_column *same = column_called(entrain_population_behavior(who[1]), column->name, &other);
        if (!column->fingerprint || same == NULL || same->bytes != column->bytes)
            continue;
        const char *a = entrain_population_at(who[0], index, c),
                   *b = entrain_population_at(who[1], index, other);
        if (memcmp(a, b, column->bytes) == 0)
            continue;
        size_t part = 0; // of a column of several words: the first that differs
        while (column->bytes > 8 && memcmp(a + 8 * part, b + 8 * part, 8) == 0)
            part++;
        if (column->bytes > 8)
            snprintf(out->field, sizeof out->field, "%.60s[%zu]", column->name, part);
        else
            snprintf(out->field, sizeof out->field, "%.60s", column->name);
        put_value(column, a + 8 * part, out->values[0], sizeof out->values[0]);
        put_value(column, b + 8 * part, out->values[1], sizeof out->values[1]);
        return true;
    }
    return false;
}

static void look(const side *sides, json_t *json) {
    entrain_population *who[] = {entrain_swarm_population(sides[0].swarm),
                                 entrain_swarm_population(sides[1].swarm)};
    const uint32_t counts[] = {entrain_population_count(who[0]), entrain_population_count(who[1])};
    const uint32_t count = counts[0] < counts[1] ? counts[0] : counts[1];
    found first = {.actors = 0}, next;
    for (uint32_t i = 0; i < count; i++)
        if (differs(who, i, first.actors == 0 ? &first : &next)) {
            first.actor = first.actors == 0 ? i : first.actor;
            first.actors++;
        }
    json_object_set_new(json, "actor", first.actors > 0 ? json_integer(first.actor) : json_null());
    json_object_set_new(json, "actors", json_integer(first.actors));
    json_object_set_new(json, "of", json_integer(count));
    if (first.actors > 0) {
        json_object_set_new(json, "field", json_string(first.field));
        json_object_set_new(json, "values", json_pack("[ss]", first.values[0], first.values[1]));
    }
    char note[160];
    if (counts[0] != counts[1])
        snprintf(note, sizeof note, "A has %" PRIu32 " actors, B %" PRIu32, counts[0], counts[1]);
    else if (first.actors == 0)
        snprintf(note, sizeof note,
                 "none of the oscillators differs: it is the service, a gateway, or its mail");
    else
        return;
    json_object_set_new(json, "note", json_string(note));
}

// --- in turns

static void put_again(const side *sides, json_t *json) {
    json_t *again = json_array();
    for (int s = 0; s < 2; s++) {
        char text[20];
        snprintf(text, sizeof text, "%016" PRIx64,
                 entrain_engine_fingerprint(entrain_swarm_engine(sides[s].swarm)));
        json_array_append_new(again, json_string(text));
    }
    json_object_set_new(json, "again", again);
}

static bool are_alike(const side *sides) {
    return entrain_engine_fingerprint(entrain_swarm_engine(sides[0].swarm)) ==
           entrain_engine_fingerprint(entrain_swarm_engine(sides[1].swarm));
}

static entrain_status both_go(side *sides, uint64_t tick, entrain_error *error_out) {
    entrain_status status = side_go(&sides[0], tick, error_out);
    return status == ENTRAIN_OK ? side_go(&sides[1], tick, error_out) : status;
}

static entrain_status go_on(side *sides, const run_diff_plan *plan, json_t *json, entrain_error *error_out) {
    uint64_t tick = plan->begins_equal ? plan->equal : 0;
    entrain_status status = tick > 0 || !plan->begins_equal ? both_go(sides, tick, error_out) : ENTRAIN_OK;
    if (!plan->quiet && plan->unequal - tick > 1)
        say_note("both are run again, tick by tick from %" PRIu64 " to %" PRIu64, tick, plan->unequal);
    // At tick 0 a run that is taken up takes its first sample anew, so nobody stops there who goes on.
    if (status == ENTRAIN_OK && tick == 0 && plan->begins_equal)
        status = both_go(sides, ++tick, error_out);
    while (status == ENTRAIN_OK && are_alike(sides) && tick < plan->unequal && !sides[0].ended &&
           !sides[1].ended)
        status = both_go(sides, ++tick, error_out);
    if (status != ENTRAIN_OK)
        return status;
    put_again(sides, json);
    if (are_alike(sides))
        return ENTRAIN_OK;
    tick = entrain_swarm_tick(sides[0].swarm);
    if (tick != entrain_swarm_tick(sides[1].swarm)) {
        json_object_set_new(json, "note", json_string("one of them ends before the other"));
        return ENTRAIN_OK;
    }
    json_object_set_new(json, "tick", json_integer((json_int_t)tick));
    json_object_set_new(
        json, "time_s",
        json_real((double)tick * entrain_engine_step_s(entrain_swarm_engine(sides[0].swarm))));
    look(sides, json);
    return ENTRAIN_OK;
}

entrain_status run_diff(const run_diff_plan *plan, json_t **parted_out, entrain_error *error_out) {
    side sides[2] = {{.path = plan->paths[0]}, {.path = plan->paths[1]}};
    json_t *json = json_object();
    entrain_status status = side_begin(&sides[0], error_out);
    if (status == ENTRAIN_OK)
        status = side_begin(&sides[1], error_out);
    if (status == ENTRAIN_OK)
        status = go_on(sides, plan, json, error_out);
    side_end(&sides[0]);
    side_end(&sides[1]);
    if (status != ENTRAIN_OK) {
        json_decref(json);
        return status;
    }
    *parted_out = json;
    return ENTRAIN_OK;
}
