#!/usr/bin/env bash
# Black-box test of `entrain bench actors` and `entrain explore`: test_cli_bench_actors.sh PATH-OF-ENTRAIN
#
# Small runs of every workload; each proves its own answer. No check looks at the value of a time.
set -u

# shellcheck source=cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
count() { grep -cF -- "$2" "$1"; }
workloads=$("$entrain" list workloads | awk '/^  [a-z]/ { print $1 }')
is "nine workloads" "$(wc -w <<<"$workloads")" -eq 9

# --- bench actors
command_prefix=(bench actors)
expect 0 --size quick --workers 1,2 --repeat 2 -o out
silent out.txt WRONG
silent out.txt "left out"
for workload in $workloads; do is "$workload: a row each" "$(count out.txt "  $workload ")" -eq 2; done
is "lines are objects" "$(grep -cv '^{.*}$' out/bench.jsonl)" -eq 0
is "facts first" "$(head -n 1 out/bench.jsonl | grep -c '"kind":"facts".*"what":"actors"')" -eq 1
is "18 rows and the idle one" "$(count out/bench.jsonl '"kind":"row"')" -eq 19
is "the end last" "$(tail -n 1 out/bench.jsonl | grep -c '"load_end"')" -eq 1
is "csv: fields" "$(awk -F, 'NR == 1 { n = NF } NF != n' out/bench.csv | wc -l)" -eq 0
says out/bench.jsonl '"bytes_per_actor":'
says out/bench.jsonl '"cpu_ns_median":'

# PHOLD: the same bits with one worker, two, and more than there are cores, under every policy.
expect 0 --size quick --filter phold --workers 1,2,5 --repeat 1 --policies all --json
silent out.txt WRONG
says out.txt '"execution":"virtual-time"'
is "phold: one fingerprint" "$(grep -o '"fingerprint":"[0-9a-f]*"' out.txt | sort -u | wc -l)" -eq 1
says out.txt "under all"
first=$(grep -o '"fingerprint":"[0-9a-f]*"' out.txt | head -n 1)
expect 0 --size quick --filter phold --workers 1 --repeat 1 --seed 2 --json
is "phold: another seed, another fingerprint" "$(count out.txt "$first")" -eq 0

expect 0 --size quick --filter idle,big --set big.actors=17 --workers 1 --repeat 1 --json
is "two rows" "$(count out.txt '"kind":"row"')" -eq 2
says out.txt '"size":17'
expect 0 --size quick --filter ping-pong --workers 1 --repeat 1 --baseline out/bench.jsonl
says out.txt "baseline"

refused "did you mean ping-pong" --filter pingpong
refused "names flood twice" --filter flood,flood
refused "did you mean actors" --filter big --set big.actor=3
refused "from 2 to 4096" --filter big --set big.actors=1
refused "would change nothing: flood is not run" --filter big --set flood.each=3
refused "WORKLOAD.PARAMETER=VALUE" --set swarm=3
refused "quick or normal" --size huge
refused "would change nothing" --sizes 100
refused "would change nothing" --seconds 1
command_prefix=(bench)
refused "only bench actors has workloads" coupling --filter big
refused "a scenario has no workloads" mine.lua --size quick

# --- explore
command_prefix=(explore)
expect 0 --seeds 1..20
for workload in $workloads; do is "$workload: explored" "$(count out.txt "  $workload ")" -eq 1; done
expect 0 dining,big --seeds 5..9 --json
is "a line each" "$(count out.txt '"seeds":5')" -eq 2
says out.txt '"failed":false'
expect 0 dining --seed 17 --set dining.seats=3
cp out.txt first.txt
expect 0 dining --seed 17 --set dining.seats=3
same out.txt first.txt
says out.txt "Order signature of seed 17"
expect 0 dining --seed 17 --trace
says out.txt "philosopher 0 <- outside: go"
says out.txt "fork 0 <- philosopher 0: take"

# A schedule in which something goes wrong: mailboxes of one message, so that actors come to wait for each
# other. The command that it prints shows it again.
expect 3 big --set big.room=1 --set big.pings=50
says out.txt FAILED
says err.txt "wait for each other's full mailboxes"
says err.txt "To see it again"
sentence=$(head -n 1 err.txt)
read -r -a again < <(sed -n 's/^  entrain explore //p' err.txt)
expect 3 "${again[@]}"
says err.txt "$sentence"
says out.txt "talker 0 <- outside: go"
expect 3 big --set big.room=1 --set big.pings=50 --json
says out.txt '"failed":true'

refused "did you mean dining" dinning
refused "names big twice" big,big
refused "1..1000" --seeds 3..1
refused "1..1000" --seeds many
refused "give one of them" dining --seed 1 --seeds 1..2
refused "name them" dining --trace
refused "name them" --seed 1 --trace

# Ctrl-C
code=0
checks=$((checks + 1))
"$entrain" explore flood --set flood.each=1000 --seeds 1..100000 >out.txt 2>err.txt &
process=$!
sleep 0.3
kill -INT $process
for _ in $(seq 300); do kill -0 $process 2>/dev/null || break; sleep 0.1; done
kill -KILL $process 2>/dev/null
wait $process || code=$?
[ $code -eq 130 ] || fail "Ctrl-C in explore: exit code $code"
says err.txt interrupted

printf '%d checks, %d failures\n' $checks $failures
[ $failures -eq 0 ]
