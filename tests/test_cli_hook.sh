#!/usr/bin/env bash
# What a user sees of on_sample: events of its own, state, limits, errors with their line, manifests that repeat.
set -u
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"

path=/nowhere # no pictures
# scenario NAME BODY [TOP]: a scenario whose on_sample has this body, from line 8 on
scenario() {
    cat >"$1.lua" <<LUA
${3:-}
return {
  swarm = { size = 40, topology = { kind = "ring", degree = 4 } },
  model = { coupling = 2, frequency = { distribution = "normal", deviation = 0.1 }, phase = function(i) return i / 7 end },
  time = { step = 0.05, duration = 10 },
  record = { every = 0.3 },
  events = { { at = 6, set = { ["model.coupling"] = 0.5 } } },
  on_sample = function(s)
$2
  end,
}
LUA
}

# --- it sees the swarm, remembers, and changes course -------------------------------------------------------
scenario story '
    state.calls = state.calls + 1
    if state.calls == 5 then
      print("seen", s.tick, s.time, s.living, s.seed, s.r8 ~= nil, s.energy)
      return { stop = { 3, 4 }, cut = { 7, 8 } }
    end
    if s.time > 7 and not done then
      done = true
      return { { restart = 3 }, { set = { ["model.coupling"] = 1 + s.coherence } } }
    end
    if state.calls == 12 then return {} end' 'state.calls = 0
print("loaded")'
expect 0 run story.lua -o one
says err.txt "entrain: t = 1.2 s, tick 24, on_sample: cut 7-8; stop 3, 4"
says err.txt "entrain: t = 6 s, tick 120: set model.coupling = 0.5"
says err.txt "entrain: t = 7.2 s, tick 144, on_sample: restart 3"
says out.txt "Events       t = 1.2 s (on_sample): cut 7-8; stop 3, 4"
says err.txt "$(printf 'story.lua: seen\t24\t1.2\t40\t1\ttrue\tnil')"
is "what the script prints is said once" "$(grep -c loaded err.txt)" -eq 1
is "three events of on_sample in the summary" "$(grep -c '"by": "on_sample"' one/summary.json)" -eq 3
says one/summary.json '"events_planned": 4'
# The sample shows what the swarm was when it was asked, the next one what became of it.
is "living when asked" "$(awk -F, '$1 == 24 { print $7 }' one/series.csv | grep -c .)" -eq 1
expect 0 run one/manifest.json -o two --set exec.transport=publish --set exec.mailbox_capacity=nil --set exec.policy=dataflow
same one/series.csv two/series.csv
same one/summary.json two/summary.json
expect 0 run two/manifest.json -o three
same two/manifest.json three/manifest.json
expect 0 verify story.lua --policies steal,dataflow
fingerprint=$(sed -n 's/.*"fingerprint": "\(.*\)".*/\1/p' one/summary.json)
says out.txt "runs agree; fingerprint at the end $fingerprint"
silent err.txt "seen"
# It did something.
expect 0 run story.lua -o four --set on_sample=nil
silent four/summary.json "on_sample"
is "without it all is otherwise" "$(cmp -s one/series.csv four/series.csv; echo $?)" -eq 1
expect 0 bench story.lua --workers 1 --policies dataflow --repeat 1 --seconds 0.001
says err.txt "on_sample is not called"
expect 0 list keys
says out.txt "on_sample"

# Many events: the first thousand are listed, all happen, few are told.
scenario many '    return { frequency = { 0, s.tick } }'
expect 0 run many.lua -o many --set record.every=0.05 --set time.duration=60 --set swarm.topology.degree=2
is "a thousand are listed" "$(grep -c '"by": "on_sample"' many/summary.json)" -eq 1000
says many/summary.json '"events_unlisted": 200'
says many/summary.json '"what": "set model.coupling = 0.5"'
is "few are told" "$(grep -c 'on_sample:' err.txt)" -eq 20
says err.txt "on_sample goes on so"
says out.txt "and 200 events of on_sample"

# --- errors end the run, with the line ----------------------------------------------------------------------
# wrong WORDS BODY: exit 1 with a sentence that has these words
wrong() {
    scenario wrong "$2"
    expect 1 run wrong.lua -o wrong --force
    says err.txt "$1"
    says out.txt "by a failure, unfinished"
}
wrong 'wrong.lua:9: nothing here.' '    error("nothing here")'
wrong 'wrong.lua:9: attempt to perform arithmetic on a nil value (field '"'nonsense'"').' '    return s.nonsense + 1'
wrong 'wrong.lua:9: on_sample did not end within 20 million instructions' '    while true do end'
wrong 'on_sample did not end within 20 million instructions' '    while true do pcall(function() while true do end end) end'
wrong 'wrong.lua:9: on_sample needs more than 64 MiB of memory; keep less from call to call.' \
    '    state.x = ("x"):rep(70 * 2^20)'
wrong 'wrong.lua:8: on_sample returned a number; it must return nothing, or a table.' '    return 5'
wrong 'wrong.lua:8: on_sample at t = 0 s: event has "stopp"; did you mean "stop"?' '    return { stopp = 5 }'
wrong 'wrong.lua:8: on_sample at t = 0 s: event[2].stop names oscillator 40; there are 0 to 39' \
    '    return { { stop = 5 }, { stop = 40 } }'
wrong 'event has "at"; what on_sample returns happens at once' '    return { at = 5, stop = 3 }'
wrong 'event.set: model.coupling is "much"; it must be a number' '    return { set = { ["model.coupling"] = "much" } }'
wrong 'wrong.lua:8: on_sample at t = 0 s: edges[0]: there is no edge between 3 and 30 to take away.' '    return { cut = { 3, 30 } }'
wrong 'wrong.lua:8: stop is a function; only numbers, texts' '    return { stop = print }'
wrong 'event[1] is 7; an event is a table such as { cut = { 3, 7 } }.' '    return { 7 }'
# In a manifest the line is the script's.
expect 1 run wrong/manifest.json -o again --force
says err.txt "wrong/manifest.json: on_sample:8: on_sample at t = 0 s: event[1] is 7"
expect 1 verify wrong.lua
says err.txt "event[1] is 7"

# --- refused before anything runs ---------------------------------------------------------------------------
sed -i '/^print/d' story.lua
refused "--set on_sample=3: on_sample can only be taken out by --set (on_sample=nil)" run story.lua --set on_sample=3
sed 's/on_sample = function(s)/on_sample = 7, other = function(s)/' story.lua >no.lua
refused "other is a function" run no.lua
sed 's/"on_sample": ".*"/"on_sample": "return { 5 }"/' one/manifest.json >text.json
refused 'text.json: on_sample: the script'"'"'s table has no function on_sample' run text.json
sed 's/"on_sample": ".*"/"on_sample": 5/' one/manifest.json >text.json
refused "text.json: on_sample is 5; it must be a function, on_sample = function(s) ... end" run text.json
sed 's/"on_sample": ".*"/"on_sample": "return {"/' one/manifest.json >text.json
refused "text.json: on_sample:1: unexpected symbol near <eof>" run text.json
{ echo "-- $(printf '\377')"; cat story.lua; } >bytes.lua
refused "bytes.lua: a script with on_sample is stored whole, as UTF-8" run bytes.lua

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
