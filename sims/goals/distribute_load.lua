-- A thousand agents begin all at once, and spread until the load they make is level.
--
-- The opposite of synchronizing. At the start all lie in one bunch, as after a restart of everything, and their clocks
-- are nearly equal, so that the bunch stays: every four seconds it makes some 800 calls at once, and the service takes
-- 250 a second and turns the rest away, to be tried again. Coupling with the sign turned round would not be enough: it
-- brings r to 0 and may leave two bunches opposite each other. So each agent estimates the moments of the swarm in
-- several harmonics, by consensus with its eight neighbours, and turns away from all of them.
--
-- What to see: phases.png at the end is a ring without holes; r and r2 to r8 in series.csv go to nothing, and peak_load, the
-- fullest twentieth of the circle over the mean, to about 1. And "Worth": the control, in which nobody moves, lies where it
-- began, and its requests wait.
--
--   entrain run sims/goals/distribute_load.lua --explain
--   entrain run ... --set swarm.size=100      up to 200 everybody hears everybody, and the places become equal to a hair
--                                             (a splay: Gini coefficient of the gaps at most 0.1)
--   entrain run ... --set agent.coupling=1    a weaker push: it takes longer
--   entrain run ... --set model.frequency.deviation=0.2   clocks that differ: by and by they spread by themselves
return {
  title = "A thousand agents that began together spread evenly",
  goal = "distribute-load",
  scale = "large",
  model = { frequency = { distribution = "normal", mean = math.pi / 2, deviation = 0.01 } },
  agent = { period = 4 },
  workload = { pattern = "steady" },
  gateway = { window = 0.02, batch = 10 },
  service = { rate = 250 },
  time = { duration = 80 },
}
