#!/usr/bin/env bash
# Black-box test of the `entrain` command: test_cli.sh PATH-OF-ENTRAIN
#
# Every exit code, every refusal, the files of a run, signals, and that the bits do not depend on how a run is carried
# out. Needs bash, coreutils, grep, sed and awk; there may be no jq or python.
set -u

sims=$(cd "$(dirname "$(readlink -f "$0")")/../sims" && pwd)
# shellcheck source=cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
value() { # value FILE KEY: of one "key": line of our JSON, which has one a line; the outermost is last in key order or unique
    sed -n "s/^ *\"$2\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$1" | head -n 1
}

# A small swarm that takes milliseconds; a large one that takes minutes.
cat >small.lua <<'LUA'
return {
  title = "A small swarm", swarm = { size = 60, topology = { kind = "small-world", degree = 4, rewire = 0.2 } },
  model = { coupling = 2 }, time = { step = 0.02, duration = 2 }, record = { every = 0.1 },
}
LUA
cat >long.lua <<'LUA'
return {
  title = "A long run", swarm = { size = 2000, topology = { kind = "ring", degree = 4 } },
  time = { step = 0.01, duration = 100000 }, record = { every = 0.5 },
}
LUA
cat >locked.lua <<'LUA'
return {
  title = "All alike", swarm = { size = 50, topology = { kind = "complete" } },
  model = { coupling = 4, frequency = { distribution = "constant", value = 1 } },
  time = { step = 0.02, duration = 50 }, stop = { coherence = 0.95, hold = 1 }, record = { every = 0.1 },
}
LUA

# --- help, version, list -------------------------------------------------------------------------------------------
expect 0 --help
says out.txt "entrain run SCENARIO"
for present in sweep diff plot report; do says out.txt "entrain $present"; done
expect 0 help run
says out.txt "--workers N"
expect 0 verify --help
says out.txt "--ticks N"
expect 0 --version
says out.txt "entrain "
expect 0 help
expect 0 list
for topic in topologies models policies transports distributions samplings integrators normalise overflow simd layouts events keys; do
    says out.txt "entrain list $topic"
    expect 0 list "$topic"
    is "list $topic shows something" -s out.txt
    expect 0 list "$topic" --json
    says out.txt '"name"'
    expect 0 list
done
expect 0 list policies
says out.txt steal
expect 0 list keys
says out.txt swarm.topology.degree
says out.txt "number; default 0.1; where kind is small-world"
says out.txt "rows of numbers; with count"
says out.txt "number; default 2; where kind is kuramoto, swing"

# --- usage: exit code 2, one sentence, the nearest known word ---------------------------------------------------------
expect 2
expect 2 rnu small.lua
says err.txt "did you mean run?"
expect 2 sweep small.lua
expect 2 small.lua
says err.txt "as in entrain run small.lua."
expect 0 help run
says out.txt "frequencies.png"
expect 2 help rum
says err.txt "did you mean run?"
expect 2 list topologie
says err.txt "did you mean topologies?"
expect 2 run
says err.txt "needs a SCENARIO"
expect 2 run small.lua small.lua
says err.txt "one too many"
expect 2 run small.lua --worker 2
says err.txt "did you mean --workers?"
expect 2 run small.lua --out x
says err.txt "did you mean --output?"
expect 2 run small.lua --ticks 5 # verify's
expect 2 run small.lua --workers
says err.txt "needs a value"
expect 2 run small.lua --workers two
for count in 0 257 99999999999999999999; do
    expect 2 run small.lua --workers $count
    says err.txt "--workers takes a whole number from 1 to 256"
done
expect 2 run small.lua --seed -1
expect 2 run small.lua --seed dice
expect 2 run small.lua --timeout 0
expect 2 run small.lua --json=yes
expect 2 run small.lua --set swarm.size
says err.txt "KEY=VALUE"
expect 2 run small.lua --set swarm.sise=5
says err.txt "swarm.size"
expect 2 run small.lua --set swarm.size=1
expect 2 run small.lua --set exec.mailbox_capacity=1
says err.txt "small.lua: exec.mailbox_capacity is 1"
# What the library refuses comes in the scenario's words, as a whole sentence.
expect 2 run small.lua --set swarm.topology.degree=5
says err.txt "small.lua: swarm.topology.degree: 5 must be even and from 2 to 58 for small-world of size 60."
expect 2 verify small.lua --set swarm.size=2
says err.txt "small.lua: swarm.size: 2 is too small"
mkdir folder.lua
expect 2 run folder.lua
says err.txt "is a folder"
expect 2 run "$work"
# Refused before the memory is taken.
expect 1 run small.lua --set swarm.size=16777215 --set swarm.topology.degree=100000
says err.txt "this machine has"
expect 1 run small.lua --set swarm.size=100000 --set exec.mailbox_capacity=16777215
says err.txt "100000 mailboxes"
expect 2 run small.lua --policy steel
says err.txt "steal"
expect 2 run small.lua --transport pigeon
expect 2 run missing.lua
says err.txt "missing.lua"
printf 'return { swarm = { sise = 5 } }\n' >wrong.lua
expect 2 run wrong.lua
says err.txt "size"
printf 'return {\n' >broken.lua
expect 2 run broken.lua
says err.txt "broken.lua:"
expect 2 verify broken.lua
expect 2 run small.lua -o - --json
is "nothing was written for a refused run" ! -e out

# --- a run and its files --------------------------------------------------------------------------------------------
expect 0 run small.lua --seed 7 --workers 1
says out.txt "A small swarm"
says out.txt "deterministic: true"
says out.txt "seed 7"
says out.txt "out/small-7"
for name in manifest.json series.csv summary.json execution.json timing.csv phases.csv; do
    is "$name is there" -s out/small-7/$name
done
is "no part is left" -z "$(find out -name '*.part')"
is "one header and 21 samples" "$(wc -l <out/small-7/series.csv)" -eq 22
says out/small-7/series.csv "tick,time_s,coherence,mean_phase,r2,"
fingerprint=$(value out/small-7/summary.json fingerprint)
is "the fingerprint has 16 digits" ${#fingerprint} -eq 16
says out.txt "$fingerprint"
is "it is the last sample's" "$(tail -n 1 out/small-7/series.csv | cut -d, -f18)" = "$fingerprint"
silent out/small-7/summary.json wall
silent out/small-7/summary.json policy
if command -v gnuplot >/dev/null; then
    for name in coherence.png coherence.svg phases.png phases.svg frequencies.png frequencies.svg; do is "$name is there" -s out/small-7/$name; done
fi

# The same seed again, in the same place (an earlier run is replaced) and in another.
cp -r out/small-7 first
expect 0 run small.lua --seed 7 --workers 1
for name in series.csv summary.json phases.csv manifest.json; do same first/$name out/small-7/$name; done
# However it is carried out. Pictures are not what this is about: no gnuplot on this PATH.
number=0
for how in "--workers 8" "--workers 3 --policy serial" "--workers 2 --policy static" "--workers 8 --policy shared" \
    "--workers 1 --transport publish" "--workers 8 --policy steal --set exec.transport=publish" \
    "--set exec.layout=shuffled" "--set exec.layout=near" "--set exec.simd=sse2" "--set exec.simd=sse2 --transport publish" \
    "--workers 3 --policy adaptive" "--workers 2 --policy steal-near --set exec.pin=true"; do
    number=$((number + 1))
    # shellcheck disable=SC2086 # words on purpose
    path=/nonexistent expect 0 run small.lua --seed 7 $how -o "how$number/"
    says out.txt "$fingerprint"
    for name in series.csv summary.json phases.csv; do same first/$name how$number/$name; done
done
says how8/execution.json '"layout": "near"'
says first/execution.json '"layout": "index"'
says first/execution.json '"layout_asked": "auto"'
is "resident memory is said" -n "$(grep -E '"resident_bytes_max": [1-9]' first/execution.json)"
says how$number/execution.json '"pinned": true'
says how$number/execution.json '"machine": "'
says how1/execution.json '"pinned": false'
silent how1/execution.json '"machine"'
says err.txt "gnuplot is not installed"
is "no picture without gnuplot" ! -e how1/coherence.png
says first/execution.json '"barrier": true'
expect 0 run small.lua --seed 7 --policy dataflow -o flows
says out.txt "policy dataflow, transport"
says flows/execution.json '"barrier": false'
expect 0 run small.lua --seed 7 --policy dataflow --set swarm.topology.kind=complete --set swarm.topology.degree=nil \
    --set swarm.topology.rewire=nil -o all
says out.txt "policy dataflow (with a barrier"
says all/execution.json '"barrier": true'
path=/nonexistent expect 0 run small.lua --seed 8 --quiet -o other
is "quiet says nothing" ! -s out.txt
is "quiet says nothing on stderr" ! -s err.txt
checks=$((checks + 1))
cmp -s first/series.csv other/series.csv && fail "another seed gives the same series"

# gnuplot that fails, and what it said, are a note; the run is a success.
mkdir bin
printf '#!/bin/sh\necho "no ink" >&2\nexit 1\n' >bin/gnuplot
chmod +x bin/gnuplot
path=$work/bin:$PATH expect 0 run small.lua -o inkless
says err.txt "no ink"
is "no torn picture" -z "$(find inkless -name '*.part')"

# gnuplot that could not write all of a picture answers 0.
printf '#!/bin/sh\nfor name in coherence phases; do echo "<svg>" >$name.svg.part; echo IHDR >$name.png.part; done\n' >bin/gnuplot
path=$work/bin:$PATH expect 0 run small.lua -o inkless
says err.txt "no whole coherence.png"
is "no torn picture under its name" -z "$(find inkless -name 'coherence.*' -o -name 'phases.[ps]*')"

# Nothing of the surroundings: another language with another decimal point (where there is one), clock, no home.
mkdir locales
if command -v localedef >/dev/null && localedef -i de_DE -f UTF-8 "$work/locales/de_DE.UTF-8" 2>/dev/null; then
    says <(LOCPATH=$work/locales LC_ALL=de_DE.UTF-8 bash -c 'printf %.1f 1,5') "1,5"
fi
code=0
env -i PATH=/nonexistent LOCPATH="$work/locales" LC_ALL=de_DE.UTF-8 TZ=Nowhere/Never "$entrain" run small.lua --seed 7 \
    --set model.coupling=2.0 -o surroundings >out.txt 2>err.txt || code=$?
is "another language" "$code" -eq 0
for name in series.csv summary.json phases.csv; do same first/$name surroundings/$name; done

# A manifest is a scenario.
path=/nonexistent expect 0 run first/manifest.json -o again
same first/series.csv again/series.csv
same first/summary.json again/summary.json

# --- stop condition, timeout, JSON, stdout --------------------------------------------------------------------------
path=/nonexistent expect 0 run locked.lua
says out.txt "by its stop condition"
says out.txt "synchronized: r >= 0.95"
says out/locked-1/summary.json '"ended": "stop condition"'
# The hold of one second, in units of a hundredth.
held=$(awk -v since="$(value out/locked-1/summary.json synchronized_since_s)" -v end="$(value out/locked-1/summary.json time_s)" \
    'BEGIN { printf "%.0f", (end - since) * 100 }')
is "the stop condition held for its second, no more (it was $held hundredths)" "$held" -eq 100
path=/nonexistent expect 0 run locked.lua --set model.coupling=-4 --set stop.below=true --set stop.coherence=0.3 \
    --set stop.hold=0 --set model.phase.distribution=normal --set model.phase.deviation=0.5 -o falling
says falling/summary.json '"ended": "stop condition"'
says out.txt "at the start 0.8"
is "it ends at the first sample below, not before" \
    "$(awk -F, 'NR > 1 { low += $3 <= 0.3 } END { print low }' falling/series.csv)" -eq 1
path=/nonexistent expect 0 run long.lua --timeout 0.3 -o timeout
says out.txt "timeout"
says timeout/summary.json '"ended": "timeout"'
expect 0 show timeout
path=/nonexistent expect 0 run small.lua --seed 7 --json -o json
says out.txt "\"fingerprint\": \"$fingerprint\""
is "stdout is one JSON object" "$(head -c 1 out.txt)$(tail -n 1 out.txt)" = "{}"
expect 0 run small.lua --seed 7 -o -
same out.txt first/series.csv
says err.txt "$fingerprint"
is "-o - writes no files" ! -e -
expect 0 run small.lua --seed random -o -
says err.txt "seed "
checks=$((checks + 1))
code=0
"$entrain" run small.lua -o - >/dev/full 2>err.txt || code=$?
[ "$code" -eq 1 ] || fail "a full disk under -o -: exit code $code, not 1"
says err.txt "No space left"
code=0
"$entrain" list keys >/dev/full 2>err.txt || code=$?
is "a full disk under list" "$code" -eq 1
# Closed streams: what was meant for them reaches no file of the run.
for closed in 0 1 2; do
    code=0
    env PATH=/nonexistent "$(command -v bash)" -c "exec \"\$0\" \"\$@\" $closed>&-" "$entrain" run small.lua --seed 7 -o closed >out.txt 2>err.txt || code=$?
    is "stream $closed closed: exit code $code" "$code" -eq "$((closed == 1))"
    for name in series.csv summary.json phases.csv; do same first/$name closed/$name; done
done
# A reader that has seen enough.
"$entrain" run long.lua -o - 2>err.txt | head -n 2 >out.txt
is "a reader that goes away ends the run without a word of complaint" "$(grep -c 'cannot be written' err.txt)" -eq 0

# --- timeline -------------------------------------------------------------------------------------------------------
path=/nonexistent expect 0 run small.lua --seed 7 --workers 2 --timeline t.json -o timed
says err.txt "to look at t.json: ui.perfetto.dev"
for name in series.csv summary.json phases.csv; do same first/$name timed/$name; done
says t.json '"policy":"steal","dropped":0'
for word in '"name":"worker 1"' '"name":"task 0"' '"name":"serial part"' '"name":"idle"' '"stolen":' \
    '"phase":"start"' '"phase":"visit"' '"phase":"exchange"' '"phase":"end"'; do says t.json "$word"; done
is "the timeline is whole" "$(tail -n 1 t.json)" = "]}"
is "as many ticks as the run had, each of four exchanges" \
    "$(grep -c '"task 0".*"phase":"exchange"' t.json)" -eq $((4 * $(value timed/summary.json ticks)))
path=/nonexistent expect 0 run small.lua --timeline t.json --quiet -o timed # an earlier one is replaced
is "quiet says nothing of it" ! -s err.txt
path=/nonexistent expect 0 run small.lua --timeline inside/timeline.json -o inside/
path=/nonexistent expect 0 run small.lua -o inside
is "the timeline of an earlier run goes with it" ! -e inside/timeline.json
# Refused before anything is written.
cp small.lua precious.lua
expect 2 run small.lua --timeline precious.lua -o untimed
says err.txt "precious.lua holds something else than a timeline"
same small.lua precious.lua
expect 2 run small.lua --timeline nowhere/t.json -o untimed
says err.txt "nowhere/t.json cannot be written: No such file or directory"
expect 2 run small.lua --timeline /dev/null -o untimed
says err.txt "no ordinary file"
expect 2 run small.lua --timeline timed -o untimed
expect 2 run small.lua --timeline untimed/series.csv -o untimed
says err.txt "a run's own file"
expect 2 run small.lua --timeline t.json/below -o untimed
expect 2 run small.lua --timeline= -o untimed
is "nothing was written" ! -e untimed
path=/nonexistent expect 0 run small.lua --timeline precious.lua --force -o untimed
is "--force replaces it" "$(head -c 1 precious.lua)" = "{"
# Room for the newest 65,536 only: 8,000 phases of 16 tasks.
path=/nonexistent expect 0 run long.lua --workers 1 --set exec.cohort=640 --set time.duration=20 --timeline t.json -o timed
says err.txt "holds the last 65,536 spans of each worker; "
is "no more than that" "$(grep -c '"ph":"X"' t.json)" -eq 65536

# --- directories ----------------------------------------------------------------------------------------------------
mkdir foreign
echo precious >foreign/notes.txt
expect 2 run small.lua -o foreign
says err.txt "something else"
is "a foreign directory is left alone" "$(ls foreign)" = notes.txt
path=/nonexistent expect 0 run small.lua -o foreign --force
is "--force takes only our own names" "$(cat foreign/notes.txt)" = precious
echo file >plain
expect 2 run small.lua -o plain
expect 2 run small.lua -o plain/below
mkdir empty
path=/nonexistent expect 0 run small.lua -o empty
path=/nonexistent expect 0 run small.lua -o deep/er/still
mkdir full
: >full/manifest.json.part # of a run whose disk was full at once
path=/nonexistent expect 0 run small.lua -o full
is "no part is left" -z "$(find full -name '*.part')"

# --- show -----------------------------------------------------------------------------------------------------------
expect 0 show first
says out.txt "A small swarm"
says out.txt "$fingerprint"
expect 0 show first --json
says out.txt "\"fingerprint\": \"$fingerprint\""
expect 1 show nowhere
expect 1 show plain
mkdir none
expect 1 show none
says err.txt "manifest.json"
cp -r first torn
head -c 300 first/summary.json >torn/summary.json
expect 1 show torn
says err.txt "torn"
cp first/summary.json torn/summary.json
head -n -3 first/series.csv >torn/series.csv
expect 1 show torn
says err.txt "series.csv"
echo '{"format": "something"}' >torn/manifest.json
expect 1 show torn
rm torn/manifest.json
expect 1 show torn

# --- signals --------------------------------------------------------------------------------------------------------
# interrupt SIGNAL DIR OPTIONS: starts a long run, waits until it has recorded something, sends the signal, collects the code
interrupt() {
    local name=$1 directory=$2 waited=0
    shift 2
    # A background job of a script ignores Ctrl-C; env gives it back.
    env --default-signal=INT "$entrain" run long.lua -o "$directory" "$@" >out.txt 2>err.txt &
    local child=$!
    until [ -f "$directory/series.csv.part" ] && [ "$(wc -l <"$directory/series.csv.part")" -gt 2 ]; do
        sleep 0.05
        waited=$((waited + 1))
        [ $waited -lt 600 ] || break
    done
    kill -s "$name" $child
    code=0
    wait $child 2>/dev/null || code=$?
}

# Two runs, one directory: the second is refused and the first not disturbed.
"$entrain" run long.lua --timeout 1 --quiet -o busy &
child=$!
until [ -f busy/series.csv.part ]; do sleep 0.02; done
expect 1 run small.lua -o busy
says err.txt "Another run is writing into the directory busy"
code=0
wait $child || code=$?
is "the first of two runs" "$code" -eq 0
expect 0 show busy
says out.txt "A long run"
says out.txt "so far r = "

for name in INT TERM; do
    interrupt $name "stopped$name" --timeline "$name.json"
    is "SIG$name: exit code 130 (it was $code)" "$code" -eq 130
    says err.txt "interrupted at tick"
    says "stopped$name/summary.json" '"ended": "interrupted"'
    is "the timeline is there" "$(tail -n 1 "$name.json")" = "]}"
    is "SIG$name leaves no parts" -z "$(find "stopped$name" -name '*.part')"
    is "the last line is whole" "$(tail -n 1 "stopped$name/series.csv" | tr -cd , | wc -c)" -eq 22
    expect 0 show "stopped$name"
    says out.txt "interrupted, unfinished"
done
interrupt KILL killed
is "a killed run's lines are whole" "$(tail -n 1 killed/series.csv.part | tr -cd , | wc -c)" -eq 22
expect 1 show killed
says err.txt "did not end"
path=/nonexistent expect 0 run small.lua -o killed
expect 0 show killed

# --- verify ---------------------------------------------------------------------------------------------------------
expect 0 verify small.lua --seed 7
says out.txt "$fingerprint"
for word in serial static shared steal mailbox publish sse2 "layout index" "layout near" "layout shuffled"; do
    says out.txt "$word"
done
silent out.txt DIFF
expect 0 verify small.lua --ticks 10 --json
says out.txt '"agree": true'
says out.txt '"ticks": 10'
expect 0 verify small.lua --ticks 10 --set exec.overflow=shed-newest
says out.txt "mailbox transport only"
silent out.txt publish

expect 0 verify small.lua --ticks 10 --policies static,shared
silent out.txt "  steal"
expect 2 verify small.lua --policies static,steel
says err.txt "did you mean steal?"
expect 2 verify small.lua --policies static,static
says err.txt "names static twice"
expect 2 verify small.lua --policies static,
says err.txt "an empty one"

# --- overflow: 60 hear 8 neighbours each, 10 times, and 7 fit; all five the same however they are carried out ---------
for overflow in fail:undeliverable shed-newest:shed shed-oldest:shed conflate:shed block:received; do
    full=(--set swarm.topology.rewire=0 --set swarm.topology.degree=8 --set exec.mailbox_capacity=7
        --set "exec.overflow=${overflow%:*}")
    expect 0 list overflow
    says out.txt "  ${overflow%:*} "
    expect 0 run small.lua "${full[@]}" --set time.integrator=euler --set time.duration=0.2 -o "full-${overflow%:*}"
    case $overflow in
    block:*) says out.txt "4,800 sent = 4,800 received" ;;
    *) says out.txt "4,800 sent = 4,200 received + 600 ${overflow#*:}" ;;
    esac
    says "full-${overflow%:*}/execution.json" "\"overflow\": \"${overflow%:*}\""
    expect 0 verify small.lua "${full[@]}" --ticks 3
    silent out.txt DIFF
done
same full-fail/summary.json full-shed-newest/summary.json # the same ones are heard; who is told differs
is "the oldest are others than the newest" "$(value full-fail/summary.json fingerprint)" != \
    "$(value full-shed-oldest/summary.json fingerprint)"
expect 0 run small.lua --seed 7 --set exec.overflow=block --set exec.mailbox_capacity=1 -o blocked # nothing is lost
for name in series.csv summary.json phases.csv; do same first/$name blocked/$name; done

# Stopped in the middle it is neither agreement nor mismatch. Each run takes a tenth of a second, so that the signal falls into
# one that is compared, between two samples.
env --default-signal=INT "$entrain" verify long.lua --ticks 499 >out.txt 2>err.txt &
child=$!
sleep 0.5
kill -s INT $child
code=0
wait $child || code=$?
is "verify, interrupted: exit code 130 (it was $code)" "$code" -eq 130
silent out.txt MISMATCH

# --- the scenarios that come with Entrain: each can be loaded and runs ------------------------------------------------
for name in fireflies kuramoto_onset twisted_ring hub two_groups; do
    path=/nonexistent expect 0 run "$sims/$name.lua" --timeout 0.3 --transport publish -o "shipped/$name"
done

if [ $failures -gt 0 ]; then
    printf '%d of %d checks failed\n' $failures $checks >&2
    exit 1
fi
printf '%d checks\n' $checks
