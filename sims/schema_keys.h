/// @file schema_keys.h  The rows of the schema: X(id, name, type, default as typed or NULL, summary [,
/// further fields]).
///
/// A key that decides whether others apply (`kind`, `distribution`, `transport`) stands before them.
/// Summaries end up in `entrain list keys`; ranges are added to them nowhere else, so they say them.
#ifndef ENTRAIN_SIMS_SCHEMA_KEYS_H
#define ENTRAIN_SIMS_SCHEMA_KEYS_H

#include "sims/schema_agents.h"

#define SCHEMA_PI "3.141592653589793"
#define SCHEMA_KINDS "constant, uniform, normal, lorentz, list, file"
#define SCHEMA_CIRCLE ", twisted, mobius, clustered, splay" // of phases only
#define SCHEMA_TOPOLOGY(words) .belongs_to = KEY_TOPOLOGY_KIND, .belongs_words = words
#define SCHEMA_MODEL(words)                                                                                  \
    .belongs_to = KEY_MODEL_KIND, .because = "a plug-in's model has parameters instead",                     \
    .belongs_words = words
#define SCHEMA_EDGES "ring, lattice, torus, small-world, random-regular, erdos-renyi, scale-free, star"

// The keys of one distribution, the same for all and in the same order (scenario.c counts on it). The last
// argument says where they apply: fields of the first row, to which all others belong.
#define SCHEMA_DISTRIBUTION(X, ID, name, unit, bound, kind, kinds, middle_text, low_text, high_text, ...)    \
    X(ID##_DISTRIBUTION, name ".distribution", CHOICE, kind,                                                 \
      "how values come about, or a number, a list or a function of i = 1 .. N for the whole table; " unit,   \
      .choices = "one of " kinds, __VA_ARGS__)                                                               \
    X(ID##_SAMPLING, name ".sampling", CHOICE, "random",                                                     \
      "random: each draws its own; quantile: spread evenly over the distribution",                           \
      .choices = "one of random, quantile", .belongs_to = KEY_##ID##_DISTRIBUTION,                           \
      .belongs_words = "uniform, normal, lorentz, mobius, clustered")                                        \
    X(ID##_VALUE, name ".value", NUMBER, middle_text, "everybody's value, " unit, .least = -(bound),         \
      .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "constant")                   \
    X(ID##_LOW, name ".low", NUMBER, low_text, "lower end, " unit, .least = -(bound), .most = (bound),       \
      .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "uniform")                                     \
    X(ID##_HIGH, name ".high", NUMBER, high_text, "upper end, " unit, .least = -(bound), .most = (bound),    \
      .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "uniform")                                     \
    X(ID##_MEAN, name ".mean", NUMBER, middle_text, "mean, " unit, .least = -(bound), .most = (bound),       \
      .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "normal")                                      \
    X(ID##_DEVIATION, name ".deviation", NUMBER, "1", "standard deviation, " unit ", 0 or more", .least = 0, \
      .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "normal, clustered",          \
      .default_where = "clustered", .default_there = "0.1")                                                  \
    X(ID##_CENTER, name ".center", NUMBER, middle_text, "its middle, " unit, .least = -(bound),              \
      .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION,                                                \
      .belongs_words = "lorentz, mobius, clustered, splay")                                                  \
    X(ID##_WIDTH, name ".width", NUMBER, "0.5", "half width at half maximum, " unit ", 0 or more",           \
      .least = 0, .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "lorentz")        \
    X(ID##_VALUES, name ".values", NUMBERS, NULL,                                                            \
      "one value per oscillator, or a function of its index 1 .. N (Lua), " unit, .least = -(bound),         \
      .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "list", .required = true)     \
    X(ID##_FILE, name ".file", FILE, NULL,                                                                   \
      "path of a text file, one number per line; relative to the scenario file",                             \
      .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "file", .required = true)                      \
    X(ID##_JITTER, name ".jitter", NUMBER, "0",                                                              \
      "standard deviation of a normal draw added to each value, " unit ", 0 or more", .least = 0,            \
      .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION)

// The parts of the equation that our own models have; kuramoto.h has it in full.
#define SCHEMA_SINES "kuramoto, swing"
// A further harmonic: its coupling makes it one.
#define SCHEMA_HARMONIC(X, ID, name, times)                                                                  \
    X(ID##_COUPLING, name ".coupling", NUMBER, NULL,                                                         \
      "coupling of the sine of " times " the phase difference, rad/s, -1e6 to 1e6; absent: there is none",   \
      .least = -1e6, .most = 1e6, SCHEMA_MODEL(SCHEMA_SINES))                                                \
    X(ID##_LAG, name ".lag", NUMBER, "0", "its phase lag, rad, -pi to pi", .least = -0x1.921fb54442d18p1,    \
      .most = 0x1.921fb54442d18p1, .belongs_to = KEY_##ID##_COUPLING)

#define SCHEMA_KEYS(X)                                                                                       \
    X(TITLE, "title", TEXT, NULL, "what the run is about, one line; default: the file's name")               \
    X(SEED, "seed", INTEGER, "1", "seed of everything random, 0 to 9223372036854775807", .low = 0,           \
      .high = INT64_MAX)                                                                                     \
    SCHEMA_GOAL_KEYS(X)                                                                                      \
    X(SIZE, "swarm.size", INTEGER, "1000", "oscillators, 2 to 16777215; agents: their scale", .low = 2,      \
      .high = 16777215)                                                                                      \
    X(TOPOLOGY_KIND, "swarm.topology.kind", CHOICE, "small-world",                                           \
      "who hears whom; default of agents random-regular, of few of them complete",                           \
      .choices =                                                                                             \
          "one of complete, ring, lattice, torus, small-world, random-regular, erdos-renyi, scale-free, "    \
          "star, edge-list",                                                                                 \
      .others = other_topology)                                                                              \
    X(DEGREE, "swarm.topology.degree", INTEGER, "8",                                                         \
      "(mean) neighbours of an oscillator, 1 or more; ring: 2 unless given", .low = 1, .high = 16777214,     \
      SCHEMA_TOPOLOGY("ring, small-world, random-regular, erdos-renyi, scale-free"),                         \
      .plugged = SCHEMA_PLUGGED_TOO, .default_where = "ring", .default_there = "2")                          \
    X(REWIRE, "swarm.topology.rewire", NUMBER, "0.1", "chance that an edge is rewired, 0 to 1", .least = 0,  \
      .most = 1, SCHEMA_TOPOLOGY("small-world"))                                                             \
    X(PROBABILITY, "swarm.topology.probability", NUMBER, NULL,                                               \
      "chance of each edge, 0 to 1, instead of degree", .least = 0, .most = 1,                               \
      SCHEMA_TOPOLOGY("erdos-renyi"))                                                                        \
    X(ROWS, "swarm.topology.rows", INTEGER, "0",                                                             \
      "rows of the grid; rows x columns = size; 0: the most nearly square", .low = 0, .high = 16777215,      \
      SCHEMA_TOPOLOGY("lattice, torus"))                                                                     \
    X(COLUMNS, "swarm.topology.columns", INTEGER, "0", "columns of the grid; 0: what rows leaves", .low = 0, \
      .high = 16777215, SCHEMA_TOPOLOGY("lattice, torus"))                                                   \
    X(DIRECTED, "swarm.topology.directed", BOOLEAN, "false", "each edge is heard one way only",              \
      SCHEMA_TOPOLOGY(SCHEMA_EDGES ", edge-list"), .plugged = SCHEMA_PLUGGED_TOO)                            \
    X(WEIGHT_LOW, "swarm.topology.weight.low", NUMBER, "1",                                                  \
      "lowest weight of an edge, -1e6 to 1e6; weights are uniform from low to high", .least = -1e6,          \
      .most = 1e6, SCHEMA_TOPOLOGY(SCHEMA_EDGES), .plugged = SCHEMA_PLUGGED_TOO)                             \
    X(WEIGHT_HIGH, "swarm.topology.weight.high", NUMBER, "1", "highest weight of an edge, -1e6 to 1e6",      \
      .least = -1e6, .most = 1e6, SCHEMA_TOPOLOGY(SCHEMA_EDGES), .plugged = SCHEMA_PLUGGED_TOO)              \
    X(DELAY_LOW, "swarm.topology.delay.low", NUMBER, "0",                                                    \
      "shortest delay of an edge, simulated seconds, 0 to 1e6; delays are uniform from low to high",         \
      .least = 0, .most = 1e6)                                                                               \
    X(DELAY_HIGH, "swarm.topology.delay.high", NUMBER, "0",                                                  \
      "longest delay of an edge, simulated seconds, 0 to 1e6; complete: as low", .least = 0, .most = 1e6)    \
    X(TOPOLOGY_FILE, "swarm.topology.file", FILE, NULL,                                                      \
      "path of an edge list or Matrix Market file; relative to the scenario file",                           \
      SCHEMA_TOPOLOGY("edge-list"), .required = true)                                                        \
    X(TOPOLOGY_PARAMETERS, "swarm.topology.parameters", PARAMETERS, NULL,                                    \
      "what a plug-in's topology asks for, by name (entrain list topologies --load FILE.so)",                \
      SCHEMA_TOPOLOGY(""), .plugged = SCHEMA_PLUGGED_ONLY)                                                   \
    X(MODEL_KIND, "model.kind", CHOICE, "kuramoto",                                                          \
      "the equation (entrain list models); agent where there is a goal, a scale or a key of agents",         \
      .choices = "one of kuramoto, swing, pulse, desync, agent", .others = other_model)                      \
    X(MODEL_PARAMETERS, "model.parameters", PARAMETERS, NULL,                                                \
      "what a plug-in's model asks for, by name (entrain list models --load FILE.so)", SCHEMA_MODEL(""),     \
      .plugged = SCHEMA_PLUGGED_ONLY)                                                                        \
    X(COUPLING, "model.coupling", NUMBER, "2", "K, rad/s, -1e6 to 1e6; default with groups 1",               \
      .least = -1e6, .most = 1e6, SCHEMA_MODEL(SCHEMA_SINES))                                                \
    X(LAG, "model.lag", NUMBER, "0", "phase lag alpha, rad, -pi to pi", .least = -0x1.921fb54442d18p1,       \
      .most = 0x1.921fb54442d18p1, SCHEMA_MODEL(SCHEMA_SINES))                                               \
    SCHEMA_HARMONIC(X, SECOND, "model.second", "twice")                                                      \
    SCHEMA_HARMONIC(X, THIRD, "model.third", "three times")                                                  \
    SCHEMA_HARMONIC(X, FOURTH, "model.fourth", "four times")                                                 \
    X(GROUP_SIZES, "model.groups.sizes", COUNTS, NULL,                                                       \
      "oscillators in each of 2 to 4 groups of consecutive indices", .low = 1, .high = 16777214,             \
      SCHEMA_MODEL(SCHEMA_SINES))                                                                            \
    X(GROUP_COUNT, "model.groups.count", INTEGER, NULL,                                                      \
      "groups of consecutive indices, 2 to 4, as even as can be unless sizes say otherwise", .low = 2,       \
      .high = 4, SCHEMA_MODEL(SCHEMA_SINES))                                                                 \
    X(GROUP_COUPLING, "model.groups.coupling", MATRIX, NULL,                                                 \
      "a row for each group: the coupling, rad/s, to each group that it hears, times model.coupling, "       \
      "-1e6 to 1e6",                                                                                         \
      .least = -1e6, .most = 1e6, .belongs_to = KEY_GROUP_COUNT, .required = true)                           \
    X(GROUP_LAG, "model.groups.lag", MATRIX, NULL,                                                           \
      "a row for each group: what is added to the lag of what it hears of each group, rad, -pi to pi",       \
      .least = -0x1.921fb54442d18p1, .most = 0x1.921fb54442d18p1, .belongs_to = KEY_GROUP_COUNT)             \
    X(PAST, "model.past", CHOICE, "still",                                                                   \
      "what delayed oscillators hear of the time before 0: all stood still, all came turning, or nothing",   \
      .choices = "one of still, turning, silent", SCHEMA_MODEL(SCHEMA_SINES))                                \
    X(NORMALISE, "model.normalise", CHOICE, "degree",                                                        \
      "what the sum over neighbours is divided by; default of swing: none, of groups on a complete graph: "  \
      "size (of the group heard)",                                                                           \
      .choices = "one of size, degree, heard, none", SCHEMA_MODEL(SCHEMA_SINES), .default_where = "swing",   \
      .default_there = "none")                                                                               \
    X(NOISE, "model.noise", NUMBER, "0",                                                                     \
      "strength T of white noise, rad^2/s (swing: of the torque), 0 to 1e6", .least = 0, .most = 1e6,        \
      SCHEMA_MODEL(SCHEMA_SINES))                                                                            \
    SCHEMA_DISTRIBUTION(X, NOISINESS, "model.noisiness", "factor of model.noise (from 0)", 1e6, "constant",  \
                        SCHEMA_KINDS, "1", "0.5", "1.5", SCHEMA_MODEL(SCHEMA_SINES))                         \
    X(DISSIPATION, "model.pulse.dissipation", NUMBER, "3",                                                   \
      "b of the curve by which they charge, above 0 to 50", .least = 0, .most = 50, .above = true,           \
      SCHEMA_MODEL("pulse"))                                                                                 \
    X(STRENGTH, "model.pulse.strength", NUMBER, "0.1",                                                       \
      "epsilon, what a pulse adds to the charge of who hears it, -1 to 1; at 1 it fires", .least = -1,       \
      .most = 1, SCHEMA_MODEL("pulse"))                                                                      \
    X(DIVIDE, "model.pulse.divide", BOOLEAN, "false", "divide the strength by how many each hears",          \
      SCHEMA_MODEL("pulse"))                                                                                 \
    X(PULSE_DELAY, "model.pulse.delay", NUMBER, "0",                                                         \
      "of every pulse, added to its edge's (swarm.topology.delay), simulated seconds, 0 to 1e6", .least = 0, \
      .most = 1e6, SCHEMA_MODEL("pulse"))                                                                    \
    X(ALPHA, "model.desync.alpha", NUMBER, "0.95",                                                           \
      "part of the way towards the middle of its neighbours that each jumps, 0 to 1", .least = 0, .most = 1, \
      SCHEMA_MODEL("desync"))                                                                                \
    SCHEMA_AGENT_KEYS(X)                                                                                     \
    SCHEMA_DISTRIBUTION(X, FREQUENCY, "model.frequency",                                                     \
                        "rad/s; what fires needs values above 0, and constant 2 pi by default: a period of " \
                        "1 s; default of agents normal around theirs",                                       \
                        1e9, "lorentz", SCHEMA_KINDS, "0", "-1", "1",                                        \
                        SCHEMA_MODEL("kuramoto, pulse, desync, agent"), .plugged = SCHEMA_PLUGGED_TOO)       \
    SCHEMA_DISTRIBUTION(X, POWER, "model.power", "in the unit of the coupling", 1e9, "normal", SCHEMA_KINDS, \
                        "0", "-1", "1", SCHEMA_MODEL("swing"))                                               \
    SCHEMA_DISTRIBUTION(X, PHASE, "model.phase", "rad", 1e6, "uniform", SCHEMA_KINDS SCHEMA_CIRCLE, "0",     \
                        "-" SCHEMA_PI, SCHEMA_PI, .belongs_to = KEY_NONE)                                    \
    X(PHASE_WINDING, "model.phase.winding", INTEGER, "1",                                                    \
      "turns around the whole ring of indices, -8388607 to 8388607", .low = -8388607, .high = 8388607,       \
      .belongs_to = KEY_PHASE_DISTRIBUTION, .belongs_words = "twisted")                                      \
    X(PHASE_COHERENCE, "model.phase.coherence", NUMBER, "0.5", "r at the start, 0 to 0.999999", .least = 0,  \
      .most = 0.999999, .belongs_to = KEY_PHASE_DISTRIBUTION, .belongs_words = "mobius")                     \
    X(PHASE_CLUSTERS, "model.phase.clusters", INTEGER, "2",                                                  \
      "bunches of consecutive indices, evenly around the circle, 1 to swarm.size", .low = 1,                 \
      .high = 16777215, .belongs_to = KEY_PHASE_DISTRIBUTION, .belongs_words = "clustered")                  \
    SCHEMA_DISTRIBUTION(X, GAIN, "model.gain", "factor of the coupling", 1e6, "constant", SCHEMA_KINDS, "1", \
                        "0.5", "1.5", SCHEMA_MODEL(SCHEMA_SINES))                                            \
    SCHEMA_DISTRIBUTION(X, INERTIA, "model.inertia", "inertia M (above 0)", 1e9, "constant", SCHEMA_KINDS,   \
                        "1", "0.5", "1.5", SCHEMA_MODEL("swing"))                                            \
    SCHEMA_DISTRIBUTION(X, DAMPING, "model.damping", "damping D (from 0)", 1e9, "constant", SCHEMA_KINDS,    \
                        "1", "0.5", "1.5", SCHEMA_MODEL("swing"))                                            \
    SCHEMA_DISTRIBUTION(X, VELOCITY, "model.velocity", "initial velocity, rad/s", 1e9, "constant",           \
                        SCHEMA_KINDS, "0", "-1", "1", SCHEMA_MODEL("swing"))                                 \
    X(STEP, "time.step", NUMBER, "0.01", "simulated seconds per tick, above 0", .least = 0, .most = 1e6,     \
      .above = true)                                                                                         \
    X(DURATION, "time.duration", NUMBER, "60", "simulated seconds, from one step to 2^40 steps", .least = 0, \
      .most = 1e18, .above = true)                                                                           \
    X(INTEGRATOR, "time.integrator", CHOICE, "rk4",                                                          \
      "1, 2 or 4 exchanges a tick; with model.noise euler or heun, and heun by default",                     \
      .choices = "one of euler, heun, rk4", SCHEMA_MODEL(SCHEMA_SINES))                                      \
    X(EVENTS, "events", EVENTS, NULL,                                                                        \
      "what happens at given times: { { at = 10, cut = { 3, 7 } }, ... } (entrain list events)")             \
    X(ON_SAMPLE, "on_sample", HOOK, NULL,                                                                    \
      "function(s) that is called at each sample, and may return an event or a list of them")                \
    X(STOP_COHERENCE, "stop.coherence", NUMBER, NULL,                                                        \
      "stop once coherence r reaches this, 0 to 1; absent: run to the end", .least = 0, .most = 1)           \
    X(STOP_BELOW, "stop.below", BOOLEAN, "false", "stop when r is below stop.coherence instead",             \
      .belongs_to = KEY_STOP_COHERENCE)                                                                      \
    X(STOP_HOLD, "stop.hold", NUMBER, "0", "for that long without a break, simulated seconds, 0 or more",    \
      .least = 0, .most = 1e18, .belongs_to = KEY_STOP_COHERENCE)                                            \
    X(RECORD_EVERY, "record.every", NUMBER, "0.1",                                                           \
      "simulated seconds between samples, above 0; rounded to whole ticks", .least = 0, .most = 1e18,        \
      .above = true)                                                                                         \
    X(RECORD_SNAPSHOTS, "record.snapshots", NUMBER, NULL,                                                    \
      "simulated seconds between snapshots of all phases (snapshots/*.npy), above 0; absent: none",          \
      .least = 0, .most = 1e18, .above = true)                                                               \
    X(TRANSPORT, "exec.transport", CHOICE, "mailbox",                                                        \
      "how observations travel; never changes results; default of agents publish",                           \
      .choices = "one of mailbox, publish", SCHEMA_MODEL(SCHEMA_SINES ", agent"),                            \
      .plugged = SCHEMA_PLUGGED_TOO)                                                                         \
    X(POLICY, "exec.policy", POLICY, "steal",                                                                \
      "scheduler policy (entrain list policies); never changes results")                                     \
    X(WORKERS, "exec.workers", INTEGER, NULL,                                                                \
      "threads, 1 to 256; default: the cpus this process may use; never changes results", .low = 1,          \
      .high = 256)                                                                                           \
    X(PIN, "exec.pin", BOOLEAN, "false",                                                                     \
      "keep each worker on one cpu, one to a core first; never changes results")                             \
    X(MAILBOX_CAPACITY, "exec.mailbox_capacity", INTEGER, "0",                                               \
      "messages per mailbox, 1 to 16777215; 0: what the topology needs", .low = 0, .high = 16777215,         \
      .belongs_to = KEY_TRANSPORT, .belongs_words = "mailbox", .because = "only mailboxes have a capacity")  \
    X(OVERFLOW, "exec.overflow", CHOICE, NULL,                                                               \
      "what a full mailbox does; naming it accepts losses (none under block)",                               \
      .choices = "one of fail, shed-newest, shed-oldest, conflate, block", .belongs_to = KEY_TRANSPORT,      \
      .belongs_words = "mailbox", .because = "overflow needs mailboxes")                                     \
    X(SIMD, "exec.simd", CHOICE, "auto", "vector instructions; never changes results",                       \
      .choices = "one of auto, sse2, avx2, avx512")                                                          \
    X(LAYOUT, "exec.layout", CHOICE, "auto",                                                                 \
      "order in memory (entrain list layouts); never changes results",                                       \
      .choices = "one of auto, index, near, shuffled")                                                       \
    X(COHORT, "exec.cohort", INTEGER, NULL,                                                                  \
      "arcs plus oscillators per task, 64 to 16777216; default: chosen; never changes results", .low = 64,   \
      .high = 16777216)

#endif
