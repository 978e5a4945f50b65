-- A database that cannot take everybody at once: the breaker opens, the swarm spreads out, and comes together again.
--
-- In step, a thousand workers make some 34 calls of fifty requests within a tenth of a second, once a second, and a healthy
-- database is fine with that. From 30 to 60 s it is not: of what comes, nine calls in ten fail. After five failures in a row
-- the gateway's circuit breaker opens and nothing goes out for five seconds; then one call tries. The hook below, which is
-- called between two ticks at every sample, sees the open breaker and gives the swarm another goal, to spread evenly, so
-- that whatever the database takes again it gets little by little. When the breaker has been closed for ten seconds the
-- hook brings them together again.
--
-- What to see: coherence.png falls at 30 s and comes back after 70 s; breaker and queued in series.csv; the goals, and
-- when they changed, in summary.json. Nothing is lost: what cannot be delivered waits.
--
--   entrain run sims/database_overload.lua --explain
--   entrain run ... --set gateway.breaker_limit=1000   no breaker to speak of: the hook sees nothing, calls are wasted
local function hook(s)
  if s.breaker ~= "closed" then state.since = s.time end
  if s.breaker == "open" and s.goal ~= "distribute-load" then
    return { goal = "distribute-load" }
  end
  if s.goal == "distribute-load" and s.time - state.since >= 10 then
    return { goal = "minimize-api-calls" }
  end
end

return {
  title = "The database is overloaded, and the swarm makes room",
  goal = "minimize-api-calls",
  scale = "large",
  workload = { pattern = "mixed" },
  gateway = { batch = 50 },
  time = { duration = 120 },
  events = {
    { at = 30, service = { failure = 0.9 } },
    { at = 60, service = "mended" },
  },
  on_sample = hook,
}
