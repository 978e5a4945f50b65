-- Who hears late: with a delay, a swarm has more than one answer to how fast it goes, and its past chooses.
--
-- All have the natural frequency omega, everybody hears everybody, and what one hears was said tau seconds ago:
--
--     theta_i'(t) = omega + (K / N) sum_j sin(theta_j(t - tau) - theta_i(t))
--
-- In step, all turn at one frequency Omega, and each hears the others by Omega tau behind. So
--
--     Omega = omega - K sin(Omega tau),        stable where K cos(Omega tau) > 0
--
-- (Yeung and Strogatz, Phys. Rev. Lett. 82 (1999) 648). With omega = pi / 2 and K = 1 that is 1.0637 rad/s for tau = 0.5 and
-- 0.8317 for tau = 1: everybody holds everybody back. For tau = 2.5 there are two stable answers, 0.5785 and 2.2270 (and
-- 1.0263 between them, which repels). From phases all around the circle the fast one grows. Who starts nearly in step
-- and hears at first what stood still, is pulled down to the slow one. If in that past all came turning at omega
-- already, it is the fast one again. And for tau = 2 a third state is stable beside 0.6230: nobody ever agrees with
-- anybody, because omega tau = pi, and what one hears of the others always comes half a turn late.
--
--   entrain run sims/delayed.lua                                     Frequencies: mean 2.227 rad/s, in step after 47 s
--   entrain run sims/delayed.lua --set model.phase.deviation=0.2     0.5785, from nearly in step
--   entrain run sims/delayed.lua --set model.phase.deviation=0.2 --set model.past=turning         2.227
--   entrain run sims/delayed.lua --set swarm.topology.delay=1        0.8317
--   entrain run sims/delayed.lua --set swarm.topology.delay=2        r = 0
--   entrain run sims/delayed.lua --set swarm.topology.delay=2 --set model.phase.deviation=0.2     0.623
return {
  title = "Who hears late: two frequencies to choose from, and the past chooses",
  swarm = { size = 200, topology = { kind = "complete", delay = 2.5 } },
  model = {
    kind = "kuramoto",
    coupling = 1,
    past = "still", -- what is heard of the time before 0: everybody stood at its initial phase
    frequency = math.pi / 2, -- all alike
    phase = { distribution = "normal", mean = 0, deviation = 3 }, -- wide enough to be all around the circle
  },
  time = { step = 0.05, duration = 120 },
  record = { every = 0.5 },
}
