#!/usr/bin/env bash
# What a user sees of goals: runs without a file, the report of the goal, exit codes, columns, lists.
set -u
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"

value() { # FILE KEY: of JSON as we write it, the first of that name
    sed -n "s/^ *\"$2\": //p" "$1" | head -n 1 | sed 's/,$//; s/^"//; s/"$//'
}
column() { # FILE NAME: the last line's value in the column of that name
    awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i } END { print $at }' "$1"
}

# --- lists -------------------------------------------------------------------------------------------------------------
expect 0 list goals
for goal in minimize-api-calls distribute-load reach-consensus minimize-latency save-energy maintain-rhythm \
    recover-from-failure adapt-to-traffic; do says out.txt "  $goal "; done
says out.txt "key L; spread evenly in time"
expect 0 list scales
says out.txt "giga    1,000,000 agents"
expect 0 list strategies
says out.txt "energy-aware"
expect 0 list requests
says out.txt "high-frequency"
expect 0 list goals --json
says out.txt '"name": "reach-consensus"'

# --- a run without a file ------------------------------------------------------------------------------------------------
path=/nonexistent expect 0 run --goal minimize-api-calls --scale tiny --seed 7 --require-goal
says out.txt "minimize-api-calls, tiny"
says out.txt "Goal         minimize-api-calls: met. Entered coherence 0.85 to 1 after "
says out.txt "Directory    out/minimize-api-calls-tiny-7"
for word in "Energy  " "Strategies  " "Belief  " "Requests  " "Calls  " "Waiting  "; do says out.txt "  $word"; done
silent out.txt "Theory"
silent out.txt "Outcome"
is "80 columns" "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' out.txt)" -le 80
run=out/minimize-api-calls-tiny-7
is "met" "$(value $run/summary.json status)" = met
is "held" "$(value $run/summary.json held)" = 1.0
is "a rate of agents" "$(value $run/summary.json frequency-lock)" = 20
is "requests add up" "$(value $run/summary.json generated)" -eq \
    $(($(value $run/summary.json delivered) + $(value $run/summary.json queued) + \
        $(value $run/summary.json shed)))
is "columns agree with the summary" "$(column $run/series.csv generated)" = "$(value $run/summary.json generated)"
is "energy" "$(column $run/series.csv energy_mean)" = 100
is "acting" "$(column $run/series.csv frequency_lock)" = 20
is "breaker" "$(column $run/series.csv breaker)" = closed
is "each line has all columns" "$(awk -F, '{ print NF }' $run/series.csv | sort -u | wc -l)" -eq 1

# The manifest is a scenario, and gives the same bits, by another transport as well.
path=/nonexistent expect 0 run $run/manifest.json --quiet -o again --transport mailbox --workers 3
same $run/series.csv again/series.csv
same $run/summary.json again/summary.json

# Short words, and what else there is to say.
path=/nonexistent expect 0 run --goal L --scale small --set time.duration=20 --set workload.pattern=none --quiet -o spread
is "spread" "$(value spread/summary.json status)" = met
says spread/summary.json '"gap_gini": 0.10000000000000001'
is "pulses" "$(column spread/series.csv pulses)" -gt 0
is "no workload, no columns" "$(head -1 spread/series.csv | grep -c generated)" -eq 0
path=/nonexistent expect 0 run --scale tiny --strategy phase-nudge --set time.duration=1 --quiet -o nudge
is "the strategy" "$(value nudge/summary.json strategy)" = phase-nudge
is "coherence" "$(value nudge/manifest.json name)" = coherence-tiny
says nudge/summary.json '"low": 0.94999999999999996'
expect 0 verify --goal C --scale tiny --policies steal,static --ticks 50 --set time.duration=1
expect 0 show spread
says out.txt "distribute-load: met. Entered even gaps (Gini up to 0.1) "

# --- goals that are not met ------------------------------------------------------------------------------------------
path=/nonexistent expect 0 run --goal B --scale tiny --set agent.coupling=0.01 --set time.duration=3 -o apart
says out.txt "minimize-api-calls: NOT MET. Coherence was never within 0.85 to"
path=/nonexistent expect 5 run --goal B --scale tiny --set agent.coupling=0.01 --set time.duration=3 -o apart --require-goal
says err.txt "entrain: the goal was not met: Coherence was never within 0.85 to 1"
is "why" "$(value apart/summary.json status)" = "not met"

# What is known before is said before, and not run where it is required.
path=/nonexistent expect 0 run --goal B --scale tiny --set agent.coupling=0 --set time.duration=1 -o never
says err.txt "the goal cannot be met. With coupling 0 nobody adjusts anything"
is "unreachable" "$(value never/summary.json status)" = unreachable
path=/nonexistent expect 5 run --goal B --scale tiny --set agent.coupling=0 --set time.duration=1 -o unrun --require-goal
says err.txt "so nothing was run"
is "nothing was written" ! -e unrun
path=/nonexistent expect 5 run --set agent.low=1 --scale tiny -o unrun --require-goal
says err.txt "out of reach"
path=/nonexistent expect 5 run --goal L --scale medium --strategy phase-nudge -o unrun --require-goal
says err.txt "with phase-nudge they stay"
path=/nonexistent expect 5 run --goal B --scale tiny --set agent.stubbornness=1 -o unrun --require-goal
says err.txt "nobody ever acts"

# Numbers as people write them.
path=/nonexistent expect 0 run --goal b --set swarm.size=3000 --set time.duration=6 --no-control -o many
silent out.txt "e+0"
for command in run sweep validate verify bench explore list show diff plot report; do
    expect 0 help $command
    is "80 columns of help $command" "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' out.txt)" -le 80
done

# --- refused ---------------------------------------------------------------------------------------------------------
echo 'return { swarm = { size = 10 }, time = { duration = 1 } }' >plain.lua
refused "--require-goal: plain.lua has no goal" run plain.lua --require-goal
refused '--goal minimise-api-calls: goal is ' run --goal minimise-api-calls # as it was typed, not as --set
refused 'did you mean "minimize-api-calls"?' run --goal minimise-api-calls
refused "--strategy puls: agent.strategy is" run --goal B --strategy puls
refused "run needs a SCENARIO, or --goal or --scale" run --strategy pulse
refused "must be one of tiny, small" run --goal B --scale gigantic
refused "run needs a SCENARIO" run --strategy pulse
refused "run has no option --scales" run --scales tiny
path=/nonexistent expect 0 run plain.lua --goal C --set time.duration=0.5 --quiet -o filed
is "the file's size stays" "$(value filed/summary.json actors)" = 10
path=/nonexistent expect 0 run plain.lua --quiet -o plain
is "others are as they were" "$(head -1 plain/series.csv | grep -c peak_load)" -eq 0

printf '%s: %d checks, %d failed\n' cli_goals "$checks" "$failures"
[ "$failures" -eq 0 ]
