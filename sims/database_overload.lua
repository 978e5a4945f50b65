-- A database that cannot take everybody at once: the breaker opens, the swarm spreads out, and comes together again.
--
-- Calls carry at most ten requests, and the database takes 30 calls a second. In step, all come at once: more than it
-- takes. It turns calls away, and after five refusals in a row the gateway's circuit breaker opens: nothing goes out for
-- some seconds. The hook below sees that between two ticks and gives the swarm another goal, to spread evenly; the same
-- requests, handed over evenly, are no more than the database takes. When it has been well for ten seconds, the hook
-- tries acting together again: from 60 s on there is less to do, and together is then good enough, and cheaper.
--
-- What to see: breaker and coherence in series.csv; the hook's events in summary.json; shed is 0, nothing is lost.
--
--   entrain run sims/database_overload.lua --explain
--   entrain run ... --set service.rate=100                           a database large enough: the breaker stays closed
local function hook(s)
  if s.breaker == "open" and s.goal ~= "distribute-load" then
    state.since = s.time
    return { goal = "distribute-load" }
  end
  if s.breaker ~= "closed" then state.since = s.time end
  if s.goal == "distribute-load" and s.breaker == "closed" and s.time - state.since >= 10 then
    return { goal = "minimize-api-calls" }
  end
end

return {
  title = "The database is overloaded, and the swarm makes room",
  goal = "minimize-api-calls",
  scale = "medium",
  workload = { pattern = "mixed" },
  gateway = { batch = 10 },
  service = { rate = 30 },
  time = { duration = 120 },
  events = {
    { at = 60, load = 0.3 },
  },
  on_sample = hook,
}
