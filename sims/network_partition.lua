-- The network falls into two halves for twenty seconds, and they find each other again.
--
-- Each half keeps in step by itself and knows nothing of the other; the rhythms of the two drift apart, and r of the whole
-- swarm beats while each half's own is near 1 (local_coherence in series.csv). When the links are back, the two pull each
-- other together, from wherever they stand: half a turn apart is the worst case.
--
-- What to see: coherence.png, and the time to recover, counted from the healing.
--
--   entrain run sims/network_partition.lua --explain
--   entrain run ... --seed random                                    another angle at the healing, another time
--   entrain run ... --set swarm.size=100000                          the same, large
return {
  title = "Two halves part and find each other again",
  goal = "minimize-api-calls",
  swarm = { size = 1000 },
  workload = { pattern = "mixed" },
  time = { duration = 80 },
  events = {
    { at = 20, partition = 2 },
    { at = 40, heal = true },
  },
}
