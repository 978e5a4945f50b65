-- A rolling restart: everybody is stopped and begun anew, a fifth at a time, and the swarm keeps its step.
--
-- Every ten seconds the next 40 of 200 agents stop; five seconds later they begin again, with the phase they had at first,
-- full energy and no idea of the others. Nobody tells them anything: they hear their neighbours and catch up. In the end
-- no agent is left that was there at the beginning.
--
-- What to see: coherence.png: each return is a dip, each dip is shorter than the five seconds until the next ones leave.
-- Requests that a stopped agent held are shed, and counted: generated = delivered + queued + shed.
--
--   entrain run sims/rolling_restart.lua --explain
--   entrain run ... --set swarm.size=2000                            (the fifths are counted from `agents` below)
--   entrain run ... --set agent.coupling=1                           weak ties: is five seconds still enough?
local agents, parts = 200, 5
local events = {}
for part = 0, parts - 1 do
  local fifth = {}
  for i = part * agents // parts, (part + 1) * agents // parts - 1 do fifth[#fifth + 1] = i end
  events[#events + 1] = { at = 20 + 10 * part, stop = fifth }
  events[#events + 1] = { at = 25 + 10 * part, restart = fifth }
end

return {
  title = "A fifth at a time, everybody begins anew",
  goal = "minimize-api-calls",
  swarm = { size = agents },
  workload = { pattern = "mixed" },
  time = { duration = 80 },
  events = events,
}
