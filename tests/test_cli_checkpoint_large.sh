#!/usr/bin/env bash
# A million agents, checkpointed, killed, and restored under another policy, number of workers and transport: the same
# fingerprint, sample by sample; and what a checkpoint takes.
#
# usage: test_cli_checkpoint_large.sh ENTRAIN SIMS
set -u
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
sims=$2 path=/nowhere limit_s=1200

short=(--set time.duration=0.4 --set record.every=0.1 --quiet)
expect 0 run "$sims/million.lua" -o whole "${short[@]}" --workers 2
"$entrain" run "$sims/million.lua" -o down "${short[@]}" --checkpoint-every 10ticks --workers 2 &
pid=$!
for ((i = 0; i < 3000; i++)); do
    [ ! -e down/checkpoint ] || [ "$(wc -l <down/series.csv.part)" -lt 3 ] || break
    sleep 0.1
done
kill -9 $pid
wait $pid 2>/dev/null
is "it was killed on the way" ! -e down/summary.json
expect 0 run --restore down --set record.every=0.1 --workers 3 --policy static --transport mailbox --quiet
same whole/series.csv down/series.csv
same whole/summary.json down/summary.json
same whole/phases.csv down/phases.csv
bytes=$(stat -c %s down/checkpoint)
is "at most 100 bytes an agent ($bytes)" "$bytes" -lt 100000000

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
