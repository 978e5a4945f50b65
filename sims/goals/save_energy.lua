-- Loose coordination for little: coherence between 0.4 and 0.6, at the least energy spent.
--
-- Every adjustment costs energy, and what cannot be paid does not happen; five units come back in a second. At 30 s half
-- of the agents lose their supply. Under energy-aware, who has little does less, and below a twentieth nothing.
--
-- What to see: "energy" in the summary, and energy_mean and energy_spent in series.csv: what holding a band costs. The
-- same with goal = "maintain-rhythm" is what being in step costs.
--
--   entrain run sims/goals/save_energy.lua --set goal=maintain-rhythm    in step
--   entrain run ... --set agent.energy.recovery=0.2                  poor: still enough, for they need so little
--   entrain run ... --strategy pulse                                 dear, and too blunt to hold such a band: not met
return {
  title = "Half in step, for as little as possible",
  goal = "save-energy",
  scale = "medium",
  workload = { pattern = "none" },
  time = { duration = 60 },
  events = { { at = 30, starve = 0.5 } },
}
