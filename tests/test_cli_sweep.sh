#!/usr/bin/env bash
# What a user sees of entrain sweep: what is planned, refused, carried out, gone on with: test_cli_sweep.sh PATH-OF-ENTRAIN
set -u
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
path=/nowhere # no pictures
cat >s.lua <<'LUA'
return {
  swarm = { size = 40, topology = { kind = "complete" } }, model = { coupling = 2 },
  time = { step = 0.05, duration = 2 }, seed = 5,
  sweep = { ["swarm.size"] = { 20, 40 }, ["model.coupling"] = range(0, 2, 1), axes = { "swarm.size" }, replicas = 2 },
}
LUA
cat >plain.lua <<'LUA'
return { swarm = { size = 40, topology = { kind = "complete" } }, time = { step = 0.05, duration = 2 } }
LUA
lines() { wc -l <"$1" | tr -d ' '; }

# --- what will be done, and nothing done
expect 0 sweep s.lua --dry-run
says out.txt "run 11  point 5  replica 2  seed 6  swarm.size = 40, model.coupling = 2"
says out.txt "12 runs of 6 points, 2 replicas"
is "nothing was written" ! -e out
expect 0 sweep s.lua --dry-run --only 'size > 20 and replica == 1'
is "three runs and their sum" "$(grep -c '^run ' out.txt)" -eq 3
says out.txt "run 6  point 3"
says out.txt "--only leaves out 9"
expect 0 sweep s.lua --dry-run --json --set model.coupling=1
is "a line a run" "$(lines out.txt)" -eq 4
says out.txt '"command":"entrain run s.lua --set model.coupling=1 --set swarm.size=20 --seed 5"'
expect 0 sweep plain.lua --dry-run --set swarm.size=10:1000:x10 --set 'swarm.topology.kind=complete,ring' --replicas 3
says out.txt "18 runs of 6 points"
says out.txt "swarm.size = 1000, swarm.topology.kind = ring"
expect 0 sweep --goal minimize-api-calls,distribute-load --scale tiny --dry-run
says out.txt "goal = distribute-load"

# --- refused before anything runs, in one sentence
refused "nothing is swept" sweep plain.lua
refused "did you mean \"swarm.size\"?" sweep plain.lua --set swarm.sise=10,20
refused "point 1 of the sweep: swarm.size = 1" sweep plain.lua --set swarm.size=10,1
refused "the command line: sweep: goal is \"coherense\"" sweep --goal save-energy,coherense
refused "--only \"siz > 2\": there is nothing called siz here; did you mean size?" sweep s.lua --only 'siz > 2'
refused "leaves none of the 12 runs" sweep s.lua --only 'size > 100'
refused "--order: the order \"sideways\" is not known" sweep s.lua --order sideways
refused "did you mean coherence?" sweep plain.lua --find 'model.coupling=0:4 where cohernce > 0.5'
refused "--replicas takes a whole number from 1" sweep s.lua --replicas 0
refused "--jobs takes a whole number from 1" sweep s.lua -j none
refused "--on-error takes continue or stop" sweep s.lua --on-error ignore
refused "-j says how many" sweep s.lua --set exec.workers=2
refused "use one of them" sweep s.lua --resume --force
refused "-o takes a directory here" sweep s.lua -o -
echo 'simulate{ swarm = { size = 10 } }' >script.lua
refused "is for \`entrain run\`" sweep script.lua --replicas 2
refused "sweep has no option --workers" sweep s.lua --workers 2
is "still nothing was written" ! -e out
# Lists are a sweep's; other commands say so.
refused "lists and ranges are for entrain sweep" run plain.lua --set swarm.size=10,20
refused "lists and ranges are for entrain sweep" run plain.lua --set model.coupling=0:4:0.25
refused "lists are for entrain sweep" verify plain.lua --set swarm.topology.kind=ring,star
# entrain run of a file with a sweep: once.
expect 0 run s.lua -o once
says err.txt "\`entrain sweep s.lua\` runs it all"
silent once/manifest.json '"sweep"'
expect 0 verify s.lua --ticks 5 --quiet

# --- carried out
expect 0 sweep s.lua -o a -j 2
says out.txt "12 runs"
is "a row a run" "$(lines a/results.csv)" -eq 13
is "a row a point" "$(lines a/aggregate.csv)" -eq 7
for file in manifest.json runs.jsonl timing.csv; do is "$file" -s "a/$file"; done
expect 0 sweep s.lua -j 1 --quiet
same a/results.csv out/s-sweep/results.csv
same a/aggregate.csv out/s-sweep/aggregate.csv
is "quiet" ! -s err.txt
# Each row is what entrain run says.
expect 0 run s.lua --set model.coupling=1 --set swarm.size=40 --seed 6 --quiet -o row
print=$(sed -n 's/.*"fingerprint": "\([0-9a-f]*\)".*/\1/p' row/summary.json | head -n 1)
is "a fingerprint" -n "$print"
is "the row of run 9 has the run's fingerprint" "$(grep -c "^9,.*$print" a/results.csv)" -eq 1
# Finished: replaced, as a run's is; a directory of something else is not.
expect 0 sweep s.lua -o a --quiet --only 'replica == 1'
is "chosen rows" "$(grep -c ',done,' a/results.csv)" -eq 6
# What was left out is added; what is there is not done again.
expect 0 sweep s.lua -o a --resume --json
says out.txt '"earlier": 6'
same a/results.csv out/s-sweep/results.csv
refused "holds something else than an Entrain sweep" sweep s.lua -o once
expect 0 sweep a/manifest.json -o again --quiet
cut -d, -f4- a/results.csv >a.rows
cut -d, -f4- again/results.csv >again.rows
same a.rows again.rows

# --- interrupted, and gone on with
sed 's/duration = 2 }/duration = 800 }/' s.lua >long.lua
(
    for _ in $(seq 1000); do
        [ -s long/runs.jsonl ] && [ "$(lines long/runs.jsonl)" -ge 3 ] && break
        sleep 0.02
    done
    pid=$(cat pid.txt)
    kill -INT "$pid"
) &
"$entrain" sweep long.lua -o long -j 1 --force 2>err.txt >out.txt &
echo $! >pid.txt
code=0
wait $! || code=$?
wait
is "interrupted: 130, not $code" "$code" -eq 130
says err.txt "to go on: entrain sweep long.lua -o long -j 1 --resume" # --force would begin again
is "some was done, not all" "$(grep -c ',done,' long/results.csv)" -lt 12
refused "has not come to its end; go on with --resume" sweep long.lua -o long
# A terminal that went away is no other end; with nohup nothing hears of it.
for nohup in "" nohup; do
    $nohup "$entrain" sweep long.lua -o gone -j 1 --force --only 'run < 6' >out.txt 2>err.txt &
    pid=$!
    for _ in $(seq 1000); do
        [ -s gone/runs.jsonl ] && [ "$(lines gone/runs.jsonl)" -ge 2 ] && break
        sleep 0.02
    done
    kill -HUP $pid
    code=0
    wait $pid || code=$?
    is "the terminal went away${nohup:+ (nohup)}: $code" "$code" -eq "$([ -n "$nohup" ] && echo 0 || echo 130)"
    is "there are tables" -s gone/results.csv
    rm -r gone
done
refused "began with another seed (5, now 6)" sweep long.lua -o long --resume --seed 6
refused "began with another axes" sweep long.lua -o long --resume --set model.noise=0,1
refused "began with another swarm.size ([20,40], now [20,50])" \
    sweep long.lua -o long --resume --set swarm.size=20,50
refused "began with another replicas (2, now 3)" sweep long.lua -o long --resume --replicas 3
cp long.lua kept.lua
echo "-- changed" >>long.lua
refused "the text of long.lua" sweep long.lua -o long --resume
mv kept.lua long.lua
expect 0 sweep long.lua -o long --resume --quiet -j 2
expect 0 sweep long.lua -o whole --quiet -j 2
same long/results.csv whole/results.csv
same long/aggregate.csv whole/aggregate.csv

# --- some fail: 4, and the others are there
cat >fails.lua <<'LUA'
return {
  swarm = { size = 20 }, time = { step = 0.05, duration = 1 },
  on_sample = function(s) if s.time > 0.5 then error("too far") end end,
  sweep = { ["time.duration"] = { 0.2, 1, 0.3 } },
}
LUA
expect 4 sweep fails.lua -o fails
says err.txt "1 run failed"
says out.txt "3 runs in " # each once
says fails/results.csv "too far"
is "the others are done" "$(grep -c ',done,' fails/results.csv)" -eq 2
expect 4 sweep fails.lua -o fails --resume --quiet # what failed is known
expect 4 sweep fails.lua -o stops --on-error stop --order given -j 1 --quiet
is "and stopped" "$(grep -c ',done,' stops/results.csv)" -eq 1

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
