-- A threshold, searched by itself: how strongly must N oscillators be coupled until all of them turn as one?
--
-- Natural frequencies evenly spread over -1 .. 1 rad/s, everybody hears everybody. For two of them Adler's equation
-- answers: they lock at K = |w_1 - w_2| = 1. For infinitely many it is K = 4 / pi = 1.2732, where r jumps to pi / 4
-- at once (Pazo, Phys. Rev. E 72 (2005) 046211), and what is missing from it falls as N^(-3/2). What Mirollo and
-- Strogatz (Physica D 205 (2005) 249) derive for any N, beside what is measured here:
--
--     N         2       3       5       10      20      50      100
--     theory    1.0000  1.1363  1.2134  1.2531  1.2663  1.2715  1.2726
--     measured  0.9993  1.1358  1.2132  1.2530  1.2659  1.2712  1.2724    to a tolerance of 0.001
--
-- All begin in step: what is asked is from where on they stay together. From anywhere on the circle (--set
-- model.phase=nil) a hundred of them take longer to find each other than a run lasts: 1.2765.
--
-- `find` asks at both ends of `between` whether `where` holds, and then in the middle of wherever that changes, until it
-- is known to the tolerance: twelve runs for each row here, which says threshold, low, high and evaluations. What
-- `where` may look at are the columns of results (coherence > 0.5, synchronized_since_s ~= nil, goal_held > 0.9 ...).
-- `locked`: over the second half of the run nobody falls a turn behind anybody. So close to the threshold that a
-- turn takes longer than that half, the answer is yes: a longer run sees more clearly.
--
--   entrain sweep sims/threshold.lua -o out && entrain plot out           threshold over size
--   entrain sweep sims/threshold.lua --only 'size >= 5' --find 'model.coupling=0.9:1.5 where coherence > 0.5 to 0.001'
--                                                                         of r instead; two and three have more anyway
--   entrain run sims/threshold.lua --set model.coupling=1.3               one run: all turn as one
return {
  title = "How much coupling until all turn as one, for 2 to 100 oscillators",
  swarm = { size = 20, topology = { kind = "complete" } },
  model = {
    kind = "kuramoto",
    coupling = 1.2,
    frequency = { distribution = "uniform", low = -1, high = 1, sampling = "quantile" },
    phase = 0,
  },
  time = { step = 0.05, duration = 400 },
  record = { every = 0.5 },
  sweep = {
    ["swarm.size"] = { 2, 3, 5, 10, 20, 50, 100 },
    find = { "model.coupling", where = "locked", between = { 0.9, 1.5 }, tolerance = 0.001 },
  },
}
