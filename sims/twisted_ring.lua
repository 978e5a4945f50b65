-- A twisted ring: everybody agrees with the neighbours, and the whole never does.
--
-- Two hundred identical oscillators on a ring start with phases that wind around the circle twice. Each is a little
-- ahead of one neighbour and as much behind the other, the two pulls cancel, and so nothing moves: the winding number
-- stays 2 and r stays 0, although the coherence among neighbours is almost 1. The state is stable (Wiley, Strogatz and
-- Girvan 2006): the jitter of 0.1 rad dies out. It takes more than good neighbours to agree on one phase.
--
--   entrain run sims/twisted_ring.lua                                          winding number 2, r = 0
--   entrain run sims/twisted_ring.lua --set model.phase.winding=60             too tight to last: it unwinds to 4
--   entrain run sims/twisted_ring.lua --set swarm.topology.kind=complete       everybody hears everybody: one phase
return {
  title = "A twisted state on a ring: neighbours agree, the whole does not",
  swarm = { size = 200, topology = { kind = "ring" } },
  model = {
    kind = "kuramoto",
    coupling = 2,
    frequency = { distribution = "constant", value = 0 },
    phase = { distribution = "twisted", winding = 2, jitter = 0.1 },
  },
  time = { step = 0.05, duration = 60 },
  record = { every = 0.5 },
}
