-- The network falls into two halves, each finds a step of its own, and when the links are back they find one together.
--
-- A cut alone would hardly show: agents that are in step have learned one frequency and stay together for want of anything
-- to correct. So the same outage restarts everybody. Each half then agrees by itself, from where its agents began, on a
-- phase that has nothing to do with the other's: r of the whole is anything between 0 and 1, while those who hear each
-- other agree (local_coherence in series.csv). At 45 s the links are back, and the two pull each other together from
-- wherever they stand; half a turn apart is the worst case.
--
-- What to see: coherence.png; the time to recover after "heal" in the summary.
--
--   entrain run sims/network_partition.lua --explain
--   entrain run ... --seed random             another angle at the healing, another time
--   entrain run ... --set swarm.size=100000   the same, large
return {
  seed = 5, -- half a turn apart when the links are back; seed 4: a little less; seed 2: by chance nearly together
  title = "Two halves part and find each other again",
  goal = "minimize-api-calls",
  swarm = { size = 1000 },
  workload = { pattern = "mixed" },
  time = { duration = 80 },
  events = {
    { at = 20, partition = 2, kill = 1, revive = 1 },
    { at = 45, heal = true },
  },
}
