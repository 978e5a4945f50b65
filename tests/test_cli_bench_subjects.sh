#!/usr/bin/env bash
# Black-box test of `entrain bench coupling|patterns|imbalance|precision`: test_cli_bench_subjects.sh PATH-OF-ENTRAIN
#
# Tiny runs through every subject: all rows there, nothing WRONG (each subject checks its own sums,
# fingerprints and counts), every output well-formed, every refusal, Ctrl-C. No check looks at the value of a
# time.
set -u

# shellcheck source=cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
command_prefix=(bench)
count() { grep -cF -- "$2" "$1"; }
# One object a line, facts first and the end last; so many rows of each table.
lines_of() { # lines_of FILE WHAT TABLE ROWS ...
    local file=$1 what=$2
    shift 2
    is "$file: lines are objects" "$(grep -cv '^{.*}$' "$file")" -eq 0
    is "$file: facts first" "$(head -n 1 "$file" | grep -c '"kind":"facts".*"what":"'"$what"'"')" -eq 1
    for key in cpu cpus compiler flags governor load_begin repeats; do says "$file" "\"$key\":"; done
    is "$file: the end last" "$(tail -n 1 "$file" | grep -c '"load_end"')" -eq 1
    silent "$file" WRONG
    while [ $# -gt 0 ]; do
        is "$file: $2 rows of $1" "$(count "$file" "\"table\":\"$1\"")" -eq "$2"
        shift 2
    done
}
# Every line of a CSV file has as many fields as its head (no field of ours has commas within quotes but
# remarks).
csv_of() {
    is "$1: fields" "$(awk -F, 'NR == 1 { n = NF } NF != n' "$1" | wc -l)" -eq 0
}

tiny=(--repeat 2 --seconds 0.001)

# --- coupling: 2 graphs x 1 size x 2 workers x 6 subjects
path=/nowhere expect 0 coupling --sizes 500 --workers 1,2 "${tiny[@]}" -o coupling
for subject in fused bare publish dataflow mailbox libm; do is "$subject" "$(count out.txt " $subject ")" -ge 4; done
says out.txt "small-world"
says out.txt "target: publish to bare"
silent out.txt WRONG
lines_of coupling/bench.jsonl coupling coupling 24
csv_of coupling/bench.csv
is "csv: a line a row" "$(wc -l <coupling/bench.csv)" -eq 25
# A size that no block divides, more threads than cores, every instruction set that there is.
for simd in sse2 avx2 avx512; do
    checks=$((checks + 1))
    ENTRAIN_SIMD=$simd timeout 100 "$entrain" bench coupling --sizes 333 --workers 3 "${tiny[@]}" --json \
        >out.txt 2>err.txt || {
        grep -qi "simd" err.txt || fail "coupling with $simd"
        continue
    }
    lines_of out.txt coupling coupling 12
done
expect 0 coupling --sizes 100 --workers 1 "${tiny[@]}" --baseline coupling/bench.jsonl
refused "16 agents or more" coupling --sizes 15
refused "--sizes" coupling --sizes 0
refused "--sizes" coupling --sizes 1e8
refused "--workers" coupling --workers 0
refused "--workers" coupling --workers 257
refused "--repeat" coupling --repeat 0

# --- patterns: 5 ways alone and fought over; mailbox and publish
expect 0 patterns --sizes 50 --workers 2,5 "${tiny[@]}" -o patterns
for pattern in mutex atomic mailbox "rcu read" "rcu update"; do
    is "$pattern" "$(count out.txt "  $pattern ")" -ge 3
done
lines_of patterns/bench.jsonl patterns sharing 15 update 4
says patterns/bench.jsonl '"ns_promised":500'
csv_of patterns/bench.csv
refused "16 agents or more" patterns --sizes 15
refused "--workers" patterns --workers 0
refused "--workers" patterns --workers 257

# --- imbalance: 6 shapes x 2 policies x 2 workers; barriers of 3 threads; empty tasks
expect 0 imbalance --policies steal,static --workers 1,3 --sizes 64 "${tiny[@]}" -o imbalance
lines_of imbalance/bench.jsonl imbalance uneven 24 task 4
says imbalance/bench.jsonl '"barrier":"pthread"'
says imbalance/bench.jsonl '"barrier":"entrain"'
says out.txt "3 workers: stealing"
csv_of imbalance/bench.csv
expect 0 imbalance --policies all --workers 2 --sizes 20 "${tiny[@]}" --json
for policy in $("$entrain" list policies | awk '/^  [a-z]/ { print $1 }'); do
    says out.txt "\"policy\":\"$policy\""
done
refused "20 to" imbalance --sizes 19
refused "one number" imbalance --sizes 20,30
refused "--workers" imbalance --workers 0
refused "policy" imbalance --policies sideways

# --- precision: 2 graphs x 4 couplings x 2 transports, of 1 and 3 workers, and 2 loops. Each row that is not WRONG was
# exact enough, at a step that was looked for: no row can be there without that.
expect 0 precision --sizes 20 --workers 1,3 "${tiny[@]}" -o precision
lines_of precision/bench.jsonl precision solution 48
csv_of precision/bench.csv
for subject in publish mailbox libm "libm-arcs"; do says out.txt " $subject "; done
is "errors are below 200" "$(grep -o '"error_e9":[0-9.]*' precision/bench.jsonl | awk -F: '$2 < 200 && $2 > 0' | wc -l)" -eq 48
is "a fourth of the error: no step is far from the largest" \
    "$(grep -o '"error_e9":[0-9.]*' precision/bench.jsonl | awk -F: '$2 < 50' | wc -l)" -eq 0
refused "16 agents or more" precision --sizes 15
refused "one number" precision --sizes 20,30
refused "compares no policies" precision --policies steal
refused "would change nothing" precision --set model.coupling=1

# --- What would change nothing is refused, not taken.
refused "compares no policies" coupling --policies steal
refused "compares no policies" patterns --policies all
refused "exec.transport=publish would change nothing" coupling --transport publish
refused "seed=3 would change nothing" patterns --seed 3
refused "model.coupling=1 would change nothing" imbalance --set model.coupling=1

# --- Ctrl-C: what is complete is printed, the end says that it is not all, no file is torn
interrupted() { # interrupted SUBJECT ARGS...
    local code=0 process
    checks=$((checks + 1))
    "$entrain" bench "$@" --repeat 1000 --seconds 0.5 --json >out.txt 2>err.txt &
    process=$!
    for _ in $(seq 100); do [ -s out.txt ] && break; sleep 0.05; done
    sleep 0.1
    kill -INT $process
    for _ in $(seq 300); do kill -0 $process 2>/dev/null || break; sleep 0.1; done
    kill -KILL $process 2>/dev/null
    wait $process || code=$?
    [ $code -eq 130 ] || fail "Ctrl-C in $1: exit code $code"
    says err.txt "interrupted; what is shown is complete rounds only"
    is "$1: the end after Ctrl-C" "$(tail -n 1 out.txt | grep -c '"complete":false')" -eq 1
}
interrupted coupling --sizes 1000 --workers 2
interrupted patterns --sizes 1000 --workers 3
interrupted imbalance --workers 3
interrupted precision

# A directory that is not a benchmark's is left alone.
mkdir mine && touch mine/thesis.txt
expect 1 coupling --sizes 100 "${tiny[@]}" -o mine
says err.txt mine
is "thesis" -e mine/thesis.txt

echo "cli_bench_subjects: $checks checks, $failures failures"
[ $failures = 0 ]
