#!/usr/bin/env bash
# What a user sees of the control run, --explain, bench resilience, bench agents, and the scenario files of goals:
# test_cli_worth.sh PATH-OF-ENTRAIN
set -u
sims=$(dirname "$(readlink -f "$0")")/../sims
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
path=/nowhere # no pictures
# The keys of a file are sorted: of "calls" the workload's comes first, then the control's, then the swarm's.
field() { sed -n "s/^ *\"$2\": \\([^,]*\\),*\$/\\1/p" "$1" | head -n "${3:-1}" | tail -n 1; }

# --- the control: the same requests, nobody in step, more calls
goal=(run --goal minimize-api-calls --set swarm.size=60 --set time.duration=15 --disrupt kill=0.3@5s)
expect 0 "${goal[@]}" -o with --explain
says err.txt "entrain: control: the same requests and events, and nobody adjusts anything"
says out.txt "against the control:"
grep -Eq "wait, 95 % +[0-9]\.[0-9]{2} s" out.txt || fail "waits that differ by hundredths are rounded to tenths"
says with/summary.json '"same_requests": true'
is "the control makes more calls" "$(field with/summary.json calls 2)" -gt "$(field with/summary.json calls 3)"
awk -v r="$(field with/summary.json coherence 3)" 'BEGIN { exit !(r < 0.5) }' || fail "the control is in step"
# The story is told from the summary alone, and says what was measured.
says out.txt "60 agents, each hearing 8 others at most"
sed -n '/^  60 agents/,$p' out.txt >story.txt
is "a story" -s story.txt
is "at most 80 columns" "$(awk 'length > 80' story.txt | wc -l)" -eq 0
tr '\n' ' ' <story.txt | tr -s ' ' >line.txt
says line.txt "At t = 5 s (kill 0.3) r "
says line.txt "Synchronizing saved calls"
expect 0 show with --explain
sed -n '/^  60 agents/,$p' out.txt >again.txt
same story.txt again.txt
expect 0 show with --explain --json
says out.txt '"explained": ['
# The same bytes for any workers; and no trace of the control without it, on the run itself least of all.
expect 0 "${goal[@]}" -o one --workers 1 --quiet
same with/summary.json one/summary.json
same with/series.csv one/series.csv
expect 0 "${goal[@]}" -o without --no-control
silent without/summary.json '"worth"'
silent out.txt "against the control"
same with/series.csv without/series.csv
# Without requests there is nothing to compare; a run that was cut short says why there is none.
expect 0 run --goal save-energy --scale tiny --set workload.pattern=none --set time.duration=2 -o none
silent none/summary.json '"worth"'
expect 0 run --goal minimize-api-calls --set swarm.size=60 --set time.duration=100000 --timeout 0.2 -o cut
says cut/summary.json "ended before its time"
# A hook's goals are not the control's, its disruptions are; one that spreads in the end says so.
cat >hook.lua <<'LUA'
return {
  goal = "minimize-api-calls", swarm = { size = 300 }, time = { duration = 20 },
  on_sample = function(s)
    if s.tick == 500 then return { { goal = "distribute-load" }, { kill = 0.2 } } end
  end,
}
LUA
expect 0 run hook.lua -o hook --explain
says hook/summary.json '"same_requests": true'
tr '\n' ' ' <out.txt | tr -s ' ' >line.txt
says line.txt "Spreading evenly"
says line.txt "Before that they were after minimize-api-calls: met."

# --- resilience: every kind and strength, the promises judged
command_prefix=(bench)
expect 0 resilience --sizes 40 --seeds 3..3 --json
is "rows" "$(grep -c '"table":"resilience"' out.txt)" -eq 66
is "limits" "$(grep -c '"table":"limits"' out.txt)" -eq 11
is "promises" "$(grep -c '"verdict":"\(held\|refuted\)' out.txt)" -eq 5
# Who never moves again cannot find back: it fails where it must.
grep -q '"kind":"stubborn".*"strength":1.0,.*"recovered":0,' out.txt || fail "stubborn for good, and yet back"
grep -q '"kind":"scramble".*"strength":1.0,.*"alone":1,' out.txt || fail "a scramble was not recovered from"
refused "--seeds" resilience --seeds 3..1
refused "--repeat would change nothing" resilience --repeat 3
refused "--seeds would change nothing" coupling --seeds 1..2

# --- agents beside plain oscillators
expect 0 agents --sizes 200 --workers 1,2 --repeat 2 --seconds 0.001 --json
is "rows" "$(grep -c '"table":"agents"' out.txt)" -eq 16
silent out.txt WRONG
refused "16 agents or more" agents --sizes 10

# --- the files that teach run
command_prefix=(run)
for file in "$sims"/goals/*.lua "$sims"/rolling_restart.lua "$sims"/network_partition.lua "$sims"/chaos.lua \
    "$sims"/database_overload.lua; do
    expect 0 "$file" --set time.duration=0.3 --no-control -o "$(basename "$file" .lua)" --quiet
done
is "one for each goal" "$(find "$sims/goals" -name '*.lua' | wc -l)" -eq 8

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
