-- Two groups and six bridges: first each group agrees with itself, then, slowly, both with each other.
--
-- The graph comes from a file, two_groups.edges: one edge a line, "from to", counted from 0; it lies beside this file.
-- Actors 0 to 39 are one dense group, 40 to 79 the other. In coherence.png the coherence among neighbours is up after a
-- second or two; r of the whole waits half a minute for the bridges.
--
--   entrain run sims/two_groups.lua
--   entrain run sims/two_groups.lua --seed 1                                  both happen to settle on nearly one phase
--   entrain run sims/two_groups.lua --set model.frequency.deviation=0.8       bridges too weak: the groups drift apart
--   entrain run sims/two_groups.lua --set swarm.topology.file=mine.edges      a graph of yours (and swarm.size)
return {
  title = "Two groups and six bridges: local agreement first",
  seed = 3,
  swarm = { size = 80, topology = { kind = "edge-list", file = "two_groups.edges" } },
  model = {
    kind = "kuramoto",
    coupling = 4,
    frequency = { distribution = "normal", mean = 0, deviation = 0.05 },
  },
  time = { step = 0.02, duration = 120 },
  stop = { coherence = 0.95, hold = 5 },
  record = { every = 0.2 },
}
