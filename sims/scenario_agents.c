// The keys of swarms that pursue goals: what goal and scale stand for, and what defaults they give to others.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sims/resolver.h"
#include "sims/words.h"

// Up to this many agents mailboxes for pulses are not felt, and all have them whether anybody asks or not; on
// a complete graph each takes room for all others.
enum { PULSES_ALWAYS_MAX = 2000000, PULSES_COMPLETE_MAX = 256 };
// A random-regular graph of the default degree needs one more.
enum { COMPLETE_SIZE_MAX = 9 };

bool scenario_is_agents(const resolver *r) {
    const json_t *kind = r->given->values[KEY_MODEL_KIND].value;
    if (kind != NULL)
        return json_is_string(kind) && strcmp(json_string_value(kind), "agent") == 0;
    if (is_given(r, KEY_GOAL) || is_given(r, KEY_SCALE))
        return true;
    for (schema_key_id id = KEY_AGENT_STRATEGY; id <= KEY_REQUEST_COST; id++)
        if (is_given(r, id))
            return true;
    return false;
}

static entrain_goal goal_of(const resolver *r) {
    return r->values[KEY_GOAL] != NULL ? (entrain_goal)schema_choice(KEY_GOAL, word(r, KEY_GOAL))
                                       : ENTRAIN_GOAL_COHERENCE;
}

static entrain_scale_facts scale_of(const resolver *r) {
    return entrain_scale_look(r->values[KEY_SCALE] != NULL
                                  ? (entrain_scale)schema_choice(KEY_SCALE, word(r, KEY_SCALE))
                                  : ENTRAIN_SCALE_COUNT);
}

// The coherence that a scale promises; of a swarm without one, that of the smallest scale it fits into.
static double target_of(const resolver *r) {
    const entrain_scale_facts given = scale_of(r);
    if (given.name != NULL)
        return given.target;
    uint32_t scale = 0;
    while (scale + 1 < ENTRAIN_SCALE_COUNT &&
           (int64_t)entrain_scale_look((entrain_scale)scale).size < integer(r, KEY_SIZE))
        scale++;
    return entrain_scale_look((entrain_scale)scale).target;
}

static const char *type_number(resolver *r, double number) {
    snprintf(r->typed, sizeof r->typed, "%.24s", words_number(number).text);
    return r->typed;
}

static const char *duration_of(const resolver *r) {
    if (r->values[KEY_SCALE] == NULL)
        return NULL;
    switch (schema_choice(KEY_SCALE, word(r, KEY_SCALE))) {
    case ENTRAIN_SCALE_MEGA:
        return "30";
    case ENTRAIN_SCALE_GIGA:
        return "20";
    case ENTRAIN_SCALE_TERA:
        return "5";
    default:
        return NULL;
    }
}

const char *scenario_agents_default(resolver *r, schema_key_id id) {
    static const double two_pi = 6.283185307179586;
    const bool spread = entrain_goal_look(goal_of(r)).spread;
    switch (id) {
    case KEY_GOAL:
        return "coherence";
    case KEY_SCALE:
        return is_given(r, KEY_SIZE) ? NULL : "medium";
    case KEY_SIZE:
        return type_number(r, (double)scale_of(r).size);
    case KEY_TOPOLOGY_KIND: {
        const int64_t complete_max = spread || r->may.spread ? ENTRAIN_SPLAY_SIZE_MAX : COMPLETE_SIZE_MAX;
        return integer(r, KEY_SIZE) <= complete_max ? "complete" : "random-regular";
    }
    case KEY_MODEL_KIND:
        return "agent";
    case KEY_ROOM:
        return r->may.join > 0 ? type_number(r, (double)(integer(r, KEY_SIZE) + r->may.join)) : NULL;
    case KEY_AGENT_LOW:
        return goal_of(r) == ENTRAIN_GOAL_COHERENCE ? type_number(r, target_of(r)) : NULL;
    case KEY_AGENT_HIGH:
        return goal_of(r) == ENTRAIN_GOAL_COHERENCE ? "1" : NULL;
    case KEY_FREQUENCY_DISTRIBUTION:
        return "normal";
    case KEY_FREQUENCY_VALUE:
    case KEY_FREQUENCY_MEAN:
    case KEY_FREQUENCY_CENTER:
        return type_number(r, two_pi / number(r, KEY_AGENT_PERIOD));
    case KEY_FREQUENCY_LOW: // the same deviation as the normal one's
        return type_number(r, two_pi / number(r, KEY_AGENT_PERIOD) - 0.35);
    case KEY_FREQUENCY_HIGH:
        return type_number(r, two_pi / number(r, KEY_AGENT_PERIOD) + 0.35);
    case KEY_FREQUENCY_DEVIATION:
        return "0.2";
    case KEY_PHASE_DISTRIBUTION: // one bunch, so that there is something to spread
        return spread ? "clustered" : NULL;
    case KEY_PHASE_CLUSTERS:
        return spread ? "1" : NULL;
    case KEY_PHASE_DEVIATION:
        return spread ? "0.3" : NULL;
    case KEY_DURATION:
        return duration_of(r);
    case KEY_TRANSPORT:
        return "publish";
    default:
        return NULL;
    }
}

// The one of two keys that was given last in line opens the sentence.
static given_where place(const resolver *r, schema_key_id one, schema_key_id other) {
    const bool blame_other = !is_given(r, one) || (r->given->values[one].set == NULL && is_given(r, other) &&
                                                   r->given->values[other].set != NULL);
    return given_place(r->given, blame_other ? other : one);
}

static entrain_status refuse_for_others(const resolver *r, schema_key_id id) {
    return entrain_error_set(
        r->error_out, ENTRAIN_INVALID,
        "%s: %s does not apply to model.kind \"%s\"; it belongs to agents (leave model.kind out).",
        given_place(r->given, id).text, schema_keys[id].name, word(r, KEY_MODEL_KIND));
}

static entrain_status check_band(const resolver *r) {
    const entrain_goal_facts goal = entrain_goal_look(goal_of(r));
    const double low = r->values[KEY_AGENT_LOW] != NULL ? number(r, KEY_AGENT_LOW) : goal.low,
                 high = r->values[KEY_AGENT_HIGH] != NULL ? number(r, KEY_AGENT_HIGH) : goal.high;
    if (low <= high)
        return ENTRAIN_OK;
    return entrain_error_set(
        r->error_out, ENTRAIN_INVALID,
        "%s: agent.low is %s%s and agent.high is %s%s; the low end must not lie above the high one.",
        place(r, KEY_AGENT_LOW, KEY_AGENT_HIGH).text, words_number(low).text,
        is_given(r, KEY_AGENT_LOW) ? "" : " by default", words_number(high).text,
        is_given(r, KEY_AGENT_HIGH) ? "" : " by default");
}

entrain_status scenario_agents_check(const resolver *r) {
    if (!scenario_is_agents(r))
        return is_given(r, KEY_GOAL)    ? refuse_for_others(r, KEY_GOAL)
               : is_given(r, KEY_SCALE) ? refuse_for_others(r, KEY_SCALE)
                                        : ENTRAIN_OK;
    if (r->values[KEY_ROOM] != NULL && integer(r, KEY_ROOM) < integer(r, KEY_SIZE))
        return entrain_error_set(r->error_out, ENTRAIN_INVALID,
                                 "%s: swarm.room is %lld and swarm.size is %lld; who is there needs a place.",
                                 place(r, KEY_ROOM, KEY_SIZE).text, (long long)integer(r, KEY_ROOM),
                                 (long long)integer(r, KEY_SIZE));
    const entrain_status status = check_band(r);
    if (status != ENTRAIN_OK || r->values[KEY_SERVICE_LATENCY] == NULL ||
        number(r, KEY_SERVICE_SPREAD) <= number(r, KEY_SERVICE_LATENCY))
        return status;
    return entrain_error_set(r->error_out, ENTRAIN_INVALID,
                             "%s: service.spread is %s and service.latency is %s; no answer can come before "
                             "its call.",
                             place(r, KEY_SERVICE_SPREAD, KEY_SERVICE_LATENCY).text,
                             words_number(number(r, KEY_SERVICE_SPREAD)).text,
                             words_number(number(r, KEY_SERVICE_LATENCY)).text);
}

static double number_or_nan(const resolver *r, schema_key_id id) {
    return r->values[id] != NULL ? number(r, id) : NAN;
}

// The goal's, unless the user said one; who spreads by pulses needs to hear everybody.
static entrain_strategy strategy_of(const resolver *r) {
    if (r->values[KEY_AGENT_STRATEGY] != NULL)
        return (entrain_strategy)schema_choice(KEY_AGENT_STRATEGY, word(r, KEY_AGENT_STRATEGY));
    const entrain_strategy strategy = entrain_goal_look(goal_of(r)).strategy;
    const bool few =
        integer(r, KEY_SIZE) <= ENTRAIN_SPLAY_SIZE_MAX && strcmp(word(r, KEY_TOPOLOGY_KIND), "complete") == 0;
    return strategy == ENTRAIN_STRATEGY_PULSE && !few ? ENTRAIN_STRATEGY_FREQUENCY_LOCK : strategy;
}

// Agents take mailboxes for pulses and room for moments at the start or never: who may want them has them.
static void fill_abilities(const resolver *r, entrain_agent_config *agent) {
    const int64_t size = integer(r, KEY_SIZE);
    const bool complete = strcmp(word(r, KEY_TOPOLOGY_KIND), "complete") == 0,
               spread = entrain_goal_look(agent->goal).spread;
    const bool asked = agent->strategy == ENTRAIN_STRATEGY_PULSE ||
                       agent->strategy == ENTRAIN_STRATEGY_ADAPTIVE || r->may.pulse;
    agent->pulses = asked || size <= (complete ? PULSES_COMPLETE_MAX : PULSES_ALWAYS_MAX);
    agent->moments = (spread && agent->strategy != ENTRAIN_STRATEGY_PULSE) || r->may.spread;
}

static void fill_workload(const resolver *r, entrain_swarm_config *swarm) {
    // None is the first.
    const int pattern = schema_choice(KEY_WORKLOAD_PATTERN, word(r, KEY_WORKLOAD_PATTERN));
    swarm->has_workload = pattern > 0;
    if (!swarm->has_workload)
        return;
    swarm->workload = (entrain_workload_config){
        .pattern = (entrain_pattern)(pattern - 1),
        .load = number(r, KEY_WORKLOAD_LOAD),
        .queue = (uint32_t)integer(r, KEY_WORKLOAD_QUEUE),
        .gateways = (uint32_t)integer(r, KEY_GATEWAY_COUNT),
        .gateway_inbox = (uint32_t)integer(r, KEY_GATEWAY_INBOX),
        .window_s = number(r, KEY_GATEWAY_WINDOW),
        .batch_max = (uint32_t)integer(r, KEY_GATEWAY_BATCH),
        .pending_max = (uint64_t)integer(r, KEY_GATEWAY_PENDING),
        .calls_max = (uint32_t)integer(r, KEY_GATEWAY_CALLS),
        .latency_s = number(r, KEY_SERVICE_LATENCY),
        .latency_spread_s = number(r, KEY_SERVICE_SPREAD),
        .rate = number(r, KEY_SERVICE_RATE),
        .failure = number(r, KEY_SERVICE_FAILURE),
        .silence = number(r, KEY_SERVICE_SILENCE),
        .timeout_s = number(r, KEY_GATEWAY_TIMEOUT),
        .breaker_limit = (uint32_t)integer(r, KEY_BREAKER_LIMIT),
        .breaker_open_s = number(r, KEY_BREAKER_OPEN),
        .call_cost = number(r, KEY_CALL_COST),
        .request_cost = number(r, KEY_REQUEST_COST),
    };
}

void scenario_agents_fill(const resolver *r, entrain_swarm_config *swarm) {
    swarm->agent = (entrain_agent_config){
        .goal = goal_of(r),
        .low = number_or_nan(r, KEY_AGENT_LOW),
        .high = number_or_nan(r, KEY_AGENT_HIGH),
        .strategy = strategy_of(r),
        .period_s = number(r, KEY_AGENT_PERIOD),
        .coupling = number(r, KEY_AGENT_COUPLING),
        .steepness = number(r, KEY_AGENT_STEEPNESS),
        .alignment = number(r, KEY_AGENT_ALIGNMENT),
        .leak = number(r, KEY_AGENT_LEAK),
        .stubbornness = number(r, KEY_AGENT_STUBBORNNESS),
        .energy = number(r, KEY_ENERGY_CAPACITY),
        .recovery = number(r, KEY_ENERGY_RECOVERY),
        .nudge_cost = number(r, KEY_ENERGY_NUDGE),
        .frequency_cost = number(r, KEY_ENERGY_FREQUENCY),
        .pulse_cost = number(r, KEY_ENERGY_PULSE),
        .switch_cost = number(r, KEY_ENERGY_SWITCH),
        .pulse_strength = number(r, KEY_AGENT_PULSE_STRENGTH),
        .spread_gain = number(r, KEY_AGENT_PULSE_SPREAD),
    };
    swarm->agent.neighbours = r->may.degree;
    swarm->room = (uint32_t)integer(r, KEY_ROOM);
    fill_abilities(r, &swarm->agent);
    fill_workload(r, swarm);
}

void scenario_agents_title(const resolver *r, char *text_out, size_t size) {
    const char *goal = json_string_value(r->given->values[KEY_GOAL].value),
               *scale = json_string_value(r->given->values[KEY_SCALE].value);
    const entrain_goal found = goal != NULL ? entrain_goal_find(goal) : ENTRAIN_GOAL_COHERENCE;
    const entrain_goal_facts facts =
        entrain_goal_look(found < ENTRAIN_GOAL_COUNT ? found : ENTRAIN_GOAL_COHERENCE);
    if (scale == NULL && is_given(r, KEY_SIZE))
        snprintf(text_out, size, "%s", facts.name);
    else
        snprintf(text_out, size, "%s, %.16s", facts.name, scale != NULL ? scale : "medium");
}
