-- Act at once: how soon can a swarm that begins at random stand together?
--
-- Phase-nudge is the simplest strategy: no frequency is learned, every agent turns a little towards
-- where it believes the swarm to be. What counts is the time until r is above 0.8; at 20 s seven in ten are thrown out.
--
-- What to see: "entered" in the summary, and how long the way back took.
--
--   entrain run sims/goals/minimize_latency.lua --set agent.coupling=8   twice the gain, half the time
--   entrain run ... --strategy frequency-lock         as soon, closer in the end, and for a third of the energy: what is
--                                                     learned need not be corrected again and again
--   entrain run ... --set swarm.topology.degree=4     half as many neighbours: as good
return {
  title = "How soon they act as one",
  goal = "minimize-latency",
  scale = "medium",
  workload = { pattern = "none" },
  time = { duration = 40 },
  record = { every = 0.05 },
  events = { { at = 20, scramble = 0.7 } },
}
