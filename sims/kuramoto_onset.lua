-- The onset of synchronization, where theory gives the number.
--
-- Everybody hears everybody, and the natural frequencies follow a Lorentz distribution of half width 0.5 rad/s. For an
-- infinite swarm Kuramoto (1975) showed that nothing happens up to the critical coupling K_c = 2 x 0.5 = 1, and that
-- above it a part of the swarm locks, with coherence
--
--     r = sqrt(1 - K_c / K)            K = 2:  r = 0.7071
--
-- The others, with natural frequencies too far out in the tails, drift past for ever. "Quantile" spreads the frequencies
-- evenly over the distribution instead of drawing them, so that 4,000 actors come close to infinitely many.
--
--   entrain run sims/kuramoto_onset.lua                           settles around 0.707
--   entrain run sims/kuramoto_onset.lua --set model.coupling=0.8  below K_c: r stays at chance, about 1/sqrt(4000) = 0.016
--   entrain run sims/kuramoto_onset.lua --set model.coupling=4    sqrt(1 - 1/4) = 0.866
--   entrain sweep sims/kuramoto_onset.lua -o out                  the whole curve, for three sizes, beside theory's: the
--                                                                 larger the swarm, the sharper its onset
local width = 0.5
local coupling = 2

return {
  title = "Kuramoto's onset: K_c = 1, and r = sqrt(1 - K_c / K) above it",
  swarm = { size = 4000, topology = { kind = "complete" } },
  model = {
    kind = "kuramoto",
    coupling = coupling,
    frequency = { distribution = "lorentz", center = 0, width = width, sampling = "quantile" },
  },
  time = { step = 0.05, duration = 60 },
  record = { every = 0.25 },
  sweep = {
    ["swarm.size"] = { 100, 1000, 4000 },
    ["model.coupling"] = range(0, 3, 0.2),
    axes = { "swarm.size", "model.coupling" },
    replicas = 4,
  },
}
