-- Closer together when there is much to do: coherence 0.6 to 0.8, tighter in bursts.
--
-- Agents tell their neighbours how busy they are, beside their phase. Where all are busy they aim for the upper end of the
-- band, where all are idle for the lower one. From 20 to 40 s everybody has three times as much to do.
--
-- What to see: busy and coherence in series.csv rise and fall together; the batches of the gateway grow with them.
--
--   entrain run sims/goals/adapt_to_traffic.lua --set workload.pattern=burst
--   entrain run ... --set workload.load=0.2                          a quiet night
return {
  title = "Tighter when it is busy, looser when it is not",
  goal = "adapt-to-traffic",
  scale = "large",
  workload = { pattern = "mixed" },
  time = { duration = 60 },
  events = {
    { at = 20, load = 3 },
    { at = 40, load = 1 },
  },
}
