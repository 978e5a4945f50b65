-- Fireflies: a thousand lights learn to flash together, though each sees only its neighbours.
--
-- Every firefly has a rhythm of its own, about one flash a second (2 pi rad/s, give or take 0.3), and hears eight others:
-- its nearest ones on a ring, except that one link in five has been rewired to somebody anywhere. It never looks at
-- anybody; what a neighbour shows it arrives as a message in its mailbox, and it turns a little towards what it heard.
-- Nobody leads, and yet r, the coherence of the whole swarm, goes from 0 (chance) to almost 1 in about 15 seconds.
--
--   entrain run sims/fireflies.lua                                  look at out/fireflies-1/coherence.png
--   entrain run sims/fireflies.lua --seed random                    another swarm: another time, the same end
--   entrain run sims/fireflies.lua --set swarm.topology.rewire=0.05 too few shortcuts: neighbours agree, waves remain
--   entrain run sims/fireflies.lua --set model.coupling=0.5         too little attention to each other
--   entrain verify sims/fireflies.lua                               no thread, policy or transport changes a bit of it
return {
  title = "Fireflies on a small world learn to flash together",
  swarm = { size = 1000, topology = { kind = "small-world", degree = 8, rewire = 0.2 } },
  model = {
    kind = "kuramoto",
    coupling = 3,
    frequency = { distribution = "normal", mean = 6.283, deviation = 0.3 },
  },
  time = { step = 0.01, duration = 60 },
  stop = { coherence = 0.95, hold = 5 }, -- five seconds in unison are proof enough
  record = { every = 0.1 },
}
