#!/usr/bin/env bash
# Runs that are killed, stopped or branched, and go on from their checkpoint: the same bytes as if nothing had happened.
#
# usage: test_cli_checkpoint.sh ENTRAIN [KILLS]     with KILLS: nothing but so many kills of each scenario
set -u
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"

path=/nowhere # no pictures
results="series.csv summary.json phases.csv"
# alike DIR DIR: the files that depend on the scenario and the seed alone
alike() {
    for file in $results; do same "$1/$file" "$2/$file"; done
}

# --- scenarios that have something to lose ------------------------------------------------------------------

# Delays, weights, noise, an edge cut and linked, who stops and comes back.
cat >delayed.lua <<'LUA'
return {
  title = "delayed",
  swarm = { size = 150, topology = { kind = "small-world", degree = 6, rewire = 0.2, weight = { low = 0.5, high = 1.5 },
                                     delay = { low = 0.01, high = 0.15 } } },
  model = { coupling = 1.5, noise = 0.05, lag = 0.1 },
  time = { step = 0.01, duration = 30, integrator = "heun" },
  record = { every = 0.13 },
  stop = { coherence = 0.999, hold = 3 },
  events = { { at = 2, stop = { 5, 6 } }, { at = 3.21, set = { ["model.coupling"] = 2.5 } }, { at = 9, restart = 5 },
             { at = 12, scramble = 0.4 } },
}
LUA
# Agents with work, a hook that remembers, everything that can be disrupted.
cat >agents.lua <<'LUA'
return {
  title = "agents", goal = "minimize-api-calls",
  swarm = { size = 60, room = 70 },
  time = { step = 0.01, duration = 30 },
  record = { every = 0.3 },
  events = { { at = 2, kill = 0.2 }, { at = 3, loss = 0.1 }, { at = 4, delay = 0.05 }, { at = 5, partition = 2 },
             { at = 6, service = { failure = 0.3 } }, { at = 7, starve = 0.2 }, { at = 8, heal = true }, { at = 9, revive = 1 },
             { at = 10, service = "mended" }, { at = 11, load = 2 }, { at = 12, goal = "reach-consensus" }, { at = 13, join = 5 },
             { at = 14, leave = 3 }, { at = 15, strategy = { "phase-nudge", 0.3 } }, { at = 20, slow = { 0.2, 3 } } },
  on_sample = function(s)
    state.calls = (state.calls or 0) + 1
    state.best = math.max(state.best or -math.huge, s.coherence)
    state.seen = state.seen or {}
    state.seen[#state.seen + 1] = { at = s.time, who = "hook", odd = state.calls % 2 == 1 }
    if state.calls % 9 == 0 and math.random() < 0.8 then
      return { scramble = 0.05 * #state.seen / state.calls, ["set"] = { ["workload.load"] = 1 + state.best } }
    end
  end,
}
LUA
# Pulses, in virtual time.
cat >pulse.lua <<'LUA'
return {
  title = "pulse",
  swarm = { size = 40, topology = { kind = "small-world", degree = 6, rewire = 0.2 } },
  model = { kind = "pulse", phase = { distribution = "uniform" } },
  time = { step = 0.01, duration = 60 },
  record = { every = 0.5 },
  events = { { at = 4, stop = { 5, 9 } }, { at = 9, restart = 5 } },
}
LUA

# --- killed -9 at random moments; restored under others ------------------------------------------------------

RANDOM=$$ killed=0 turns=${2:-1}
others=("--workers 3 --policy static" "--workers 1 --policy steal" "--workers 2 --policy dataflow")
for name in delayed agents pulse; do
    expect 0 run $name.lua -o "$name" --quiet
    for ((turn = 0; turn < turns; turn++)); do
        rm -rf down elsewhere
        more=${others[turn % 3]}
        [ $name = pulse ] || [ $((turn % 3)) = 2 ] || more+=" --transport $([ $((turn % 3)) = 0 ] && echo publish || echo mailbox)"
        # Each one waits for the disk: few of them, but several before anybody is killed.
        "$entrain" run $name.lua -o down --checkpoint-every $((150 + RANDOM % 200))ticks --quiet --workers 2 &
        pid=$!
        for ((i = 0; i < 400; i++)); do
            [ ! -e down/checkpoint ] || break
            sleep 0.005
        done
        sleep 0.0$((RANDOM % 9))
        kill -9 $pid 2>/dev/null
        wait $pid 2>/dev/null
        [ -e down/summary.json ] || killed=$((killed + 1))
        # shellcheck disable=SC2086
        expect 0 run --restore down/checkpoint $more -o elsewhere
        says err.txt "going on from down/checkpoint at t = "
        alike "$name" elsewhere
        # At home, twice: once more killed, or at its end already.
        if [ $((turn % 3)) = 0 ]; then
            { timeout -s KILL 0.1 "$entrain" run --restore down --quiet; } >out.txt 2>err.txt
            echo torn >down/checkpoint.part # as by one who was killed while writing it
            expect 0 run --restore down --quiet
            alike "$name" down
            is "$name: nothing is left over" -z "$(find down -name '*.part')"
        fi
    done
done
is "somebody was killed on the way ($killed of $((3 * turns)))" "$killed" -ge 1
expect 0 show elsewhere
if [ $# -ge 2 ]; then
    printf '%d kills on the way, %d checks, %d failures\n' "$killed" "$checks" "$failures"
    [ "$failures" -eq 0 ]
    exit
fi

# --- graphs that have changed by then, and change again ----------------------------------------------------------

# They end at a tick that no checkpoint falls on: the last one is where we say.
cat >edges.lua <<'LUA'
return {
  swarm = { size = 60, topology = { kind = "small-world", degree = 4, weight = { low = 0.5, high = 1.5 } } },
  time = { duration = 10 },
  record = { every = 0.1, snapshots = 1.5 },
  stop = { coherence = 0, hold = 9 },
  events = { { at = 2, link = { { 1, 40, 0.7 }, { 2, 41, 1.3 } } }, { at = 4, cut = { 1, 40 } }, { at = 5.5, link = { 3, 44 } },
             { at = 7, cut = { 2, 41 } }, { at = 8, cut = { 3, 44 } } },
}
LUA
cat >crowd.lua <<'LUA'
return {
  goal = "reach-consensus", swarm = { size = 40, room = 60 }, workload = { pattern = "none" },
  time = { duration = 10 },
  record = { every = 0.1 },
  stop = { coherence = 0, hold = 9 },
  events = { { at = 1, join = 4 }, { at = 2.8, leave = 5 }, { at = 4, topology = { kind = "small-world", degree = 6 } },
             { at = 5.5, join = 6 }, { at = 7, join = 3 }, { at = 8, leave = 4 } },
}
LUA
for name in edges crowd; do
    expect 0 run $name.lua -o $name --quiet
    for ticks in 251 301 501; do
        expect 0 run $name.lua -o cut --quiet --checkpoint-every ${ticks}ticks --policy static
        alike $name cut
        expect 0 run --restore cut/checkpoint -o elsewhere --workers 3
        says err.txt ", tick $((900 / ticks * ticks))"
        alike $name elsewhere
    done
done

# --- Ctrl-C, --timeout, SIGUSR1 ------------------------------------------------------------------------------

sed 's/duration = 30/duration = 40/; s/every = 0.13/every = 1/' delayed.lua >long.lua
sed -i '/stop = { coherence/d' long.lua
expect 0 run long.lua -o long --quiet
for signal in INT TERM; do
    rm -rf cut
    "$entrain" run long.lua -o cut --checkpoint-every 60s >out.txt 2>err.txt &
    pid=$!
    for ((i = 0; i < 400; i++)); do
        [ ! -e cut/checkpoint ] || break
        sleep 0.005
    done
    kill -USR1 $pid
    sleep 0.06
    kill -$signal $pid
    wait $pid
    is "$signal: interrupted" $? -eq 130
    says err.txt " of 4,000 ("
    says err.txt "; last checkpoint at tick 0, "
    says err.txt "all files are complete up to there; entrain run --restore cut goes on from tick "
    says cut/summary.json '"ended": "interrupted"'
done
expect 0 run --restore cut --quiet --policy static
alike long cut
rm -rf late
expect 0 run long.lua -o late --checkpoint-every 60s --timeout 0.05
says err.txt "are over at tick"
says err.txt "; entrain run --restore late goes on from tick"
says late/execution.json '"checkpoints": {'
expect 0 run --restore late --workers 1
says err.txt "going on from late/checkpoint"
says late/execution.json '"restored_at_tick"'
alike long late
# All fire at the very instants at which something is to happen, and a deadline may fall into one.
cat >beats.lua <<'LUA'
local events = {}
for k = 1, 8 do events[k] = { at = k, stop = { k } } end
return {
  swarm = { size = 6000, topology = { kind = "ring", degree = 4 } },
  model = { kind = "pulse", pulse = { strength = 0.02 }, phase = 0 },
  time = { step = 1, duration = 10 }, record = { every = 1 }, events = events,
}
LUA
expect 0 run beats.lua -o beats --quiet
for milliseconds in 06 10 14 18 22 26; do
    rm -rf cut
    expect 0 run beats.lua -o cut --checkpoint-every 60s --timeout 0.0$milliseconds --workers 1 --quiet
    expect 0 run --restore cut --quiet
    alike beats cut
done
# Who did not ask for one gets none; SIGUSR1 changes nothing, quiet or not.
rm -rf none
"$entrain" run long.lua -o none --quiet 2>err.txt &
pid=$!
sleep 0.08
kill -USR1 $pid
wait $pid
says err.txt "no checkpoints"
is "one line" "$(wc -l <err.txt)" -eq 1
alike long none
is "no checkpoint" ! -e none/checkpoint

# --- to stdout, and a scenario beside it ------------------------------------------------------------------------

expect 0 run delayed.lua -o whole --checkpoint-every 250ticks --quiet
alike delayed whole
cp whole/checkpoint kept
expect 0 run --restore kept -o - --quiet
same out.txt delayed/series.csv
expect 0 run delayed.lua --restore kept -o beside --workers 2
says err.txt "going on from kept"
alike delayed beside
refused "swarm.size is 150 in the checkpoint and 151 now; leave it as it is, or run the scenario from its beginning." \
    run delayed.lua --restore kept -o never --set swarm.size=151
refused "model.coupling is 1.5 in the checkpoint and 2 now; leave it as it is, or add --branch to go on from there" \
    run --restore kept -o never --set model.coupling=2

# --- branches --------------------------------------------------------------------------------------------------

expect 0 run delayed.lua -o part --checkpoint-every 60s --set time.duration=15 --set stop=nil --quiet
cp part/summary.json part.json
expect 0 run --restore part --branch --set model.coupling=0.1 --set time.duration=40 -o branch
says err.txt "a branch of part/checkpoint at t = 15 s, tick 1,500: model.coupling = 0.1"
says err.txt "4 events up to there are passed over"
says branch/manifest.json '"branched_from": {'
says branch/manifest.json '"file": "part/checkpoint"'
says branch/summary.json '"branched_from": {'
silent branch/summary.json "part/checkpoint"
is "the series begins there" "$(sed -n 2p branch/series.csv | cut -d, -f1)" -eq 1500
is "and ends at its own end" "$(tail -n 1 branch/series.csv | cut -d, -f1)" -eq 4000
same part/summary.json part.json
# As a set event at that tick does it: the same physics from there on.
sed 's/events = {/events = { { at = 15, set = { ["model.coupling"] = 0.1 } },/' delayed.lua >event.lua
expect 0 run event.lua -o event --quiet --set time.duration=40 --set stop=nil
is "as an event would" "$(tail -n 1 event/series.csv | cut -d, -f1-12,16-18)" = "$(tail -n 1 branch/series.csv | cut -d, -f1-12,16-18)"
# So does one that begins where nothing was planned: who joins takes the first free place, and a goal brings no strategy
# where the scenario says one.
later='events = { { at = 6, join = 5 }, { at = 7, leave = 3 }, { at = 8, goal = "save-energy" } },'
cat >plain.lua <<'LUA'
return { goal = "reach-consensus", agent = { strategy = "phase-nudge" }, swarm = { size = 40, room = 60 },
         workload = { pattern = "none" }, record = { every = 0.5 },
         time = { duration = 5 } }
LUA
sed "s/time = { duration = 5 }/$later time = { duration = 10 }/" plain.lua >planned.lua
sed "s/time = { duration = 5 }/events = { { at = 5, goal = 'save-energy' } }, time = { duration = 10 }/" plain.lua >goal.lua
expect 0 run plain.lua -o plain --quiet --checkpoint-every 60s
expect 0 run planned.lua -o planned --quiet
expect 0 run planned.lua --restore plain --branch -o sprout --quiet
is "as if planned" "$(tail -n 9 planned/series.csv | cut -d, -f1-18)" = "$(tail -n 9 sprout/series.csv | cut -d, -f1-18)"
expect 0 run goal.lua -o goal --quiet
expect 0 run --restore plain --branch --set goal=save-energy --set time.duration=10 -o sprout --quiet
is "a strategy that was said stays" "$(tail -n 9 goal/series.csv | cut -d, -f1-18)" = "$(tail -n 9 sprout/series.csv | cut -d, -f1-18)"
# A branch is a run: it is killed and goes on like any other, from a swarm that the original scenario made.
expect 0 run agents.lua -o home --checkpoint-every 1650ticks --set time.duration=16.5 --quiet --no-control
expect 0 run --restore home --branch -o one --quiet --set time.duration=40 --set goal=save-energy --set workload.pattern=burst \
    --set agent.coupling=0.2
expect 0 run --restore home --branch -o two --quiet --set time.duration=40 --set goal=save-energy --set workload.pattern=burst \
    --set agent.coupling=0.2 --checkpoint-every 700ticks --timeout 0.05
expect 0 run --restore two --quiet --workers 3
alike one two
says one/summary.json '"name": "save-energy"'
silent one/summary.json '"what": "kill'
refused "swarm.size is 60 in the checkpoint and 61 now; a branch cannot change it" run --restore home --branch -o never \
    --set swarm.size=61
refused "seed is 1 in the checkpoint and 7 now; a branch cannot change it" run --restore home --branch -o never --seed 7
refused "time.step is 0.01 in the checkpoint and 0.02 now; a branch cannot" run --restore home --branch -o never \
    --set time.step=0.02
refused "it was written at t = 16.5 s, and time.duration is 16.5 s" run --restore home --branch -o never
refused "a branch is a run of its own, so name another directory with -o" run --restore home --branch -o ./home \
    --set time.duration=20
refused "--branch needs --restore FILE" run agents.lua --branch

# --- what is refused, before anything is touched ---------------------------------------------------------------------

size=$(stat -c %s kept)
for part in 0 10 100 $((size / 2)) $((size - 1)); do
    head -c "$part" kept >torn
    refused "torn: " run --restore torn -o never
done
for place in 9 60 5000 $((size - 20)); do
    cp kept flipped
    printf '\xa5' | dd of=flipped bs=1 seek="$place" conv=notrunc 2>dd.txt
    cmp -s kept flipped || refused "flipped: " run --restore flipped -o never
done
refused "delayed.lua: this is no checkpoint of Entrain's." run --restore delayed.lua -o never
refused "/dev/null: this is no file." run --restore /dev/null -o never
refused "missing: it could not be opened: No such file or directory." run --restore missing
refused "The directory long has no checkpoint; runs with --checkpoint-every have one." run --restore long
refused "exec.workers is 0" run --restore kept -o never --set exec.workers=0
for every in 60 0s -5s 1.5ticks s 10x nan; do
    refused "--checkpoint-every takes wall time or ticks, as 60s, 5min or 1000ticks, not \"$every\"." run delayed.lua \
        -o never --checkpoint-every=$every
done
refused "with -o - there is none" run delayed.lua --checkpoint-every 60s -o -
is "nothing was touched" ! -e never
mkdir apart
cp kept apart/checkpoint
refused "The directory apart holds something else than an Entrain run" run --restore apart
is "nothing was touched there" "$(ls apart)" = checkpoint
# A hook that keeps something elsewhere would forget it: no checkpoint, said once, and the run goes on.
cat >forgets.lua <<'LUA'
local count = 0
return { swarm = { size = 10 }, time = { duration = 5 },
         on_sample = function(s) count = count + 1; if count == 20 then return { stop = 1 } end end }
LUA
expect 0 run forgets.lua -o forgets --checkpoint-every 100ticks
says err.txt "no checkpoint at tick 100: forgets/checkpoint: on_sample changes the local count, which a checkpoint would forget; keep it in the table state."
is "said once" "$(grep -c "no checkpoint" err.txt)" -eq 1
expect 0 run --restore forgets/checkpoint -o again --quiet # from tick 0
alike forgets again
sed 's/count = count + 1/state.f = print/; s/if count .* end end/end/' forgets.lua >holds.lua
expect 0 run holds.lua -o holds --checkpoint-every 100ticks
says err.txt "of on_sample state.f is a function; a checkpoint holds numbers, texts, true, false and tables of these."

# --- a full disk: files may not grow beyond so many blocks of 1024 bytes --------------------------------------------

expect 0 run agents.lua -o small --quiet --no-control --checkpoint-every 60s --timeout 1e-9
expect 0 run agents.lua -o long --quiet --no-control
# Room for the first, not for those of later.
(ulimit -f $(($(stat -c %s small/checkpoint) / 1024 + 6)) && PATH=$path exec "$entrain" run agents.lua -o full --no-control \
    --checkpoint-every 100ticks) >out.txt 2>err.txt
is "the run goes on" $? -eq 0
is "that is said once" "$(grep -c "no checkpoint at tick" err.txt)" -eq 1
says err.txt "full/checkpoint: it could not be written (File too large); make room, or write elsewhere. The run goes on, and the one before is whole."
alike long full
is "nothing torn is left" ! -e full/checkpoint.part
expect 0 run --restore full --no-control # from one of the first
says err.txt "going on from full/checkpoint at t = "
alike long full
# No room for the series: that is the end, but not of what there was.
(ulimit -f 8 && PATH=$path exec "$entrain" run edges.lua -o short --checkpoint-every 30ticks --set record.every=0.01) \
    >out.txt 2>err.txt
is "the run ends" $? -eq 1
says err.txt "short/series.csv.part cannot be written: File too large."
says err.txt "once that is mended, entrain run --restore short goes on from tick "
expect 0 run --restore short --quiet
expect 0 run edges.lua -o edges --quiet --set record.every=0.01
alike edges short

# --- snapshots -------------------------------------------------------------------------------------------------------

# values FILE: those of an array, a line each, with its header checked byte by byte.
values() {
    is "$1: magic and version" "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 934e554d50590100
    is "$1: length of its header" "$(od -An -tu2 -j8 -N2 "$1" | tr -d ' ')" -eq 118
    is "$1: its header" "$(head -c 127 "$1" | tail -c 117 | sed 's/ *$//')" = \
        "{'descr': '<f8', 'fortran_order': False, 'shape': ($2,), }"
    is "$1: its end" "$(od -An -tx1 -j127 -N1 "$1" | tr -d ' ')" = 0a
    is "$1: its size" "$(stat -c %s "$1")" -eq $((128 + 8 * $2))
    od -An -tf8 -w8 -v -j128 "$1" >values.txt
}
expect 0 run delayed.lua -o seen --set record.snapshots=5 --set time.duration=15 --set stop=nil --quiet \
    --checkpoint-every 700ticks
is "at 0, 5, 10, 15 s" "$(ls seen/snapshots | tr '\n' ' ')" = \
    "frequencies-0.npy frequencies-1000.npy frequencies-1500.npy frequencies-500.npy phases-0.npy phases-1000.npy phases-1500.npy phases-500.npy "
values seen/snapshots/phases-1500.npy 150
awk -F, 'NR > 1 { print $2 }' seen/phases.csv | paste - values.txt >both.txt
is "phases are phases.csv's, but of who was stopped" "$(awk '$1 != $2 && $2 != "nan"' both.txt | wc -l)" -eq 0
is "one of 150 lives no more" "$(grep -c nan both.txt)" -eq 1
values seen/snapshots/frequencies-1500.npy 150
awk -F, 'NR > 1 { print $4 }' seen/phases.csv | paste - values.txt >both.txt
is "frequencies are" "$(awk '$1 != $2 && $2 != "nan"' both.txt | wc -l)" -eq 0
cp -r seen first
expect 0 run --restore seen --quiet --workers 3
for file in first/snapshots/*; do same "$file" "seen/snapshots/${file##*/}"; done
touch seen/snapshots/mine.txt
expect 0 run delayed.lua -o seen --quiet --set time.duration=1
is "an earlier run's snapshots are taken away, and only those" "$(ls seen/snapshots)" = mine.txt
is "and its checkpoint" ! -e seen/checkpoint
refused "record.snapshots would make 100001 snapshots, and 100000 is the most" run delayed.lua -o never \
    --set record.snapshots=0.01 --set time.duration=1000
expect 0 run delayed.lua --set record.snapshots=5 --set time.duration=1 -o -
says err.txt "there are no snapshots, because with -o - there is no directory"

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
