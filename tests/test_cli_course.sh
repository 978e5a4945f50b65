#!/usr/bin/env bash
# Changes of course as a user sees them: the same under every policy, number of workers, transport and layout; a hook of
# agents that changes goals, room for those whom it lets join, manifests that repeat it all.
set -u
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
path=/nowhere # no pictures

cat >all.lua <<'LUA'
return { goal = "minimize-api-calls", scale = "small", swarm = { topology = { kind = "random-regular" } },
  time = { duration = 8 }, events = {
    { at = 1, goal = "distribute-load" }, { at = 2, goal = "B", join = 7 },
    { at = 3, pattern = "burst", set = { ["workload.load"] = 2, ["gateway.window"] = 0.2, ["agent.coupling"] = 3 } },
    { at = 4, strategy = { "energy-aware", 0.5 } }, { at = 4.5, leave = 0.2 },
    { at = 5, strategy = { "pulse", 0.3 }, leave = 3 }, { at = 5.5, topology = { kind = "small-world", degree = 10 } },
    { at = 6, join = 5, kill = 0.1 }, { at = 6.5, leave = 6, revive = 1, goal = "A" }, { at = 7, topology = "ring" } } }
LUA
expect 0 run all.lua -o one
says err.txt "t = 2 s, tick 200: goal minimize-api-calls; join 7"
says err.txt "t = 4 s, tick 400: strategy energy-aware of 0.5"
says err.txt "t = 4.5 s, tick 450: leave 0.2 of them"
says err.txt "t = 5.5 s, tick 550: topology small-world of degree 10"
says one/manifest.json '"room": 62'
expect 0 run one/manifest.json -o two --set exec.transport=mailbox --set exec.policy=dataflow
same one/series.csv two/series.csv
same one/summary.json two/summary.json
expect 0 verify all.lua --policies steal,dataflow
sed 's/kind = "random-regular"/kind = "complete"/; s/topology = { kind = "small-world", degree = 10 }/topology = "complete"/
    s/topology = "ring"/topology = "complete"/' all.lua >complete.lua
expect 0 verify complete.lua --policies steal
expect 0 list events
for verb in goal strategy pattern topology join leave; do says out.txt "$verb "; done

# A hook of agents: spreads out when it has been together for a while, and back; others join where there is room.
cat >hook.lua <<'LUA'
return { goal = "minimize-api-calls", scale = "small", swarm = { room = 60 }, time = { duration = 40 },
  on_sample = function(s)
    state.past = state.past or {}
    if s.in_band and s.time - s.entered > 3 and s.held > 0.9 and state.last ~= s.goal then
      state.last = s.goal
      state.past[#state.past + 1] = s.goal
      print(#state.past, s.living, s.energy > 0, s.belief > 0, s.acting[s.strategy], s.generated == s.delivered + s.queued + s.shed,
            s.breaker, s.pattern, s.load)
      return { goal = s.goal == "distribute-load" and "minimize-api-calls" or "distribute-load",
               join = s.living == 50 and 10 or nil }
    end
    if state.beyond then return { join = 1 } end
  end }
LUA
expect 0 run hook.lua -o three
says err.txt "$(printf 'hook.lua: 1\t50\ttrue\ttrue\t50\ttrue\tclosed\tmixed\t1.0')"
says err.txt "on_sample: goal distribute-load; join 10"
says err.txt "$(printf 'hook.lua: 2\t60')"
says err.txt "on_sample: goal minimize-api-calls"
expect 0 run three/manifest.json -o four
same three/series.csv four/series.csv
same three/summary.json four/summary.json
expect 0 verify hook.lua --policies steal --ticks 1000
sed 's/state.beyond/s.time > 20/' hook.lua >beyond.lua
expect 1 run beyond.lua -o five
says err.txt "on_sample at t = 20.1 s: 1 agents join, and of 60 places 0 are left; set swarm.room"

# Initial values by index are those of the newcomers, too.
echo 'return { goal = "B", scale = "tiny", time = { duration = 3 }, events = { { at = 1, join = 4 } },
    model = { phase = function(i) assert(i <= 24) return i / 9 end } }' >index.lua
expect 0 run index.lua -o six
says six/summary.json '"living": 24'

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
