-- Two hundred workers call one external service, each whenever its own turn comes; together they need a fraction of the calls.
--
-- Every agent produces requests at random and hands over what it has collected when its phase comes round, once a second.
-- A gateway puts into one call whatever arrives within a tenth of a second. Nobody is in charge: each agent hears eight
-- others and turns towards where it believes the swarm to be. Out of step the gateway never gets two batches at once;
-- in step it gets all of them, and one call carries everybody's requests.
--
-- What to see: "Worth", at the end of the summary. The control is the same swarm with the same requests, to the last one,
-- in which nobody adjusts anything. Calls and cost fall; the price is what requests wait for.
--
--   entrain run sims/goals/minimize_api_calls.lua --explain          the story in a few sentences
--   entrain run ... --set gateway.window=0.02                        a narrow window: coherence has to be that much better
--   entrain run ... --set workload.pattern=burst                     other requests
--   entrain run ... --set agent.coupling=0                           nobody cares: the control, as a run of its own
--   entrain run ... --disrupt kill=0.5@20s                           half of them die, and those that live go on
return {
  title = "Two hundred workers learn to call together",
  goal = "minimize-api-calls",
  scale = "medium",
  workload = { pattern = "mixed" },
  gateway = { window = 0.1 },
  time = { duration = 60 },
}
