#!/usr/bin/env bash
# What a user sees of the models: groups in the files and the summary, the swing equation, and what is refused.
set -u
sims=$(readlink -f "${2:?usage: ${0##*/} PATH-OF-ENTRAIN FOLDER-OF-SCENARIOS}")
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
# --- every scenario that is shipped runs, if only for a moment -----------------------------------------------------------
for scenario in "$sims"/*.lua; do
    ! grep -qE '(simulate|sweep) ?[({]' "$scenario" || continue # a script: test_cli_script.sh
    name=$(basename "$scenario" .lua) sets=(--set record.every=0.1)
    [ "$name" != million ] || sets+=(--set swarm.size=1000)
    grep -q "events = {" "$scenario" || sets+=(--set time.duration=0.3) # what happens later would be refused
    path=/nonexistent expect 0 run "$scenario" "${sets[@]}" -o "$name" --quiet
done

# --- groups ------------------------------------------------------------------------------------------------------------
cat >groups.lua <<'LUA'
return {
  swarm = { size = 7, topology = { kind = "complete" } },
  model = {
    lag = 1.4,
    frequency = 0,
    groups = { sizes = { 3, 4 }, coupling = { { 0.6, 0.4 }, { 0.4, 0.6 } } },
    phase = function(i) return i <= 3 and 0 or i end,
  },
  time = { step = 0.05, duration = 2 },
}
LUA
expect 0 run groups.lua -o groups
says out.txt "Groups       r = 1.0000, "
is "phases.csv says who belongs where" "$(cut -d, -f5 groups/phases.csv | tr '\n' ' ')" = "group 1 1 1 2 2 2 2 "
is "series.csv has a column of each" "$(head -n 1 groups/series.csv | grep -o 'group[0-9]_coherence' | tr '\n' ' ')" = \
    "group1_coherence group2_coherence "
says groups/summary.json '"model": "kuramoto"'
says groups/manifest.json '"normalise": "size"'
if [ -e groups/coherence.svg ]; then # gnuplot is here
    says groups/coherence.svg "group 2"
    says groups/phases.svg "group 1: r = 1.000"
fi
expect 0 verify groups.lua --ticks 10
refused "model.groups.sizes come to 7 and swarm.size is 9" run groups.lua --set swarm.size=9
refused "has 2 rows for 3 groups" run groups.lua --set model.groups.sizes=nil --set model.groups.count=3
path=/nonexistent expect 0 run groups.lua --set model.groups.sizes=nil --set model.groups.count=2 --set swarm.size=9 -o counted --quiet
is "as even as can be" "$(cut -d, -f5 counted/phases.csv | sort | uniq -c | tr -s ' \n' ' ')" = " 5 1 4 2 1 group "

# --- swing -------------------------------------------------------------------------------------------------------------
cat >swing.lua <<'LUA'
return {
  swarm = { size = 2, topology = { kind = "complete" } },
  model = {
    kind = "swing", coupling = 1, damping = 0.2,
    power = { 0.25, -0.25 }, phase = { 0.5, -0.5 }, velocity = { 3, 3 },
  },
  time = { step = 0.05, duration = 10 },
}
LUA
path=/nonexistent expect 0 run swing.lua -o swing
says out.txt "(at the start: 0)"
is "the velocity of the first sample" "$(sed -n 2p swing/series.csv | cut -d, -f14)" = 3
expect 0 verify swing.lua --ticks 10
refused "model.frequency.value does not apply to kind \"swing\"; it belongs to kuramoto" \
    run swing.lua --set model.frequency.value=1
refused "model.inertia.value is 0; it must be above 0" run swing.lua --set model.inertia=0

# --- noise -------------------------------------------------------------------------------------------------------------
path=/nonexistent expect 0 run swing.lua --set model.noise=0.1 -o noisy --quiet
says noisy/manifest.json '"integrator": "heun"'
expect 0 verify swing.lua --set model.noise=0.1 --ticks 10
refused "time.integrator is rk4 and model.noise is 0.1; noise needs euler or heun" \
    run swing.lua --set model.noise=0.1 --set time.integrator=rk4

# --- what there is -----------------------------------------------------------------------------------------------------
expect 0 list models
for model in kuramoto swing pulse desync; do says out.txt "  $model "; done
expect 0 list keys --json
says out.txt '"applies": "where kind is kuramoto, swing"'

printf '%s: %d checks, %d failed\n' cli_models "$checks" "$failures"
[ "$failures" -eq 0 ]
