-- Ten minutes of chaos: somebody is killed at random, again and again, and the swarm keeps its step.
--
-- Every 2 to 10 seconds 5 to 30 % of the living die; 1 to 8 seconds later all who are dead come back. Times and shares are
-- drawn here, when the file is read, by Lua's random, which depends on nothing but its own seed: the chaos is the same on
-- every run and every machine. Another one: math.randomseed with another number.
--
-- What to see: the share of the ten minutes in which the goal was held, and the worst moment. Nothing is lost: what the
-- dead held is shed and counted.
--
--   entrain run sims/chaos.lua --explain
--   entrain run ... --seed 7                                         the same kills, other victims
--   entrain run ... --set swarm.size=2000
math.randomseed(6)
local events, at = {}, 15
while true do
  at = at + math.random(20, 100) / 10
  local back = at + math.random(10, 80) / 10
  if back > 595 then break end
  events[#events + 1] = { at = at, kill = math.random(5, 30) / 100 }
  events[#events + 1] = { at = back, revive = 1 }
  at = back
end

return {
  title = "Ten minutes of random kills",
  goal = "minimize-api-calls",
  scale = "medium",
  workload = { pattern = "mixed" },
  time = { duration = 600 },
  events = events,
}
