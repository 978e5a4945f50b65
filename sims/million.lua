-- A million actors, a thousand ticks, well under a minute.
--
-- The `publish` transport lets hearers read what speakers published in place of a message through each one's mailbox:
-- the same bits, less memory and time. Euler's integrator needs one exchange of observations a tick. A million is too
-- many to fall into step within the 10 seconds simulated here; what one sees is how neighbourhoods agree first, while r
-- of the whole stays small.
--
-- Two links in a hundred lead far away. Those are what costs: every far neighbour is a read from somewhere else in memory.
--
--   entrain run sims/million.lua                        ns per actor and tick, bytes per actor: see the summary
--   entrain run sims/million.lua --transport mailbox    the same fingerprint through a million mailboxes (a minute or two)
--   entrain run sims/million.lua --workers 1            the same fingerprint from one thread
--   entrain run sims/million.lua --set swarm.topology.rewire=1   all links lead far away: how much slower is it?
return {
  title = "A million actors on a small world",
  swarm = { size = 1000000, topology = { kind = "small-world", degree = 8, rewire = 0.02 } },
  model = {
    kind = "kuramoto",
    coupling = 4,
    frequency = { distribution = "normal", mean = 0, deviation = 0.3 },
  },
  time = { step = 0.01, duration = 10, integrator = "euler" },
  record = { every = 0.5 },
  exec = { transport = "publish" },
}
