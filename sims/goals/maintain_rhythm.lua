-- A beat that stays steady while its players drift.
--
-- Frequency-lock: agents learn their neighbours' mean frequency, so that in the end nothing is left to correct. At 20 s a
-- fifth of them begin to run fast, by half a radian a second; at 40 s one tick in two is lost on each edge.
--
-- What to see: coherence.png hardly shows either; frequency_spread in series.csv does: it jumps and is learned away.
--
--   entrain run sims/goals/maintain_rhythm.lua --strategy phase-nudge    no learning: as coherent, nearly, but they never
--                                                                        stop correcting, at six times the energy
--   entrain run ... --set agent.alignment=0.1                        slow learners
--   entrain run ... --disrupt drift=0.2,20@30s                       three turns a second: now it shows
return {
  title = "A steady beat of drifting players",
  goal = "maintain-rhythm",
  scale = "medium",
  workload = { pattern = "none" },
  time = { duration = 60 },
  events = {
    { at = 20, drift = { 0.2, 0.5 } },
    { at = 40, loss = 0.5 },
  },
}
