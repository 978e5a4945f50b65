-- A thousand agents begin all at once, and spread until the load they make is level.
--
-- The opposite of synchronizing. At the start all lie in one bunch, as after a restart of everything: the service, which
-- takes so many calls a second, turns most of what comes at once away. Coupling with the sign turned round is not enough:
-- it brings r to 0 and may leave two bunches opposite each other. So each agent estimates eight moments of the swarm,
-- by consensus with its eight neighbours, and turns away from all of them.
--
-- What to see: phases.png at the end is a ring without gaps; r and r2 to r8 in series.csv go to nothing, and peak_load, the
-- fullest twentieth of the circle over the mean, to about 1. The control lies where it began.
--
--   entrain run sims/goals/distribute_load.lua --set swarm.size=100  up to 200: everybody hears everybody, and the places
--                                                                    are equal to a hair (a splay; gap Gini <= 0.1)
--   entrain run ... --set agent.coupling=1                           a weaker push: it takes longer
return {
  title = "A thousand agents that began together spread evenly",
  goal = "distribute-load",
  scale = "large",
  workload = { pattern = "steady" },
  gateway = { window = 0.02, batch = 20 },
  time = { duration = 60 },
}
