#!/bin/bash
# entrain sweep, killed (-9), interrupted (Ctrl-C) and out of disk at random moments, and resumed until it ends: results.csv
# and aggregate.csv are those of a sweep that nobody disturbed, byte by byte, at any -j.
#
# usage: test_cli_sweep_kill.sh ENTRAIN [KILLS [SEED]]
# shellcheck source=tests/cli_check.sh
. "${BASH_SOURCE[0]%/*}/cli_check.sh"
kills=${2:-8} RANDOM=${3:-1} setsid=$(command -v setsid)

# Runs, ladders, searches. Without gnuplot (PATH): pictures are not what is looked at.
cat >singles.lua <<'END_LUA'
return {
  swarm = { size = 40, topology = { kind = "complete" } },
  model = { kind = "kuramoto", coupling = 1, frequency = { distribution = "lorentz", width = 0.5 } },
  time = { step = 0.05, duration = 10 },
  sweep = { ["swarm.size"] = { 30, 1000 }, ["model.coupling"] = range(0, 3, 1), replicas = 2 },
}
END_LUA
cat >ladder.lua <<'END_LUA'
return {
  swarm = { size = 100, topology = { kind = "complete" } },
  model = { kind = "kuramoto", coupling = 1, frequency = { distribution = "lorentz", width = 0.5 } },
  time = { step = 0.05, duration = 10 },
  sweep = { ["swarm.size"] = { 50, 200 }, ["model.coupling"] = range(0, 2, 0.5), replicas = 2, order = "up,down" },
}
END_LUA
cat >find.lua <<'END_LUA'
return {
  swarm = { size = 100, topology = { kind = "complete" } },
  model = { kind = "kuramoto", coupling = 1, frequency = { distribution = "lorentz", width = 0.5 } },
  time = { step = 0.05, duration = 20 },
  sweep = { ["swarm.size"] = { 50, 200 }, replicas = 2,
    find = { "model.coupling", where = "coherence > 0.5", between = { 0, 4 }, tolerance = 0.05 } },
}
END_LUA

sweep() { # FILE DIR J ARGS...: in the background, in a process group of its own
    local file=$1 directory=$2 workers=$3
    shift 3
    PATH=/nowhere "$setsid" "$entrain" sweep "$file" -o "$directory" -j "$workers" --quiet "$@" >out.txt 2>err.txt &
    process=$!
}
settle() { # waits for the last sweep; its exit code in `code`
    code=0
    wait "$process" 2>/dev/null || code=$?
}
none_left() { # no process of the group survives; they have a moment to go
    local round
    for round in {1..200}; do
        # pid (name) state parent group ...; one that has ended and waits to be reaped is no survivor
        cat /proc/[0-9]*/stat 2>/dev/null | awk -v group="$process" '$5 == group && $3 != "Z" { found = 1 } END { exit !found }' ||
            return 0
        read -rt 0.05 <> <(:) || true
    done
    fail "a process survives its parent, $1 (round $round)"
}

files=(singles ladder find)
for name in "${files[@]}"; do
    sweep "$name.lua" "whole-$name" 2
    settle
    is "$name: undisturbed, exit code $code" "$code" = 0
done

done_kills=0 sweeps=0 interrupted=0
while [ "$done_kills" -lt "$kills" ]; do
    name=${files[sweeps % 3]} workers=$((1 + sweeps / 3 % 3)) directory=killed-$sweeps here=0
    sweeps=$((sweeps + 1))
    for attempt in {1..60}; do
        sweep "$name.lua" "$directory" "$workers" --resume
        if [ "$here" -lt 3 ] && [ "$done_kills" -lt "$kills" ]; then
            # After up to a third of a second, somewhere in it.
            read -rt "0.$(printf %03d $((RANDOM % 300)))" <> <(:) || true
            case $((RANDOM % 3)) in
            0) kill -KILL "$process" 2>/dev/null || true ;;  # the parent alone
            1) kill -KILL -- "-$process" 2>/dev/null || true ;; # all of them
            2) kill -INT -- "-$process" 2>/dev/null || true ;;  # as a terminal does
            esac
            here=$((here + 1)) done_kills=$((done_kills + 1))
        fi
        settle
        none_left "sweep $name -j $workers, attempt $attempt, exit code $code"
        case $code in
        0) break ;;
        130 | 137) interrupted=$((interrupted + 1)) ;;
        *) fail "sweep $name -j $workers --resume: exit code $code in attempt $attempt" && break ;;
        esac
    done
    is "$name -j $workers ends" "$code" = 0
    for file in results.csv aggregate.csv; do same "$directory/$file" "whole-$name/$file"; done
    rm -rf "$directory"
done

is "some sweep was interrupted" "$interrupted" -gt 0

# A disk that is full: files may not grow beyond so many blocks of 1024 bytes, a few more each time.
for room in 2 5 12 30; do
    (ulimit -f "$room" && PATH=/nowhere exec "$entrain" sweep singles.lua -o full -j 2 --quiet --resume) >out.txt 2>err.txt && code=0 || code=$?
    is "a full disk: exit code $code" "$code" -ne 0
    is "a full disk says something" -s err.txt
    checks=$((checks + 1))
    grep -qE 'make room|File too large' err.txt || fail "a full disk is not told as one"
done
sweep singles.lua full 2 --resume
settle
is "with room again it ends, exit code $code" "$code" = 0
same full/results.csv whole-singles/results.csv

echo "$checks checks, $failures failures, $done_kills kills in $sweeps sweeps, $interrupted of them in time"
exit $((failures > 0))
