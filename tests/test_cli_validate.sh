#!/usr/bin/env bash
# `entrain validate` from outside: test_cli_validate.sh PATH-OF-ENTRAIN FOLDER-OF-PLUG-INS
#
# What can be chosen, how it ends, what it writes. That its checks measure the right things is test_validate.c's.
set -u

plugins=$(readlink -f "${2:?usage: test_cli_validate.sh PATH-OF-ENTRAIN FOLDER}")
# shellcheck source=cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
unset TMPDIR

# --- which checks
expect 0 validate --filter T9
says out.txt "T9   ring, twisted state q"
says out.txt "Wiley, Strogatz, Girvan 2006"
says out.txt "both transports, bit for bit"
says out.txt "0.03842943919"
says out.txt "All 6 rows of 1 check hold. (--quick, "
is "nothing to complain about" ! -s err.txt
expect 0 validate --filter t1,adler --quick
for id in T1 T2 T3; do says out.txt "$id   Adler"; done
silent out.txt "T4 "
silent out.txt "T10"
refused "--filter: there is no check \"T99\"; did you mean T9?" validate --filter T1,T99
refused "--filter: no check is called \"unheard\" or has it in its title; there are T1 T2 T3" validate --filter unheard
refused "--filter takes names of checks" validate --filter ,
refused "--quick and --full: give one of them" validate --quick --full
refused "--workers takes a whole number from 1 to 256, not \"0\"" validate --workers 0
refused "--workers takes a whole number from 1 to 256, not \"2,3\"" validate --workers 2,3
refused "validate takes options only, not \"T9\"" validate T9
refused "validate has no option --reprot; did you mean --report?" validate --reprot x.html
expect 0 help validate
says out.txt "only these checks, as T5,M10"
says out.txt "the whole table: minutes"
expect 0 validate --quiet --filter T9
is "--quiet says nothing" ! -s out.txt

# --- JSON: the same whatever the threads, but for seconds and their number
expect 0 validate --json --filter T1,T9,T14,M2 --workers 1
grep -v -E '"(seconds|workers)":' out.txt >one.json
expect 0 validate --json --filter M2,T1,T14,T9 --workers 3
grep -v -E '"(seconds|workers)":' out.txt >three.json
same one.json three.json
is "23 rows" "$(grep -c '"id":' one.json)" -eq 23
says one.json '"ok": true'
says one.json '"mode": "quick"'
says one.json '"both_transports": true'
says one.json '"standard_error": null'
silent one.json nan

# --- a policy that forgets a task: conservation fails, and says so; the others hold
expect 3 validate --filter T13 --load "$plugins/loses.so"
says out.txt "  FAIL  policy loses"
says out.txt "  ok    policy steal,"
says out.txt "1 row failed, of T13; the other"
says err.txt "entrain: 1 row failed, of T13."

# --- the page
expect 0 validate --filter T9 --report page.html
says err.txt "entrain: the report is page.html"
says page.html "<td class=\"ok\">ok</td><td>rate; N = 32, m = 1, q = 0"
says page.html "all 6 rows of 1 check hold"
if command -v gnuplot >/dev/null; then
    says page.html "<svg "
    says page.html "Modes of a twisted ring"
    silent page.html "<?xml"
    expect 0 validate --filter T9 --report page.md
    says page.md "![Modes of a twisted ring](page-ring.svg)"
    says page-ring.svg "</svg>"
    is "no picture of what was not measured" ! -e page-onset.svg
fi
expect 0 validate --filter T22 --report page.html # an earlier one is replaced
silent page.html "twisted state"
echo mine >mine.html
refused "holds something else than a report" validate --filter T9 --report mine.html
is "left alone" "$(cat mine.html)" = mine
expect 0 validate --filter T22 --report mine.html --force
says mine.html "entrain validate"
refused "ends in .html or .md" validate --filter T9 --report page.pdf
refused "No such file or directory" validate --filter T9 --report nowhere/page.html
expect 3 validate --filter T13 --load "$plugins/loses.so" --report fails.md --json
says out.txt '"failed": 1'
says out.txt '"ok": false'
says fails.md "**1 row failed, of T13;"
says fails.md "| **FAIL** | policy loses"
path=/nonexistent expect 0 validate --filter T9 --report bare.html
says err.txt "gnuplot is not installed"
says bare.html "rate; N = 32"

# --- Ctrl-C: what was measured is shown
checks=$((checks + 1))
code=0
"$entrain" validate --full --filter T9,M10 --workers 2 >out.txt 2>err.txt &
pid=$!
for _ in {1..1200}; do # a minute: on a busy machine
    grep -q "^T9" out.txt && break
    sleep 0.05
done
kill -INT $pid
wait $pid || code=$?
[ $code = 130 ] || fail "interrupted: exit code $code"
says out.txt "T9   ring"
says out.txt "Interrupted: 1 of 2 checks were done; all 6 rows of 1 check hold."
says err.txt "interrupted"

if [ $failures != 0 ]; then
    echo "$failures of $checks checks failed" >&2
    exit 1
fi
echo "validate: $checks checks"
