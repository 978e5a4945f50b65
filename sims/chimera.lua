-- A chimera: two populations of the same oscillators, wired the same way; one keeps in step, the other never does.
--
-- Everybody hears everybody, with weight mu from its own population and nu from the other, and a phase lag alpha of nearly
-- a quarter turn:
--
--     theta_i' = sum over groups b of (K_ab / N_b) sum over j in b of sin(theta_j - theta_i - alpha)
--     mu + nu = 1,  A = mu - nu,  beta = pi / 2 - alpha
--
-- All in step is a stable state. So, for a while of the parameters, is this one: the first population in perfect step, and
-- the second, identical to it, scattered around the circle for ever. Abrams, Mirollo, Strogatz and Wiley (Phys. Rev.
-- Lett. 101 (2008) 084103) solved it. With r the coherence of the second population and psi the first one's phase minus
-- the second one's mean phase, their two equations (on Ott and Antonsen's manifold, where the start below lies),
--
--     r'   = (1 - r^2) / 2 (mu r cos alpha + nu cos(psi - alpha))
--     psi' = (1 + r^2) / (2 r) (mu r sin alpha - nu sin(psi - alpha)) - mu sin alpha - nu r sin(psi + alpha)
--
-- stand still for A = 0.2, beta = 0.1 at r = 0.7291, psi = -0.2094, and that point attracts. A larger A makes it breathe.
-- Where one starts decides: a little further off and all fall into step.
--
--   entrain run sims/chimera.lua                                                           r of the groups: 1 and 0.729
--   entrain run sims/chimera.lua --set model.groups.coupling=[0.64,0.36,0.36,0.64]         A = 0.28: it breathes, 0.44 to 0.74
--   entrain run sims/chimera.lua --set model.groups.coupling=[0.675,0.325,0.325,0.675]     A = 0.35: 0.11 to 0.93, slowly
--   entrain run sims/chimera.lua --set model.groups.coupling=[0.5,0.5,0.5,0.5]             one population: no chimera
--   entrain run sims/chimera.lua --set model.lag=1.2                                     less lag: all in step
local n = 128 -- in each population
local A, beta = 0.2, 0.1
local r, psi = 0.85, -0.3 -- where it starts: near enough to the point above to fall into it

-- The first population at phase 0. The second at the quantiles of Ott and Antonsen's density of coherence r around -psi
-- (Marvel, Mirollo and Strogatz 2009): evenly spread angles u, drawn together by a Moebius map of the circle.
local function phase(i) -- i = 1 .. 2 n
  if i <= n then return 0 end
  local u = 2 * math.pi * (i - n - 0.5) / n - math.pi
  return -psi + 2 * math.atan((1 - r) / (1 + r) * math.tan(u / 2))
end

local mu, nu = (1 + A) / 2, (1 - A) / 2

return {
  title = "A chimera: two populations alike, one in step, one not",
  swarm = { size = 2 * n, topology = { kind = "complete" } },
  model = {
    kind = "kuramoto",
    coupling = 1,
    lag = math.pi / 2 - beta,
    groups = { count = 2, coupling = { { mu, nu }, { nu, mu } } }, -- who hears: a row
    normalise = "size", -- n is the size of the population heard
    frequency = 0,
    phase = phase,
  },
  time = { step = 0.05, duration = 400 },
  record = { every = 1 },
}
