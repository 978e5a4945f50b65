-- Independent enough that no failure takes all: coherence between 0.2 and 0.4, through three of them.
--
-- Who moves in step fails in step. Here agents keep a little together and mostly apart, and hold that while half of them
-- die (15 s), come back (30 s), and a third of all phases are thrown about (45 s).
--
-- What to see: the band is held through all of it; who comes back begins where it began, and is taken in.
--
--   entrain run sims/goals/recover_from_failure.lua --set swarm.size=50   even fifty hold it
--   entrain run ... --disrupt loss=0.3@10s                           and bad lines on top of it: no difference
return {
  title = "A loose swarm that failures cannot take",
  goal = "recover-from-failure",
  scale = "large",
  workload = { pattern = "none" },
  time = { duration = 60 },
  events = {
    { at = 15, kill = 0.5 },
    { at = 30, revive = 1 },
    { at = 45, scramble = 0.33 },
  },
}
