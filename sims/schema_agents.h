/// @file schema_agents.h  The schema's rows for swarms that pursue goals; their words are schema_keys.h's.
///
/// The first macro's rows decide about others and stand before swarm.size; the second's stand before the
/// frequencies, whose defaults depend on agent.period.
#ifndef ENTRAIN_SIMS_SCHEMA_AGENTS_H
#define ENTRAIN_SIMS_SCHEMA_AGENTS_H

#define SCHEMA_AGENT .belongs_to = KEY_MODEL_KIND, .belongs_words = "agent"
#define SCHEMA_WORK                                                                                          \
    .belongs_to = KEY_WORKLOAD_PATTERN, .belongs_words = "high-frequency, burst, steady, mixed, sparse"

#define SCHEMA_GOAL_KEYS(X)                                                                                  \
    X(GOAL, "goal", CHOICE, NULL,                                                                            \
      "what a swarm of agents is after, by name or by its letter (entrain list goals); makes model.kind "    \
      "agent",                                                                                               \
      .choices = "one of coherence, minimize-api-calls, distribute-load, reach-consensus, "                  \
                 "minimize-latency, save-energy, maintain-rhythm, recover-from-failure, adapt-to-traffic")   \
    X(SCALE, "scale", CHOICE, NULL,                                                                          \
      "how many agents there are, unless swarm.size says it (entrain list scales); default medium",          \
      .choices = "one of tiny, small, medium, large, huge, mega, giga, tera")

#define SCHEMA_AGENT_KEYS(X)                                                                                 \
    X(ROOM, "swarm.room", INTEGER, NULL,                                                                     \
      "places for agents, those who join later included, up to 16777215; default: swarm.size and who joins " \
      "by events",                                                                                           \
      .low = 2, .high = 16777215, SCHEMA_AGENT)                                                              \
    X(AGENT_STRATEGY, "agent.strategy", CHOICE, NULL,                                                        \
      "what each does to get there (entrain list strategies); default: the goal's",                          \
      .choices = "one of phase-nudge, frequency-lock, pulse, energy-aware, adaptive", SCHEMA_AGENT)          \
    X(AGENT_LOW, "agent.low", NUMBER, NULL,                                                                  \
      "lower end of the band of coherence, 0 to 1; default: the goal's; goal coherence: the target of its "  \
      "scale",                                                                                               \
      .least = 0, .most = 1, SCHEMA_AGENT)                                                                   \
    X(AGENT_HIGH, "agent.high", NUMBER, NULL,                                                                \
      "upper end of the band of coherence, 0 to 1; default: the goal's", .least = 0, .most = 1,              \
      SCHEMA_AGENT)                                                                                          \
    X(AGENT_PERIOD, "agent.period", NUMBER, "1",                                                             \
      "the period that all were told, simulated seconds, 1e-3 to 1e6", .least = 1e-3, .most = 1e6,           \
      SCHEMA_AGENT)                                                                                          \
    X(AGENT_COUPLING, "agent.coupling", NUMBER, "4",                                                         \
      "greatest gain, rad/s, 0 to 1e3; 0: nobody adjusts anything", .least = 0, .most = 1e3, SCHEMA_AGENT)   \
    X(AGENT_STEEPNESS, "agent.steepness", NUMBER, "12", "gain per coherence missing, rad/s, 0 to 1e6",       \
      .least = 0, .most = 1e6, SCHEMA_AGENT)                                                                 \
    X(AGENT_ALIGNMENT, "agent.alignment", NUMBER, "1", "how fast frequencies are learned, 1/s, 0 to 1e3",    \
      .least = 0, .most = 1e3, SCHEMA_AGENT)                                                                 \
    X(AGENT_LEAK, "agent.leak", NUMBER, "0.01", "what estimates forget in a tick, 0 to 1", .least = 0,       \
      .most = 1, SCHEMA_AGENT)                                                                               \
    X(AGENT_STUBBORNNESS, "agent.stubbornness", NUMBER, "0", "chance to sit a tick out, 0 to 1", .least = 0, \
      .most = 1, SCHEMA_AGENT)                                                                               \
    X(AGENT_PULSE_STRENGTH, "agent.pulse.strength", NUMBER, "0.3",                                           \
      "what a pulse advances who hears it, a part of the charge, 0 to 1", .least = 0, .most = 1,             \
      SCHEMA_AGENT)                                                                                          \
    X(AGENT_PULSE_SPREAD, "agent.pulse.spread", NUMBER, "0.7",                                               \
      "part of its distance that who spreads by pulses moves at once, 0 to 1", .least = 0, .most = 1,        \
      SCHEMA_AGENT)                                                                                          \
    X(ENERGY_CAPACITY, "agent.energy.capacity", NUMBER, "100",                                               \
      "what each begins with and holds at most, units, 0 to 1e9", .least = 0, .most = 1e9, SCHEMA_AGENT)     \
    X(ENERGY_RECOVERY, "agent.energy.recovery", NUMBER, "5", "units per simulated second, 0 to 1e9",         \
      .least = 0, .most = 1e9, SCHEMA_AGENT)                                                                 \
    X(ENERGY_NUDGE, "agent.energy.nudge", NUMBER, "5", "cost of turning, units per radian, 0 to 1e9",        \
      .least = 0, .most = 1e9, SCHEMA_AGENT)                                                                 \
    X(ENERGY_FREQUENCY, "agent.energy.frequency", NUMBER, "10",                                              \
      "cost of learning a frequency, units per rad/s, 0 to 1e9", .least = 0, .most = 1e9, SCHEMA_AGENT)      \
    X(ENERGY_PULSE, "agent.energy.pulse", NUMBER, "20", "cost of a pulse, units, 0 to 1e9", .least = 0,      \
      .most = 1e9, SCHEMA_AGENT)                                                                             \
    X(ENERGY_SWITCH, "agent.energy.switch", NUMBER, "15",                                                    \
      "cost of a change of strategy by adaptive, units, 0 to 1e9", .least = 0, .most = 1e9, SCHEMA_AGENT)    \
    X(WORKLOAD_PATTERN, "workload.pattern", CHOICE, "mixed",                                                 \
      "the requests that each agent produces (entrain list requests); none: there is no workload",           \
      .choices = "one of none, high-frequency, burst, steady, mixed, sparse", SCHEMA_AGENT)                  \
    X(WORKLOAD_LOAD, "workload.load", NUMBER, "1", "factor of everybody's requests, 0 to 100", .least = 0,   \
      .most = 100, SCHEMA_WORK)                                                                              \
    X(WORKLOAD_QUEUE, "workload.queue", INTEGER, "64",                                                       \
      "requests that an agent holds, 1 to 64; what comes beyond is shed", .low = 1, .high = 64, SCHEMA_WORK) \
    X(GATEWAY_COUNT, "gateway.count", INTEGER, "0", "gateways, up to 65536; 0: one for each 100,000 agents", \
      .low = 0, .high = 65536, SCHEMA_WORK)                                                                  \
    X(GATEWAY_INBOX, "gateway.inbox", INTEGER, "0",                                                          \
      "messages that a gateway takes in a tick, up to 16777215; 0: all there can be", .low = 0,              \
      .high = 16777215, SCHEMA_WORK)                                                                         \
    X(GATEWAY_WINDOW, "gateway.window", NUMBER, "0.1",                                                       \
      "a gateway collects so long from the first arrival on, simulated seconds, 0 to 1e6", .least = 0,       \
      .most = 1e6, SCHEMA_WORK)                                                                              \
    X(GATEWAY_BATCH, "gateway.batch", INTEGER, "0", "requests in a call at most, 0 to 4294967295; 0: any",   \
      .low = 0, .high = 4294967295, SCHEMA_WORK)                                                             \
    X(GATEWAY_PENDING, "gateway.pending", INTEGER, "0",                                                      \
      "requests that a gateway holds, those in calls included; beyond, they are shed; 0: any", .low = 0,     \
      .high = INT64_MAX, SCHEMA_WORK)                                                                        \
    X(GATEWAY_CALLS, "gateway.calls", INTEGER, "16", "calls under way at a time, 1 to 64", .low = 1,         \
      .high = 64, SCHEMA_WORK)                                                                               \
    X(GATEWAY_TIMEOUT, "gateway.timeout", NUMBER, "1", "of every call, simulated seconds, above 0 to 1e6",   \
      .least = 0, .most = 1e6, .above = true, SCHEMA_WORK)                                                   \
    X(BREAKER_LIMIT, "gateway.breaker_limit", INTEGER, "5",                                                  \
      "failures in a row that open the circuit breaker, 1 to 4294967295", .low = 1, .high = 4294967295,      \
      SCHEMA_WORK)                                                                                           \
    X(BREAKER_OPEN, "gateway.breaker_open", NUMBER, "5",                                                     \
      "how long it stays open, simulated seconds, above 0 to 1e6", .least = 0, .most = 1e6, .above = true,   \
      SCHEMA_WORK)                                                                                           \
    X(SERVICE_LATENCY, "service.latency", NUMBER, "0.05",                                                    \
      "of the external service, simulated seconds, 0 to 1e6", .least = 0, .most = 1e6, SCHEMA_WORK)          \
    X(SERVICE_SPREAD, "service.spread", NUMBER, "0.02",                                                      \
      "latencies are uniform within so much of it, simulated seconds, 0 to service.latency", .least = 0,     \
      .most = 1e6, SCHEMA_WORK)                                                                              \
    X(SERVICE_RATE, "service.rate", NUMBER, "0",                                                             \
      "calls per second that it takes from a gateway, 0 to 1e9; 0: any", .least = 0, .most = 1e9,            \
      SCHEMA_WORK)                                                                                           \
    X(SERVICE_FAILURE, "service.failure", NUMBER, "0.01", "share of calls that fail, 0 to 1", .least = 0,    \
      .most = 1, SCHEMA_WORK)                                                                                \
    X(SERVICE_SILENCE, "service.silence", NUMBER, "0", "share of calls that are never answered, 0 to 1",     \
      .least = 0, .most = 1, SCHEMA_WORK)                                                                    \
    X(CALL_COST, "service.call_cost", NUMBER, "1", "what a call costs, 0 to 1e9", .least = 0, .most = 1e9,   \
      SCHEMA_WORK)                                                                                           \
    X(REQUEST_COST, "service.request_cost", NUMBER, "0.01", "what each request in it costs, 0 to 1e9",       \
      .least = 0, .most = 1e9, SCHEMA_WORK)

#endif
