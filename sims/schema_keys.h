/// @file schema_keys.h  The rows of the schema: X(id, name, type, default as typed or NULL, summary [,
/// further fields]).
///
/// A key that decides whether others apply (`kind`, `distribution`, `transport`) stands before them.
/// Summaries end up in `entrain list keys`; ranges are added to them nowhere else, so they say them.
#ifndef ENTRAIN_SIMS_SCHEMA_KEYS_H
#define ENTRAIN_SIMS_SCHEMA_KEYS_H

#define SCHEMA_PI "3.141592653589793"
#define SCHEMA_KINDS "constant, uniform, normal, lorentz, list, file"
#define SCHEMA_TOPOLOGY(words) .belongs_to = KEY_TOPOLOGY_KIND, .belongs_words = words
#define SCHEMA_MODEL(words)                                                                                  \
    .belongs_to = KEY_MODEL_KIND, .because = "a plug-in's model has parameters instead",                     \
    .belongs_words = words
#define SCHEMA_EDGES "ring, lattice, torus, small-world, random-regular, erdos-renyi, scale-free, star"

// The keys of one distribution: frequency (rad/s) or phase (rad).
#define SCHEMA_DISTRIBUTION(X, ID, name, unit, bound, kind, kinds, low_text, high_text)                      \
    X(ID##_DISTRIBUTION, name ".distribution", CHOICE, kind, "how values come about",                        \
      .choices = "one of " kinds)                                                                            \
    X(ID##_SAMPLING, name ".sampling", CHOICE, "random",                                                     \
      "random: each draws its own; quantile: spread evenly over the distribution",                           \
      .choices = "one of random, quantile", .belongs_to = KEY_##ID##_DISTRIBUTION,                           \
      .belongs_words = "uniform, normal, lorentz")                                                           \
    X(ID##_VALUE, name ".value", NUMBER, "0", "everybody's value, " unit, .least = -(bound),                 \
      .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "constant")                   \
    X(ID##_LOW, name ".low", NUMBER, low_text, "lower end, " unit, .least = -(bound), .most = (bound),       \
      .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "uniform")                                     \
    X(ID##_HIGH, name ".high", NUMBER, high_text, "upper end, " unit, .least = -(bound), .most = (bound),    \
      .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "uniform")                                     \
    X(ID##_MEAN, name ".mean", NUMBER, "0", "mean, " unit, .least = -(bound), .most = (bound),               \
      .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "normal")                                      \
    X(ID##_DEVIATION, name ".deviation", NUMBER, "1", "standard deviation, " unit ", 0 or more", .least = 0, \
      .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "normal")                     \
    X(ID##_CENTER, name ".center", NUMBER, "0", "median, " unit, .least = -(bound), .most = (bound),         \
      .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "lorentz")                                     \
    X(ID##_WIDTH, name ".width", NUMBER, "0.5", "half width at half maximum, " unit ", 0 or more",           \
      .least = 0, .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "lorentz")        \
    X(ID##_VALUES, name ".values", NUMBERS, NULL, "one value per oscillator, " unit, .least = -(bound),      \
      .most = (bound), .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "list", .required = true)     \
    X(ID##_FILE, name ".file", FILE, NULL,                                                                   \
      "path of a text file, one number per line; relative to the scenario file",                             \
      .belongs_to = KEY_##ID##_DISTRIBUTION, .belongs_words = "file", .required = true)                      \
    X(ID##_JITTER, name ".jitter", NUMBER, "0",                                                              \
      "standard deviation of a normal draw added to each value, " unit ", 0 or more", .least = 0,            \
      .most = (bound))

#define SCHEMA_KEYS(X)                                                                                       \
    X(TITLE, "title", TEXT, NULL, "what the run is about, one line; default: the file's name")               \
    X(SEED, "seed", INTEGER, "1", "seed of everything random, 0 to 9223372036854775807", .low = 0,           \
      .high = INT64_MAX)                                                                                     \
    X(SIZE, "swarm.size", INTEGER, "1000", "oscillators, 2 to 16777215", .low = 2, .high = 16777215)         \
    X(TOPOLOGY_KIND, "swarm.topology.kind", CHOICE, "small-world", "who hears whom",                         \
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
    X(TOPOLOGY_FILE, "swarm.topology.file", FILE, NULL,                                                      \
      "path of an edge list or Matrix Market file; relative to the scenario file",                           \
      SCHEMA_TOPOLOGY("edge-list"), .required = true)                                                        \
    X(TOPOLOGY_PARAMETERS, "swarm.topology.parameters", PARAMETERS, NULL,                                    \
      "what a plug-in's topology asks for, by name (entrain list topologies --load FILE.so)",                \
      SCHEMA_TOPOLOGY(""), .plugged = SCHEMA_PLUGGED_ONLY)                                                   \
    X(MODEL_KIND, "model.kind", CHOICE, "kuramoto", "the equation", .choices = "one of kuramoto",            \
      .others = other_model)                                                                                 \
    X(MODEL_PARAMETERS, "model.parameters", PARAMETERS, NULL,                                                \
      "what a plug-in's model asks for, by name (entrain list models --load FILE.so)", SCHEMA_MODEL(""),     \
      .plugged = SCHEMA_PLUGGED_ONLY)                                                                        \
    X(COUPLING, "model.coupling", NUMBER, "2", "K, rad/s, -1e6 to 1e6", .least = -1e6, .most = 1e6,          \
      SCHEMA_MODEL("kuramoto"))                                                                              \
    X(LAG, "model.lag", NUMBER, "0", "phase lag alpha, rad, -pi to pi", .least = -0x1.921fb54442d18p1,       \
      .most = 0x1.921fb54442d18p1, SCHEMA_MODEL("kuramoto"))                                                 \
    X(NORMALISE, "model.normalise", CHOICE, "degree", "what the sum over neighbours is divided by",          \
      .choices = "one of size, degree, heard, none", SCHEMA_MODEL("kuramoto"))                               \
    SCHEMA_DISTRIBUTION(X, FREQUENCY, "model.frequency", "rad/s", 1e9, "lorentz", SCHEMA_KINDS, "-1", "1")   \
    SCHEMA_DISTRIBUTION(X, PHASE, "model.phase", "rad", 1e6, "uniform", SCHEMA_KINDS ", twisted",            \
                        "-" SCHEMA_PI, SCHEMA_PI)                                                            \
    X(PHASE_WINDING, "model.phase.winding", INTEGER, "1",                                                    \
      "turns around the whole ring of indices, -8388607 to 8388607", .low = -8388607, .high = 8388607,       \
      .belongs_to = KEY_PHASE_DISTRIBUTION, .belongs_words = "twisted")                                      \
    X(STEP, "time.step", NUMBER, "0.01", "simulated seconds per tick, above 0", .least = 0, .most = 1e6,     \
      .above = true)                                                                                         \
    X(DURATION, "time.duration", NUMBER, "60", "simulated seconds, from one step to 2^40 steps", .least = 0, \
      .most = 1e18, .above = true)                                                                           \
    X(INTEGRATOR, "time.integrator", CHOICE, "rk4", "1, 2 or 4 exchanges a tick",                            \
      .choices = "one of euler, heun, rk4", SCHEMA_MODEL("kuramoto"))                                        \
    X(STOP_COHERENCE, "stop.coherence", NUMBER, NULL,                                                        \
      "stop once coherence r reaches this, 0 to 1; absent: run to the end", .least = 0, .most = 1)           \
    X(STOP_BELOW, "stop.below", BOOLEAN, "false", "stop when r is below stop.coherence instead",             \
      .belongs_to = KEY_STOP_COHERENCE)                                                                      \
    X(STOP_HOLD, "stop.hold", NUMBER, "0", "for that long without a break, simulated seconds, 0 or more",    \
      .least = 0, .most = 1e18, .belongs_to = KEY_STOP_COHERENCE)                                            \
    X(RECORD_EVERY, "record.every", NUMBER, "0.1",                                                           \
      "simulated seconds between samples, above 0; rounded to whole ticks", .least = 0, .most = 1e18,        \
      .above = true)                                                                                         \
    X(TRANSPORT, "exec.transport", CHOICE, "mailbox", "how observations travel; never changes results",      \
      .choices = "one of mailbox, publish")                                                                  \
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
