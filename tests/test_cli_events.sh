#!/usr/bin/env bash
# What a user sees of events: notes, summary, manifest; and that all ways of carrying them out give the same.
set -u
sims=$(dirname "$(readlink -f "$0")")/../sims
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"

# living FILE TICK: how many lived in the sample of that tick
living() {
    awk -F, -v tick="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "living") column = i }
        $1 == tick { print $column }' "$1"
}

cat >story.lua <<'LUA'
return {
  title = "A story",
  swarm = { size = 40, topology = { kind = "ring", degree = 4 } },
  model = { coupling = 2, frequency = { distribution = "normal", deviation = 0.1 } },
  time = { step = 0.05, duration = 10 },
  record = { every = 0.3 },
  events = {
    { at = 6, restart = { 5 }, set = { ["model.coupling"] = 0.5 } },
    { at = 2.51, cut = { { 3, 4 }, { 3, 5 } }, link = { 3, 20, 1.5 }, stop = { 5, 6 } },
    { at = 10, stop = 9 },
  },
}
LUA

# --- a run --------------------------------------------------------------------------------------------------
expect 0 run story.lua -o one
says err.txt "entrain: t = 2.51 s, tick 50: cut 3-4, 3-5; link 3-20 (weight 1.5); stop 5, 6"
says err.txt "entrain: t = 6 s, tick 120: set model.coupling = 0.5; restart 5"
says out.txt "Events       t = 2.51 s: cut 3-4, 3-5; link 3-20 (weight 1.5); stop 5, 6"
says one/summary.json '"events_planned": 3'
says one/summary.json '"tick": 120'
is "three events in the summary" "$(grep -c '"what"' one/summary.json)" -eq 3
# An event comes before its tick's sample: tick 120 is one, and 39 of 40 live there; at the end one less.
is "living after the restart" "$(living one/series.csv 120)" -eq 39
is "living at the end" "$(living one/series.csv 200)" -eq 38
# The manifest is the same story.
expect 0 run one/manifest.json -o two --set exec.mailbox_capacity=nil --set exec.transport=publish \
    --set exec.policy=dataflow
same one/series.csv two/series.csv
same one/summary.json two/summary.json
expect 0 run story.lua -o three --set time.duration=5
says three/summary.json '"events_planned": 1'
silent three/manifest.json '"restart"'
expect 0 run story.lua -o four --set stop.coherence=0 --set stop.hold=3
says out.txt "2 of 3 did not come to pass"
expect 0 run story.lua -o five --set events=nil
silent five/summary.json '"events'

# Who was stopped is counted neither among the living nor among those together.
cat >last.lua <<'LUA'
return { swarm = { size = 3, topology = { kind = "ring" } }, time = { step = 0.05, duration = 1 },
         model = { phase = 0, frequency = 0 }, events = { { at = 0.5, stop = { 0, 1 } } } }
LUA
expect 0 run last.lua -o nine
says out.txt "Together     1 of 1 actors"
says out.txt "no plateau; but in the last 0.5 s nobody drifted"

# Pictures: who was stopped is in no group's r; words of many events do not lie upon each other.
if command -v gnuplot >/dev/null; then
    cat >crowd.lua <<'LUA'
local events = {}
for i = 1, 19 do events[i] = { at = 0.05 * i, stop = i } end
return { swarm = { size = 40, topology = { kind = "ring" } }, time = { step = 0.05, duration = 4 },
         model = { groups = { count = 2, coupling = { { 1, 1 }, { 1, 1 } } } }, events = events }
LUA
    expect 0 run crowd.lua -o ten
    says ten/phases.svg "group 1: r = 1.000"
    says ten/coherence.svg "stop 1<"
    silent ten/coherence.svg "stop 5<"
    says ten/coherence.svg "stop 18<"
fi

# What is changed and changed back between two samples, or drives the whole, is no leak into the physics.
sed '/^  events/,/^  },/d; /^}/d' story.lua >quick.lua
cat >>quick.lua <<'LUA'
  events = {
    { at = 5.1, set = { ["model.lag"] = 0.3 } }, { at = 5.2, set = { ["model.lag"] = 0 } },
    { at = 7.1, frequency = { 3, 50 } }, { at = 7.15, frequency = { 3, 0 } }, { at = 8, cut = { 7, 8 } },
  },
}
LUA
expect 0 run quick.lua -o eight
says eight/summary.json '"events_planned": 5'

# The theory speaks of a swarm that is left alone.
cat >alone.lua <<'LUA'
return {
  swarm = { size = 50, topology = { kind = "complete" } },
  time = { step = 0.05, duration = 4 },
  events = { { at = 2, set = { ["model.coupling"] = 4 } } },
}
LUA
expect 0 run alone.lua -o nine --set events=nil
says nine/summary.json '"theory"'
expect 0 run alone.lua -o ten
silent ten/summary.json '"theory"'

# --- the grid -----------------------------------------------------------------------------------------------
# In step at t = 9.9, out of it before and after the line is closed again, in step at the end. Column 15:
# frequency_spread.
expect 0 run "$sims/power_grid.lua" -o grid
out_of_step() { awk -F, -v at="$1" 'NR > 1 && $2 < at + 0.05 { s = $15 } END { print (s > 0.5) }' grid/series.csv; }
for at in 9.9:0 29:1 39:1 80:0; do
    is "out of step at t = ${at%:*}" "$(out_of_step "${at%:*}")" -eq "${at#*:}"
done

# --- everywhere ---------------------------------------------------------------------------------------------
expect 0 verify story.lua --policies steal,dataflow
fingerprint=$(sed -n 's/.*"fingerprint": "\(.*\)".*/\1/p' one/summary.json)
says out.txt "runs agree; fingerprint at the end $fingerprint"
expect 0 bench story.lua --workers 1 --policies dataflow --repeat 2 --seconds 0.001
says out.txt "2 of 2 agree on fingerprint"
says err.txt "the scenario's events happen on the way"
expect 0 list events
says out.txt "cut "
expect 0 list events --json
says out.txt '"name": "restart"'

# --- refused ------------------------------------------------------------------------------------------------
refused "--set events=3: events can only be taken out" run story.lua -o six --set events=3
refused "events[2].link names oscillator 20; there are 0 to 19" run story.lua -o six --set swarm.size=20
sed 's/{ 3, 5 } }/{ 3, 9 } }/' story.lua >no_edge.lua
refused "no_edge.lua: events[2]: there is no edge between 3 and 9 to cut at that time." run no_edge.lua -o six
refused "no_edge.lua: events[2]: there is no edge between 3 and 9" verify no_edge.lua
is "nothing was written" ! -e six
# Where the graph may not grow: the run ends with a sentence, and what was before is there.
sed 's/link = { 3, 20, 1.5 }/link = { { 30, 20 }, { 31, 20 } }/' story.lua >grows.lua
expect 1 run grows.lua -o seven --set exec.mailbox_capacity=5
says err.txt "events[2]: mailbox_capacity is 5, but actor 20 of \"kuramoto\" gets up to 6 messages at once"
says out.txt "by a failure, unfinished: t = 2.4 s"

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
