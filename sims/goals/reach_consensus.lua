-- A quorum is more than half and less than all: coherence between 0.5 and 0.7, held from both sides.
--
-- Agents begin in unison, which is too much: nobody who only pulls together can ever come down from there. These know, by
-- consensus with their neighbours, about how coherent the swarm is, and push apart above the middle of the band and pull
-- together below it. At 20 s all phases are drawn anew (too little), at 40 s a third of the agents die.
--
-- What to see: coherence.png comes down into the band, and climbs back into it from below; belief beside coherence in
-- series.csv: what agents think of the swarm, which is all they know of it.
--
--   entrain run sims/goals/reach_consensus.lua --set agent.low=0.3 --set agent.high=0.4   a band of your own
--   entrain run ... --set agent.leak=0                               estimates that forget nobody: after the deaths
--                                                                    they believe 0.60, and it is 0.63
return {
  title = "A band held from above and from below",
  goal = "reach-consensus",
  swarm = { size = 1000 },
  model = { phase = { distribution = "constant", value = 0 } },
  workload = { pattern = "none" },
  time = { duration = 60 },
  events = {
    { at = 20, scramble = 1 },
    { at = 40, kill = 0.33 },
  },
}
