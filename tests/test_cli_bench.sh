#!/usr/bin/env bash
# Black-box test of `entrain bench`: test_cli_bench.sh PATH-OF-ENTRAIN
#
# Every refusal and exit code, the shapes of table, JSON lines and CSV, the comparison with a baseline,
# Ctrl-C. No check
# looks at the value of a time. Needs bash, coreutils, grep, sed and awk; there may be no jq or python.
set -u

# shellcheck source=cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
command_prefix=(bench)

cat >small.lua <<'LUA'
return {
  title = "A small swarm", swarm = { size = 60, topology = { kind = "small-world", degree = 4, rewire = 0.2 } },
  model = { coupling = 2 }, time = { step = 0.02, duration = 2 },
}
LUA
quick=(--repeat 2 --seconds 0.001)

# --- refusals -----------------------------------------------------------------------------------------------
refused "bench needs a WHAT"
refused "missing.lua cannot be opened" missing.lua
refused "a scenario file's name ends in .lua or .json" missing
refused "did you mean coupling?" couplin
refused "one too many" small.lua small.lua
refused "did you mean --policies?" small.lua --polices steal
refused "bench has no option --policy" small.lua --policy steal
refused "did you mean steal?" small.lua --policies steel
refused "names static twice" small.lua --policies static,static
refused "there is an empty one" small.lua --policies ,
refused "the word all stands alone" small.lua --policies all,steal
refused "the word all stands alone" small.lua --policies steal,all
for list in 0 257 1,x 1,,2 1.5 ''; do
    refused "--workers takes whole numbers from 1 to 256, separated by commas, not \"" small.lua \
    --workers "$list"
done
refused "--workers names 2 twice" small.lua --workers 2,1,2
for list in 0 1e8 -5 1e3, 16777216; do
    refused "--sizes takes whole numbers from 1 to 16777215" small.lua --sizes "$list"
done
refused "swarm.size" small.lua --sizes 1
refused "swarm.topology.degree" small.lua --sizes 4
for count in 0 1001 2.5 x; do refused "--repeat takes a whole number from 1 to 1000" small.lua --repeat $count; done
for seconds in 0 -1 nan x; do refused "--seconds takes a number above 0" small.lua --seconds $seconds; done
refused "--json takes no value" small.lua --json=yes
refused "-o takes a directory here" small.lua -o -
refused "-o takes a directory." small.lua -o ""
refused "swarm.size" small.lua --set swarm.sise=5
refused "bench compares several: say --policies" small.lua --set exec.policy=static
refused "bench compares several: say --workers" small.lua --set exec.workers=2
refused "--baseline: nowhere.jsonl cannot be opened" small.lua --baseline nowhere.jsonl -o untouched
is "nothing was written for a refused benchmark" ! -e untouched
mkdir foreign
echo precious >foreign/notes.txt
refused "something else than an Entrain benchmark" small.lua -o foreign
is "a foreign directory is left alone" "$(ls foreign)" = notes.txt
echo file >plain
refused "is no directory" small.lua -o plain

# --- a benchmark and its files ------------------------------------------------------------------------------
# lines FILE: that each line is an object with a kind, in an order that makes sense, and as many rows as the
# end says
lines() {
    checks=$((checks + 1))
    awk '
        !/^\{"kind":"(facts|row|note|end)",.*\}$/ { print "not a line of ours: " $0; bad = 1 }
        { kind = $0; sub(/^\{"kind":"/, "", kind); sub(/".*/, "", kind); count[kind]++ }
        NR == 1 && kind != "facts" { print "does not begin with facts"; bad = 1 }
        kind == "end" { last = NR; said = $0; sub(/.*"rows":/, "", said); sub(/,.*/, "", said) }
        END { if (count["facts"] != 1 || count["end"] != 1 || last != NR || said + 0 != count["row"] + 0) { print "facts, rows or end"; bad = 1 }
              exit bad }' "$1" >shape.txt || fail "$1: $(cat shape.txt)"
}
# every row of a CSV has as many fields as its header (remarks are quoted where they have commas)
fields() {
    checks=$((checks + 1))
    awk -F, 'NR == 1 { wanted = NF } { gsub(/"[^"]*"/, "quoted") } split($0, part, ",") != wanted { exit 1 }' "$1" ||
        fail "$1: not the same number of fields in every line"
}
path=/nonexistent expect 0 small.lua "${quick[@]}" --sizes 60,1e2 --workers 1,2,3 \
    --policies steal,static -o out
says out.txt "A small swarm"
says out.txt "  machine  "
says out.txt "  build    Entrain "
says out.txt "  repeats  2 of about 1 ms each"
says out.txt "60 actors, small-world, mailbox: ns per agent and tick"
says out.txt "100 actors"
says out.txt "7 of 7 agree on fingerprint"
says out.txt "Where the time goes"
says out.txt "Karp-Flatt"
says out.txt "files in out"
silent out.txt WRONG
# but for the machine's and the build's own words
is "no line is longer than 110 columns" "$(awk 'length > 110 && !/^  (machine|build) /' out.txt | wc -l)" -eq 0
is "nothing but notes on stderr" "$(grep -cv '^entrain: ' err.txt)" -eq 0
says err.txt "gnuplot is not installed"
lines out/bench.jsonl
is "fourteen rows" "$(grep -c '"kind":"row"' out/bench.jsonl)" -eq 14
is "fifteen lines" "$(wc -l <out/bench.csv)" -eq 15
fields out/bench.csv
is "the header" "$(head -n 1 out/bench.csv | cut -d, -f1-4)" = "table,size,policy,workers"
is "no part is left" -z "$(find out -name '*.part')"
for word in cpu cpus simd memory_bytes kernel governor version compiler flags load_begin repeats seconds date command; do
    is "the facts have $word" "$(head -n 1 out/bench.jsonl | grep -c "\"$word\":")" -eq 1
done
says out/bench.jsonl '"load_end":'
says out/bench.jsonl '"command":"entrain bench small.lua --repeat 2'
is "one fingerprint a size" "$(grep -o '"fingerprint":"[0-9a-f]*"' out/bench.jsonl | sort -u | wc -l)" -eq 2
is "a round of every cell" "$(grep -c '"rounds":2' out/bench.jsonl)" -eq 14

# JSON on stdout is the file; quiet says nothing; defaults need no option but time.
expect 0 small.lua "${quick[@]}" --workers 1 --policies static --json
lines out.txt
is "JSON alone on stdout" "$(head -c 1 out.txt)$(tail -n 1 out.txt | tail -c 2)" = "{}"
expect 0 small.lua "${quick[@]}" --workers 1 --policies static --quiet
is "quiet says nothing" ! -s out.txt
is "quiet says nothing on stderr" ! -s err.txt
expect 0 small.lua "${quick[@]}" --transport publish --seed 9
for policy in serial steal static shared; do says out.txt "  $policy "; done
says out.txt publish
says out.txt "(itself)"
expect 0 small.lua "${quick[@]}" --policies shared --workers 64
says out.txt "take turns"
says out.txt "  serial        1 " # the reference, unasked

# An earlier benchmark is replaced; pictures, where gnuplot is there; gnuplot that fails costs the picture
# only.
if command -v gnuplot >/dev/null; then
    expect 0 small.lua "${quick[@]}" --workers 1,2 --policies steal,static --sizes 60,80,100,120 -o out
    says err.txt "replacing the earlier benchmark in out"
    for name in bench.png bench.svg; do is "$name is there" -s out/$name; done
    says out/bench.svg "ns per agent and tick"
    says out/bench.svg "120 actors"
fi
mkdir bin
printf '#!/bin/sh\necho "no ink" >&2\nexit 1\n' >bin/gnuplot
chmod +x bin/gnuplot
path=$work/bin:$PATH expect 0 small.lua "${quick[@]}" --workers 1 --policies steal -o out
says err.txt "no ink"
is "the earlier picture is not this one's" ! -e out/bench.png

# --- baseline -----------------------------------------------------------------------------------------------
cp out/bench.jsonl base.jsonl
expect 0 small.lua "${quick[@]}" --workers 1,2 --policies steal --baseline base.jsonl --json
lines out.txt
is "two rows are compared" "$(grep -c '"to_baseline":[0-9]' out.txt)" -eq 2
is "one has no partner" "$(grep -c '"remark":"the baseline has no such row"' out.txt)" -eq 1
silent out.txt "differs in"
expect 0 small.lua --repeat 3 --seconds 0.002 --workers 1 --policies steal --baseline base.jsonl \
    --set model.coupling=3
says out.txt "to base"
expect 0 small.lua --repeat 3 --seconds 0.002 --workers 1 --policies steal --baseline base.jsonl \
    --set model.coupling=3 --json
says out.txt "The baseline differs in settings, repeats (2 there, 3 here), seconds (0.001 there, 0.002"
sed 's/"cpu":"[^"]*"/"cpu":"Another One"/' base.jsonl >moved.jsonl
expect 0 small.lua "${quick[@]}" --workers 1 --policies steal --baseline moved.jsonl --json
says out.txt 'The baseline differs in cpu (\"Another One\" there'
head -n -1 base.jsonl >torn.jsonl
refused "torn.jsonl is torn" small.lua --baseline torn.jsonl
head -c 3000 base.jsonl >torn.jsonl
refused "torn" small.lua --baseline torn.jsonl
refused "small.lua is not what \`entrain bench\` writes" small.lua --baseline small.lua
refused "Is a directory" small.lua --baseline out
# read before it is replaced
path=/nonexistent expect 0 small.lua "${quick[@]}" --workers 1 --policies steal \
    --baseline out/bench.jsonl -o out
is "it was compared with what it replaced" "$(grep -c '"to_baseline":[0-9]' out/bench.jsonl)" -eq 2

# --- streams and signals ------------------------------------------------------------------------------------
code=0
"$entrain" bench small.lua "${quick[@]}" --workers 1 >/dev/full 2>err.txt || code=$?
is "a full disk" "$code" -eq 1
says err.txt "stdout could not be written"
# A reader that has seen enough ends it.
"$entrain" bench small.lua --repeat 2 --seconds 0.001 --workers 1 \
    --sizes 60,61,62,63,64,65 2>err.txt | head -n 1 >out.txt
is "a reader that goes away is no complaint" "$(grep -c 'could not' err.txt)" -eq 0

for name in INT TERM; do
    # A background job of a script ignores Ctrl-C; env gives it back.
    env --default-signal=INT "$entrain" bench small.lua --sizes 60,1000 --repeat 1000 --seconds 0.02 \
    --workers 1,2 --policies steal \
        -o stopped >out.txt 2>err.txt &
    child=$!
    waited=0
    until [ -f stopped/bench.jsonl.part ] || [ $waited -ge 600 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
    sleep 0.3
    kill -s $name $child
    code=0
    wait $child || code=$?
    is "SIG$name: exit code 130 (it was $code)" "$code" -eq 130
    says out.txt "NOT COMPLETE"
    says err.txt "interrupted"
    lines stopped/bench.jsonl
    says stopped/bench.jsonl '"complete":false'
    is "SIG$name leaves no parts" -z "$(find stopped -name '*.part')"
done
# what there is of it
expect 0 small.lua "${quick[@]}" --workers 1 --policies steal --baseline stopped/bench.jsonl

# Killed, it leaves what it knew, and the next one takes the place.
"$entrain" bench small.lua --repeat 1000 --seconds 0.02 -o killed >out.txt 2>err.txt &
child=$!
until [ -s killed/bench.jsonl.part ]; do sleep 0.02; done
expect 2 small.lua "${quick[@]}" -o killed
says err.txt "Another run is writing into the directory killed"
kill -s KILL $child
wait $child 2>/dev/null
is "the facts are whole" "$(tail -c 2 killed/bench.jsonl.part)" = "}"
path=/nonexistent expect 0 small.lua "${quick[@]}" --workers 1 -o killed

if [ $failures -gt 0 ]; then
    printf '%d of %d checks failed\n' $failures $checks >&2
    exit 1
fi
printf '%d checks\n' $checks
