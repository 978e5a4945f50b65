#!/usr/bin/env bash
# What a user sees of scripts: told from scenarios, shut in, journaled, gone on with after Ctrl-C and kill -9.
set -u
sims=$(readlink -f "${2:?usage: ${0##*/} PATH-OF-ENTRAIN FOLDER-OF-SCRIPTS}")
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"

path=/nowhere # no pictures
quick='swarm = { size = size }, model = { coupling = 2 }, time = { step = 0.05, duration = 2 }, record = { every = 0.5 }'
script() { # NAME TEXT...: a script with run(size), which is small and quick
    printf 'local function run(size, more) return simulate({ %s, title = "t" }, more) end\n%s\n' "$quick" "$2" >"$1.lua"
}

# --- what it prints and writes; the same again
script first 'print("before", given.n, given.word)
local file = csv("a.csv", { "size", "coherence", "text", "nothing" })
for size = 10, given.n or 30, 10 do
  local r = run(size)
  file:row(size, r.coherence, "say \"hi\", " .. size, nil)
  print(size, r.coherence, r.fingerprint, r.summary.seed, r.failed)
end
file:row { size = -1, other = 3, text = "by name" }'
expect 0 run first.lua --set script.n=4e1 --set script.word=yes
says out.txt "$(printf 'before\t40\tyes')"
is "four runs" "$(grep -c '^[0-9]' out.txt)" -eq 4
same out.txt out/first-1/output.txt
says err.txt "entrain: 4 runs; files in out/first-1"
says out/first-1/a.csv 'size,coherence,text,nothing'
says out/first-1/a.csv ',"say ""hi"", 10",'
says out/first-1/a.csv '-1,,by name,'
is "no .part is left" -z "$(find out -name '*.part')"
cp -r out/first-1 kept
cp out.txt said.txt
expect 0 show kept
same out.txt said.txt
expect 0 run first.lua --set script.n=40 --set script.word=yes --workers 2
same out/first-1/a.csv kept/a.csv
same out/first-1/output.txt kept/output.txt
# as a run by itself has it
printf 'return { %s, title = "t" }' "${quick//size = size/size = 20}" >single.lua
expect 0 run single.lua --json -o single
says kept/runs.jsonl "$(grep -o '"fingerprint": "[0-9a-f]*"' single/summary.json | tr -d ' ')"
# its manifest runs it again, and tells a.csv nothing new
expect 0 run kept/manifest.json -o again
same again/a.csv kept/a.csv
expect 0 run first.lua --set script.word=x --seed 7
is "another seed is another directory, and other results" "$(cmp -s out/first-7/a.csv kept/a.csv; echo $?)" -eq 1

# --- a scenario is what it was
cp single.lua plain.lua
printf 'print("hello")\nlocal function unused() return simulate{} end\n%s\n' "$(cat single.lua)" >single2.lua
expect 0 run single2.lua -o two
says err.txt "single2.lua: hello"
is "said once" "$(grep -c hello err.txt)" -eq 1
same two/series.csv single/series.csv
refused "--resume goes on with a script or a sweep, and single.lua is a scenario" run single.lua --resume

# --- refused before anything runs
refused 'first.lua is a script, which says itself what its runs are; --set swarm.size=3 does not reach them' run first.lua --set swarm.size=3
refused 'first.lua never asks for given.words; did you mean script.word?' run first.lua --set script.words=3
refused '--disrupt is for a single run, and first.lua is a script' run first.lua --disrupt 0.5@1s
refused 'first.lua is a script and says on stdout what it prints; -o takes a directory' run first.lua -o -
is "nothing was written" "$(cat out/first-1/output.txt | wc -l)" -eq 5

printf 'simulate {}' >bare.lua
refused "bare.lua:1: attempt to call a nil value (global 'simulate'); a script that calls simulate or sweep is for \`entrain run\`" verify bare.lua

# --- errors, with their line
raises() { # WORDS TEXT
    script bad "$2"
    rm -rf bad
    expect 2 run bad.lua -o bad
    says err.txt "$1"
    is "one sentence for: $2" "$(wc -l <err.txt)" -eq 1
    case $2 in *csv*) ;; *) is "no directory for: $2" ! -e bad ;; esac
}
raises 'bad.lua:2: there is no key "swarm.sise"; did you mean "swarm.size"?' 'simulate { swarm = { sise = 3 } }'
raises 'bad.lua:3: swarm.size is -3; it must be' '
simulate { swarm = { size = -3 } }'
raises 'bad.lua:1: there is no option "worker" (did you mean workers?)' 'run(10, { worker = 3 })'
raises 'bad.lua:1: the option timeout is -1; it must be a number of seconds above 0' 'run(10, { timeout = -1 })'
raises 'bad.lua:2: simulate carries out one run; a table with a sweep goes to sweep{...}' 'simulate { sweep = { replicas = 3 } }'
raises 'bad.lua:2: on_sample is a function of this script' 'simulate { on_sample = function() end }'
raises 'bad.lua:2: the table given to simulate is a list' 'simulate { 1, 2 }'
raises 'bad.lua:2: model.frequency(1) is table' 'simulate { swarm = { size = 3 }, model = { frequency = function(i) return {} end } }'
raises 'bad.lua:2: csv: "../x.csv" is no plain file name' 'csv("../x.csv", { "a" })'
raises 'bad.lua:2: csv: ".x.csv" is no plain file name' 'csv(".x.csv", { "a" })'
raises 'bad.lua:2: csv: "/tmp/x.csv" is no plain file name' 'csv("/tmp/x.csv", { "a" })'
raises 'bad.lua:2: csv: the name "runs.jsonl" does not end in .csv' 'csv("runs.jsonl", { "a" })'
raises 'bad.lua:2: csv: "x.csv" has two columns "a"' 'csv("x.csv", { "a", "a" })'
raises 'bad.lua:2: csv: "x.csv" was begun before' 'csv("x.csv", { "a" }) csv("x.csv", { "a" })'
raises 'bad.lua:2: row: 3 values for the 2 columns of x.csv' 'csv("x.csv", { "a", "b" }):row(1, 2, 3)'
raises 'bad.lua:2: row: a is a function; only numbers, texts' 'csv("x.csv", { "a" }):row(print)'
raises 'bad.lua:2: csv: "x.csv" is closed' 'local f = csv("x.csv", { "a" }) f:close() f:row(1)'
raises "bad.lua:2: attempt to index a nil value (global 'io')" 'csv("x.csv", { "a" }) io.open("x")'
raises 'bad.lua:2: attempt to call a nil value (global '"'load'"')' 'csv("x.csv", { "a" }) load("x")'
raises 'bad.lua:2: the script did not end within 100 million instructions' 'while true do pcall(function() while true do end end) end'
is "no file outside of the directory" ! -e x.csv -a ! -e ../x.csv

# --- what fails does not end the script; what is caught goes on
script fails 'local r = simulate({ swarm = { size = 20000 }, time = { duration = 1e6 } }, { timeout = 0.2 })
print(r.failed, r.coherence)
print(pcall(simulate, { swarm = { sise = 1 } }))
print(run(10).failed)'
expect 0 run fails.lua
says out.txt "$(printf 'it was not done within its 0.2 s\tnil')"
says out.txt 'there is no key "swarm.sise"'
says err.txt "2 runs, 1 failed; files in"
script endless 'run(10)
while true do end'
expect 1 run endless.lua
says err.txt 'endless.lua:3: the script did not end within 100 million instructions'
script stops 'run(10) run(20) error("enough")'
expect 1 run stops.lua
says err.txt "stops.lua:2: enough."
says err.txt "nothing that is done is lost; go on with: entrain run stops.lua --resume"
# it is mended, and goes on from there
expect 2 run stops.lua
says err.txt "holds a script's run that was not finished; go on with it by --resume, begin anew by --force"
sed -i 's/error("enough")/print(run(30).fingerprint)/' stops.lua
expect 0 run stops.lua --resume
says err.txt "the script has been changed since"
says err.txt "3 runs, 2 of them done before"

refused '--checkpoint-every is for a single run, and first.lua is a script' run first.lua --checkpoint-every 60s

# --- sweeps: rows as of `entrain sweep`, at any number of workers
cat >sweeps.lua <<'LUA'
local rows = sweep({
  model = { coupling = 2 }, time = { step = 0.05, duration = 2 }, record = { every = 0.5 },
  sweep = { ["swarm.size"] = { 20, 30, 40 }, ["model.coupling"] = { 1, 2 }, replicas = 3 },
}, { seed = 5 })
local file = csv("rows.csv", { "run", "size", "coupling", "seed", "coherence", "fingerprint" })
for _, r in ipairs(rows) do
  file:row(r.run, r.values["swarm.size"], r.values["model.coupling"], r.seed, r.coherence, r.fingerprint)
end
print(#rows, rows[1].seed, rows[18].failed)
LUA
expect 0 run sweeps.lua --workers 1 -o one
says out.txt "$(printf '18\t5\tnil')"
expect 0 run sweeps.lua --workers 2 -o both
same one/rows.csv both/rows.csv
expect 0 run sweeps.lua --workers 2 -o both --resume
says err.txt "18 runs, 18 of them done before"
printf 'return { model = { coupling = 2 }, time = { step = 0.05, duration = 2 }, record = { every = 0.5 } }' >alone.lua
line=$(sed -n 18p one/rows.csv)
IFS=, read -r _ size coupling seed _ print <<<"$line"
expect 0 run alone.lua --set swarm.size="$size" --set model.coupling="$coupling" --seed "$seed" -o alone --json
says out.txt "\"fingerprint\": \"$print\""
printf 'sweep { swarm = { size = 20 } }' >none.lua
expect 2 run none.lua
says err.txt "none.lua:1: nothing is swept"
printf 'sweep { sweep = { ["swarm.sise"] = { 20, 30 } } }' >none.lua
expect 2 run none.lua
says err.txt "none.lua:1: "
says err.txt "swarm.size"

# --- a run that crashes is a failed run
script crash 'local r = simulate { swarm = { size = 20000 }, time = { duration = 1e6 } }
print(r.failed)
print(run(10).failed)'
# (Sanitizers would end it themselves.)
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0 TSAN_OPTIONS=${TSAN_OPTIONS:+$TSAN_OPTIONS:}handle_segv=0 \
    "$entrain" run crash.lua >out.txt 2>err.txt &
pid=$! child=
for _ in {1..500}; do
    child=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null) && [ -n "$child" ] && break
    read -r -t 0.01 <> <(:) || true
done
kill -USR1 "$pid"
for _ in {1..300}; do
    grep -q "goes on" err.txt && break
    read -r -t 0.01 <> <(:) || true
done
says err.txt "entrain: crash: run 1 (crash, 20,000 actors) goes on for"
kill -SEGV ${child:-$pid}
wait "$pid" 2>/dev/null
is "the script went on" $? -eq 0
says out.txt "its process was ended by signal 11 (Segmentation fault)"
says out.txt nil
says out/crash-1/runs.jsonl '"status":"failed","reason":"its process was ended by signal 11'

# --- killed and interrupted, as often as one likes: the same output, the same files
script long 'local file = csv("r.csv", { "size", "coherence", "speed" })
print("begin")
for size = 10, 24 do
  local r = run(size * 200)
  if size % 5 == 0 then
    for i, row in ipairs(sweep { time = { duration = 1 }, sweep = { ["swarm.size"] = { 25, 35, size }, replicas = 2 } }) do
      file:row(i, row.coherence, row.failed)
    end
  end
  file:row(size, r.coherence, r.ticks_per_s > 0 and 1 or 0)
  print(size, r.fingerprint)
end
print("end")'
expect 0 run long.lua -o whole
for signal in KILL INT KILL TERM; do
    "$entrain" run long.lua -o torn --resume >part.txt 2>err.txt &
    pid=$! lines=0
    for _ in {1..500}; do # until some more of it is done
        lines=$(wc -l 2>/dev/null <torn/runs.jsonl || echo 0)
        [ "$lines" -ge $((${had:-0} + 4)) ] && break
        read -r -t 0.01 <> <(:) || true
    done
    had=$lines
    kill -"$signal" "$pid" 2>/dev/null
    code=0
    wait "$pid" 2>/dev/null || code=$?
    [ $signal = KILL ] || is "$signal: exit code $code" "$code" -eq 130
    [ $signal = KILL ] || says err.txt "go on with: entrain run long.lua -o torn --resume"
    [ ! -e torn/output.txt ] || break
done
is "it was interrupted" ! -e torn/output.txt
is "r.csv is not there before its end" ! -e torn/r.csv -a -e torn/r.csv.part
for _ in {1..100}; do # a killed script's last run may be dying still, and hold the directory
    expect_code=0
    "$entrain" run long.lua -o torn --resume >out.txt 2>err.txt || expect_code=$?
    [ "$expect_code" = 0 ] && break
    read -r -t 0.05 <> <(:) || true
done
is "gone on with" "$expect_code" -eq 0
says err.txt "of them done before"
same torn/output.txt whole/output.txt
same torn/r.csv whole/r.csv
same out.txt whole/output.txt

# --- one that asks something else though it is answered the same: its runs have other titles now
cp long.lua short.lua
sed -i 's/, title = "t"//' short.lua
expect 0 run short.lua -o short
cp short.lua other.lua
expect 1 run other.lua -o short --resume
says err.txt "other.lua:1: run 1 is not what it was before the script was resumed"

# --- the scripts that teach
expect 0 run "$sims/critical_coupling.lua" --set script.largest=4 -o critical
says out.txt "1.1876644" # Pazo's bracket for N = 4, THEORY.md T5
is "measured as well" "$(awk -F, '$1 == 4 { print ($2 - $3) ^ 2 < 1e-6 }' critical/critical_coupling.csv)" = 1
expect 0 run "$sims/capacity.lua" --set script.start=1000 --set script.rate=1e9 -o capacity
says out.txt "Not even 15 agents (the clock)."
is "it came down" "$(sed -n 2p capacity/capacity.csv | cut -d, -f1)" -lt 40
expect 0 run "$sims/capacity.lua" --set script.start=1000 --set script.memory=100 --force -o capacity
says out.txt "agents would need about 0.0 GB"

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
