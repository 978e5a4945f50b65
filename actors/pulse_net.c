// What oscillators that speak by pulses have in common (pulse_net.h).
#include "actors/pulse_net.h"

#include <inttypes.h>
#include <math.h>

#include "engine/base/assert.h"
#include "engine/engine_private.h"

#define TWO_PI 6.283185307179586
enum {
    RELAY_BLOCK = 32000, // oscillators that one relay tells; its places are twice that
    PLACES_OWN = 4,      // to oneself, under way: next firing, end of a round, begin
    PLACES_MAX = UINT16_MAX,
    PLACES_WISHED = 1 << 22, // at most, of all, beyond what is needed
};

// --- An oscillator

double entrain__pulse_phase(const entrain__pulse_state *state, double frequency, double time_s) {
    const double phase = state->at + (time_s - state->time_s) * (frequency / TWO_PI);
    return phase < 1 ? phase : 1;
}

entrain_status entrain__pulse_plan(entrain_self *self, entrain__pulse_state *state, double time_s) {
    if (state->timer != 0)
        (void)entrain_cancel(self, state->timer); // STALE: it is what is at hand
    return entrain_send_at(self, time_s, self->id, ENTRAIN__PULSE_FIRE, 0, (entrain_payload){0},
                           (entrain_payload){0}, &state->timer);
}

entrain_status entrain__pulse_begin(entrain_self *self) {
    const entrain__pulse_net *net = self->context;
    entrain__pulse_state *state = entrain__pulse_state_of(self);
    state->at = net->phases[self->index];
    state->time_s = self->time_s;
    return entrain__pulse_plan(self, state, self->time_s + (1 - state->at) * entrain__pulse_period(self));
}

static entrain_payload weight_payload(double weight) { return (entrain_payload){.f64 = weight}; }
static entrain_payload who_payload(uint32_t least, uint32_t greatest) {
    return (entrain_payload){.u64 = (uint64_t)least << 32 | greatest};
}

// Nobody is told who is not there.
static entrain_status tell(entrain_self *self, double time_s, entrain_id to, uint16_t kind, double weight,
                           entrain_payload who) {
    if (to == ENTRAIN_ID_NONE)
        return ENTRAIN_OK;
    return entrain_send_at(self, time_s, to, kind, 0, weight_payload(weight), who, NULL);
}

static entrain_status tell_all(entrain_self *self) {
    const entrain__pulse_net *net = self->context;
    const uint32_t i = self->index;
    const entrain_payload who = who_payload(i, i);
    const double time_s = self->time_s + net->delay_s;
    entrain_status status = ENTRAIN_OK;
    if (net->relays != NULL) {
        for (uint32_t k = 0; k < net->relay_count && status == ENTRAIN_OK; k++)
            status = tell(self, time_s, entrain_population_id(net->relays, k), ENTRAIN__PULSE_FIRED, 1, who);
        if (net->delay_s > 0 && status == ENTRAIN_OK)
            status = tell(self, time_s, self->id, ENTRAIN__PULSE_ECHO, 1, who);
    } else if (net->view.out_offsets == NULL) {
        for (uint32_t j = 0; j < net->count && status == ENTRAIN_OK; j++)
            if (j != i)
                status = tell(self, time_s, entrain_population_id(net->population, j), ENTRAIN__PULSE_HEARD,
                              1, who);
    } else {
        const uint64_t end = net->view.out_offsets[i + 1];
        for (uint64_t arc = net->view.out_offsets[i]; arc < end && status == ENTRAIN_OK; arc++)
            status = tell(self, net->out_delays != NULL ? self->time_s + net->out_delays[arc] : time_s,
                          entrain_population_id(net->population, (uint32_t)net->view.out_hearers[arc]),
                          ENTRAIN__PULSE_HEARD, net->out_weights != NULL ? net->out_weights[arc] : 1, who);
    }
    return status;
}

entrain_status entrain__pulse_fire(entrain_self *self) {
    entrain__pulse_state *state = entrain__pulse_state_of(self);
    const double next_s = self->time_s + entrain__pulse_period(self);
    if (!(next_s > self->time_s)) // a double cannot tell one firing from the next any more
        return ENTRAIN_LIMIT;
    state->at = 0;
    state->time_s = state->fired_at = self->time_s;
    state->fired++;
    entrain_status status = entrain__pulse_plan(self, state, next_s);
    return status == ENTRAIN_OK ? tell_all(self) : status;
}

static void start(const entrain_range *range) {
    const entrain__pulse_net *net = range->context;
    const double now_s = entrain_engine_time_s(range->engine);
    double *frequency = range->columns[ENTRAIN_KURAMOTO_FREQUENCY];
    entrain__pulse_state *state = range->columns[ENTRAIN__PULSE_STATE];
    for (uint32_t k = 0; k < range->count; k++) {
        frequency[k] = net->frequencies[range->indices[k]];
        state[k] = (entrain__pulse_state){
            .at = net->phases[range->indices[k]], .time_s = now_s, .fired_at = -1, .b = -1};
    }
}

// --- Relays

typedef struct relay {
    double weight; // gathered in this round
    uint32_t least, greatest;
    uint32_t settles, spare; // a timer is under way
} relay;

static entrain_status relay_out(entrain_self *self, relay *its) {
    const entrain__pulse_net *net = self->context;
    const uint32_t first = self->index * RELAY_BLOCK,
                   end = net->count - first < RELAY_BLOCK ? net->count : first + RELAY_BLOCK;
    entrain_status status = ENTRAIN_OK;
    for (uint32_t i = first; i < end && status == ENTRAIN_OK; i++)
        status = tell(self, self->time_s, entrain_population_id(net->population, i), ENTRAIN__PULSE_HEARD,
                      its->weight, who_payload(its->least, its->greatest));
    its->weight = 0;
    return status;
}

// What one round brings is told in one message each. It has been seen to its end when fewer came than are
// handed over at once; otherwise a timer says so, which comes before all else of the next round.
static entrain_status relay_receive(entrain_self *self, const entrain_message *messages, uint32_t count) {
    relay *its = self->columns[0];
    entrain_status status = ENTRAIN_OK;
    for (uint32_t m = 0; m < count && status == ENTRAIN_OK; m++) {
        if (messages[m].kind == ENTRAIN_KIND_BEGUN) { // see add_relays()
            status = entrain_send_at(self, 1e300, self->id, ENTRAIN__PULSE_SETTLE, 0, (entrain_payload){0},
                                     (entrain_payload){0}, NULL);
            continue;
        }
        if (messages[m].kind == ENTRAIN__PULSE_SETTLE) {
            its->settles = 0;
            if (its->weight > 0)
                status = relay_out(self, its);
            continue;
        }
        const uint32_t i = entrain__pulse_least(&messages[m]);
        its->least = its->weight > 0 && its->least < i ? its->least : i;
        its->greatest = its->weight > 0 && its->greatest > i ? its->greatest : i;
        its->weight += entrain__pulse_weight(&messages[m]);
    }
    if (status != ENTRAIN_OK || its->weight == 0)
        return status;
    if (count < ENTRAIN_BATCH_MAX)
        return relay_out(self, its);
    if (its->settles != 0)
        return ENTRAIN_OK;
    its->settles = 1;
    return entrain_send_at(self, self->time_s, self->id, ENTRAIN__PULSE_SETTLE, 0, (entrain_payload){0},
                           (entrain_payload){0}, NULL);
}

// There is one in any case, which waits for a time that never comes: so time goes on where everybody was
// stopped, and who begins again then does so at the time it is.
static entrain_status add_relays(entrain_engine *engine, entrain__pulse_net *net, entrain_error *error_out) {
    const entrain_column column = {.name = "gathered", .bytes = sizeof(relay), .fingerprint = true};
    const uint32_t told = net->relay_count == 0 ? 0 : net->count < RELAY_BLOCK ? net->count : RELAY_BLOCK;
    entrain_population *relays;
    const entrain_behavior behavior = {
        .name = "pulse-relay",
        .columns = &column,
        .column_count = 1,
        .sends_max = told + 1,
        .inbox = net->count,
        .timers_max = 2 * told + PLACES_OWN, // of two rounds: what was told in the last has only just arrived
        .begins = true,
        .receive = relay_receive,
    };
    const entrain_status status = entrain_engine_add(
        engine, &behavior, net, net->relay_count > 0 ? net->relay_count : 1, &relays, error_out);
    if (status == ENTRAIN_OK && net->relay_count > 0)
        net->relays = relays;
    return status;
}

// --- Making

static entrain_status check(const char *name, const entrain_engine *engine, const entrain_topology_view *view,
                            double delay_s, uint32_t count, const double *phases, const double *frequencies,
                            entrain_error *error_out) {
    if (engine->config.execution != ENTRAIN_EXECUTION_VIRTUAL_TIME)
        return entrain_error_set(
            error_out, ENTRAIN_UNSUPPORTED,
            "Oscillators of \"%s\" fire at times of their own, and the engine's execution is %s; "
            "create it with virtual-time.",
            name, entrain_execution_name(engine->config.execution));
    if (view->vertex_count != count)
        return entrain_error_set(error_out, ENTRAIN_INVALID,
                                 "The topology has %" PRIu32 " vertices and there are %" PRIu32
                                 " oscillators; they must be equal.",
                                 view->vertex_count, count);
    if (!(delay_s >= 0 && delay_s <= 1e6))
        return entrain_error_set(error_out, ENTRAIN_INVALID, "delay_s is %g; it must be 0 to 1e6 s.",
                                 delay_s);
    if (!(delay_s + view->delay_low >= engine->config.lookahead_s))
        return entrain_error_set(
            error_out, ENTRAIN_INVALID,
            "Pulses take %g s and the engine's lookahead_s is %g; it must not be more than that.",
            delay_s + view->delay_low, engine->config.lookahead_s);
    for (uint32_t i = 0; i < count; i++) {
        if (!(fabs(phases[i]) <= 0x1p20))
            return entrain_error_set(error_out, ENTRAIN_INVALID,
                                     "The initial phase of actor %" PRIu32
                                     " is %g rad; it must be finite and at most 2^20 in magnitude.",
                                     i, phases[i]);
        if (!(frequencies[i] >= 1e-9 && frequencies[i] <= 1e9))
            return entrain_error_set(
                error_out, ENTRAIN_INVALID,
                "Actor %" PRIu32
                " has the natural frequency %g rad/s; what fires needs one above 0: 1e-9 to 1e9.",
                i, frequencies[i]);
    }
    return ENTRAIN_OK;
}

// Outgoing arcs' weights and delays from those of incoming ones. Both are sorted by (one end, other end),
// parallel ones in the order given; so going through the incoming ones fills each speaker's in order.
static entrain_status turn_round(entrain__pulse_net *net, double *weights, double *delays) {
    const entrain_topology_view *view = &net->view;
    uint64_t *next = entrain__arena_take(net->arena, net->count, sizeof *next);
    if (next == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t v = 0; v < net->count; v++)
        next[v] = view->out_offsets[v];
    for (uint32_t to = 0; to < net->count; to++)
        for (uint64_t arc = view->in_offsets[to]; arc < view->in_offsets[to + 1]; arc++) {
            const uint64_t out = next[view->in_speakers[arc]]++;
            ENTRAIN_ASSERT((uint32_t)view->out_hearers[out] == to);
            if (weights != NULL)
                weights[out] = view->in_weights[arc] * view->weight_scale;
            if (delays != NULL)
                delays[out] = net->delay_s + view->in_delays[arc];
        }
    entrain__arena_give(net->arena, next);
    return ENTRAIN_OK;
}

static entrain_status fill_arcs(entrain__pulse_net *net) {
    double *weights = NULL, *delays = NULL;
    if (net->view.in_weights != NULL)
        net->out_weights = weights = entrain__arena_take(net->arena, net->view.arc_count, sizeof *weights);
    if (net->view.in_delays != NULL)
        net->out_delays = delays = entrain__arena_take(net->arena, net->view.arc_count, sizeof *delays);
    if ((net->view.in_weights != NULL && weights == NULL) || (net->view.in_delays != NULL && delays == NULL))
        return ENTRAIN_NO_MEMORY;
    return weights != NULL || delays != NULL ? turn_round(net, weights, delays) : ENTRAIN_OK;
}

static entrain_status fill_values(entrain__pulse_net *net, const double *phases, const double *frequencies) {
    double *cycles = entrain__arena_take(net->arena, net->count, sizeof *cycles);
    double *rates = entrain__arena_take(net->arena, net->count, sizeof *rates);
    if (cycles == NULL || rates == NULL)
        return ENTRAIN_NO_MEMORY;
    for (uint32_t i = 0; i < net->count; i++) {
        const double turns = phases[i] / TWO_PI;
        cycles[i] = turns - floor(turns);
        rates[i] = frequencies[i];
    }
    net->phases = cycles;
    net->frequencies = rates;
    return ENTRAIN_OK;
}

// Whom one tells at most, and how many messages of one may be under way: those of as many firings as the
// longest delay lasts periods, several times, if there is room. Strong pulses can make somebody fire at any
// rate: it fails then, and says so.
static entrain_status find_room(entrain__pulse_net *net, const char *name, entrain_error *error_out) {
    double fastest = 0;
    for (uint32_t i = 0; i < net->count; i++)
        fastest = net->frequencies[i] > fastest ? net->frequencies[i] : fastest;
    const double delay_s =
        net->delay_s + (net->view.in_delays != NULL ? net->view.delay_high - net->view.delay_low : 0);
    uint64_t out = net->relay_count > 0 ? net->relay_count + (delay_s > 0) /* itself */ : net->count - 1;
    if (net->view.out_offsets != NULL) {
        out = 0;
        for (uint32_t v = 0; v < net->count; v++) {
            const uint64_t its = net->view.out_offsets[v + 1] - net->view.out_offsets[v];
            out = its > out ? its : out;
        }
    }
    const double natural = delay_s > 0 ? floor(delay_s * fastest / TWO_PI) + 3 : 1;
    double firings = natural;
    if (delay_s > 0) { // what is never used is never touched, but no machine lends more than it has
        const double most =
            fmin((double)(PLACES_MAX - PLACES_OWN), PLACES_WISHED / (double)net->count) / (double)(out + 1);
        firings = fmax(natural, fmin(4 * natural + 16, floor(most)));
    }
    if ((double)out * firings + PLACES_OWN > PLACES_MAX)
        return entrain_error_set(error_out, ENTRAIN_LIMIT,
                                 "An oscillator of \"%s\" tells up to %" PRIu64
                                 " others of each firing, and %g firings are under way at a time; at most %d "
                                 "messages may be. Make the "
                                 "delay shorter, or its neighbours fewer.",
                                 name, out, natural, PLACES_MAX - PLACES_OWN);
    net->out_max = (uint32_t)out;
    net->under_way_max = (uint32_t)out * (uint32_t)firings;
    return ENTRAIN_OK;
}

void entrain__pulse_net_destroy(entrain__pulse_net *net) {
    entrain_topology_release(net->topology);
    entrain__arena_destroy(net->arena);
}

entrain_status entrain__pulse_net_create(entrain_engine *engine, const char *name, entrain_topology *topology,
                                         double delay_s, uint32_t count, const double *phases,
                                         const double *frequencies, size_t bytes, void **context_out,
                                         entrain_error *error_out) {
    const entrain_topology_view view = entrain_topology_look(topology);
    entrain_status status = check(name, engine, &view, delay_s, count, phases, frequencies, error_out);
    if (status != ENTRAIN_OK)
        return status;
    entrain__arena *arena = NULL;
    entrain__pulse_net *net = NULL;
    if (entrain__arena_create(&arena) == ENTRAIN_OK)
        net = entrain__arena_take(arena, 1, bytes);
    if (net == NULL) {
        entrain__arena_destroy(arena);
        return entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                 "There is no memory for %" PRIu32 " oscillators.", count);
    }
    entrain_topology_retain(topology);
    *net = (entrain__pulse_net){.arena = arena, .topology = topology, .view = view, .count = count};
    net->delay_s = delay_s + (view.in_delays == NULL ? view.delay_low : 0);
    // A relay is one more message on the way, and that takes no time only where the lookahead is 0.
    if (view.out_offsets == NULL && engine->config.lookahead_s == 0)
        net->relay_count = (count - 1) / RELAY_BLOCK + 1;
    if (fill_values(net, phases, frequencies) != ENTRAIN_OK || fill_arcs(net) != ENTRAIN_OK)
        status = entrain_error_set(error_out, ENTRAIN_NO_MEMORY,
                                   "There is no memory for %" PRIu32 " oscillators.", count);
    else
        status = find_room(net, name, error_out);
    if (status != ENTRAIN_OK) {
        entrain__pulse_net_destroy(net);
        return status;
    }
    *context_out = net;
    return ENTRAIN_OK;
}

static void release(void *context) { entrain__pulse_net_destroy(context); }

static size_t measure(const void *context) {
    const entrain__pulse_net *net = context;
    return entrain__arena_bytes(net->arena);
}

entrain_status entrain__pulse_net_add(entrain_engine *engine, const char *name, entrain__pulse_net *net,
                                      entrain_status (*receive)(entrain_self *self,
                                                                const entrain_message *messages,
                                                                uint32_t count),
                                      entrain_population **population_out, entrain_error *error_out) {
    // A phase is brought to the present only for who looks, so none of the first two columns is state.
    const entrain_column columns[ENTRAIN__PULSE_COLUMNS] = {
        {.name = "phase", .bytes = sizeof(double)},
        {.name = "turns", .bytes = sizeof(int32_t)},
        {.name = "frequency", .bytes = sizeof(double), .fingerprint = true},
        {.name = "oscillator", .bytes = sizeof(entrain__pulse_state), .fingerprint = true},
    };
    const uint64_t inbox = net->relay_count > 0           ? 8
                           : net->view.in_offsets == NULL ? 2 * (uint64_t)net->count
                                                          : 2 * (uint64_t)net->view.in_degree_max + 8;
    const entrain_behavior behavior = {
        .name = name,
        .columns = columns,
        .column_count = ENTRAIN__PULSE_COLUMNS,
        .sends_max = net->out_max + PLACES_OWN,
        .inbox = inbox < ENTRAIN_ID_INDEX_MAX ? (uint32_t)inbox : ENTRAIN_ID_INDEX_MAX,
        .timers_max = net->under_way_max + PLACES_OWN,
        .begins = true,
        .start = start,
        .receive = receive,
        .release = release,
        .measure = measure,
    };
    // From here on the context is the engine's, which calls release().
    entrain_status status =
        entrain_engine_add(engine, &behavior, net, net->count, &net->population, error_out);
    if (status == ENTRAIN_OK)
        status = add_relays(engine, net, error_out);
    if (status == ENTRAIN_OK)
        *population_out = net->population;
    return status;
}

const entrain__pulse_net *entrain__pulse_net_of(const entrain_population *population) {
    return population->behavior.release == release ? population->context : NULL;
}

// --- Looking

static void look_range(void *context, const entrain_range *range, uint32_t task) {
    (void)context;
    (void)task;
    const double now_s = entrain_engine_time_s(range->engine);
    const double *frequency = range->columns[ENTRAIN_KURAMOTO_FREQUENCY];
    const entrain__pulse_state *state = range->columns[ENTRAIN__PULSE_STATE];
    double *phase = range->columns[ENTRAIN_KURAMOTO_PHASE];
    int32_t *turns = range->columns[ENTRAIN_KURAMOTO_TURNS];
    for (uint32_t k = 0; k < range->count; k++) {
        const double cycles = entrain__pulse_phase(&state[k], frequency[k], now_s), whole = rint(cycles);
        phase[k] = (cycles - whole) * TWO_PI;
        turns[k] = (int32_t)(uint32_t)(state[k].fired + (uint64_t)(int64_t)whole);
    }
}

entrain_status entrain_pulse_look(entrain_population *population) {
    ENTRAIN_ASSERT(entrain__pulse_net_of(population) != NULL);
    return entrain_engine_visit(population->engine, population, false, look_range, NULL);
}

static const entrain__pulse_state *states(const entrain_population *population) {
    ENTRAIN_ASSERT(entrain__pulse_net_of(population) != NULL && population->engine->started);
    return (const void *)population->columns[ENTRAIN__PULSE_STATE];
}

void entrain_pulse_count(const entrain_population *population, uint64_t *fired_out, uint64_t *driven_out) {
    uint64_t fired = 0, driven = 0;
    for (uint32_t k = 0; k < population->count; k++) {
        fired += states(population)[k].fired;
        driven += states(population)[k].driven;
    }
    *fired_out = fired;
    *driven_out = driven;
}

void entrain_pulse_read(const entrain_population *population, uint32_t index, uint64_t *fired_out,
                        double *time_s_out, uint64_t *heard_out) {
    ENTRAIN_ASSERT(index < population->count);
    const entrain__pulse_state *state = &states(population)[entrain__column_of(population, index)];
    if (fired_out != NULL)
        *fired_out = state->fired;
    if (time_s_out != NULL)
        *time_s_out = state->fired_at;
    if (heard_out != NULL)
        *heard_out = state->heard;
}
