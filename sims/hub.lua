-- Hubs: a few are heard by very many.
--
-- A scale-free graph (Barabasi and Albert 1999): each newcomer links to four earlier ones, preferring those with many
-- links already, so that a handful of hubs have a hundred and more. With `normalise = "none"` every voice counts in full:
-- a hub feels a hundred pulls at once and is swept along by its crowd; with "degree" each listens to the mean of what it
-- hears. Mailboxes are as large as each actor's own in-degree needs, and the work is cut into tasks by weight, so that a
-- hub costs no worker more than its share.
--
--   entrain run sims/hub.lua                                  "at most 167 into one actor": that is the biggest hub
--   entrain run sims/hub.lua --set model.normalise=degree     0.3 is now shared among all one hears: too little
--   entrain run sims/hub.lua --set model.normalise=degree --set model.coupling=2      and this is enough again
--   entrain run sims/hub.lua --set model.coupling=0.05        weak links: only the hubs' crowds lean to one side
return {
  title = "Hubs pull a scale-free swarm together",
  swarm = { size = 2000, topology = { kind = "scale-free", degree = 8 } },
  model = {
    kind = "kuramoto",
    coupling = 0.3,
    normalise = "none",
    frequency = { distribution = "normal", mean = 0, deviation = 0.5 },
  },
  time = { step = 0.01, duration = 30 },
  stop = { coherence = 0.9, hold = 5 },
  record = { every = 0.1 },
}
