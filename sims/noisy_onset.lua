-- Noise against coupling: when identical oscillators fall into step, and how far.
--
-- All have the same natural frequency, everybody hears everybody, and each is kicked about by white noise of strength T:
--
--     theta_i' = (K / N) sum_j sin(theta_j - theta_i) + sqrt(2 T) xi_i(t),   <xi(t) xi(t')> = delta(t - t')
--
-- Alone, a phase would diffuse: the mean square of its way grows as 2 T t. Together they hold each other once the coupling
-- passes K_c = 2 T, and the coherence that pull and kicks settle on is the solution r > 0 of
--
--     r = I1(K r / T) / I0(K r / T)                     (Sakaguchi, Prog. Theor. Phys. 79 (1988) 39)
--
-- with I0, I1 the modified Bessel functions: for K / T = 3, 4, 6 it is 0.7242, 0.8315, 0.9022. What K does alone and what T
-- does alone does not matter, only K / T does; it is a magnet in two dimensions, with T its temperature. Nobody is
-- locked for good: each slips by a turn now and then, and r of the whole stands still all the same.
--
-- Noise is drawn by (seed, oscillator, tick), so the same seed is the same run to the last bit, on any number of threads.
-- Euler (Euler-Maruyama) or Heun (stochastic Heun, the default with noise) integrate it. With steps of h seconds the r of
-- Heun is less than 0.001 too high up to h = 0.1, that of Euler 0.17 h too low: 0.0034 at the h below.
--
--   entrain run sims/noisy_onset.lua                             K = 4 T: r settles at 0.83
--   entrain run sims/noisy_onset.lua --set model.coupling=1.5    K = 3 T: 0.72
--   entrain run sims/noisy_onset.lua --set model.coupling=1      K = 2 T, the onset itself: r small, slow and restless
--   entrain run sims/noisy_onset.lua --set model.coupling=0.5    below it: chance, r = sqrt(2 / N) = 0.02
local T = 0.5

return {
  title = "Noise against coupling: K = 4 T, theory says r = 0.831",
  swarm = { size = 4000, topology = { kind = "complete" } },
  model = {
    kind = "kuramoto",
    coupling = 4 * T,
    noise = T,
    frequency = 0, -- all alike
  },
  time = { step = 0.02, duration = 100 },
  record = { every = 0.5 },
}
