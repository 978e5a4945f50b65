#!/usr/bin/env bash
# Plug-ins of the user's own, given with --load: test_plugins.sh PATH-OF-ENTRAIN FOLDER-OF-PLUG-INS
#
# tests/plugins/my_*.c, built with the tests, do what they say in run, verify and list; what is wrong with those of
# bad.c is said in one sentence each. test_consumer.sh compiles them as a user would.
set -u

plugins=$(readlink -f "${2:?usage: test_plugins.sh PATH-OF-ENTRAIN FOLDER}")
# shellcheck source=cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"
refused() { # refused WORDS LOADS...: exit code 2, one sentence on stderr
    local words=$1
    shift
    expect 2 run small.lua -o refused "$@"
    says err.txt "$words"
    checks=$((checks + 1))
    if [ "$(grep -c ^entrain: err.txt)" != 1 ] || [ -e refused ]; then fail "not one sentence, or a run"; fi
}
fingerprint() { sed -n 's/^ *"fingerprint": "\([0-9a-f]*\)".*/\1/p' "$1"; }

policy=$plugins/my_policy.so model=$plugins/my_model.so topology=$plugins/my_topology.so
all=(--load "$policy" --load "$model" --load "$topology")

cat >small.lua <<'LUA'
return {
  swarm = { size = 60, topology = { kind = "ring", degree = 4 } }, time = { step = 0.02, duration = 1 },
  exec = { workers = 2, cohort = 64 },
}
LUA
cat >own.lua <<'LUA'
return {
  swarm = { size = 60, topology = { kind = "caves", degree = 5, parameters = { shortcuts = 0.25 } } },
  model = { kind = "second-harmonic", parameters = { stiffness = 1.5 }, frequency = { width = 0.05 } },
  time = { step = 0.02, duration = 1 }, exec = { policy = "deal", workers = 2, cohort = 64 },
}
LUA

# --- what they bring is there, and only where they were loaded -------------------------------------------------------
expect 0 list policies "${all[@]}"
says out.txt "every worker takes every n-th task"
expect 0 list models "${all[@]}"
says out.txt "second-harmonic"
says out.txt "parameters.stiffness: L, rad/s: pull towards it or its"
expect 0 list topologies "${all[@]}" --json
says out.txt '"name": "shortcuts"'
expect 0 list models
says out.txt kuramoto
says out.txt "swing     inertia_i theta_i''"
silent out.txt second-harmonic

# --- a policy changes no bit ---------------------------------------------------------------------------------------------
expect 0 run small.lua -o plain --quiet
expect 0 run small.lua -o dealt --quiet --load "$policy" --policy deal --workers 3
same plain/series.csv dealt/series.csv
says dealt/execution.json '"policy": "deal"'
says dealt/manifest.json "\"$policy\""
says plain/manifest.json '"loaded": []'
expect 0 verify small.lua --load "$policy" --ticks 20
says out.txt "  deal              same  same  same  same    same  same  same  same"
says out.txt " runs agree; fingerprint at the end "

# --- a policy that does not wait for the neighbours leaks into the physics, and the sum of phases tells ------------------------
for transport in mailbox publish; do
    for integrator in euler rk4; do
        expect 1 run small.lua -o hasty --quiet --load "$plugins/hasty.so" --policy hasty --transport $transport \
            --set time.integrator=$integrator --set model.frequency.width=0.3
        says err.txt "leaked into the physics; do not trust the result"
        says hasty/summary.json '"ended": "failed"'
    done
done
expect 3 verify small.lua --load "$plugins/hasty.so" --policies hasty --ticks 20
expect 1 verify small.lua --load "$plugins/hasty.so" --set exec.policy=hasty --ticks 20
says err.txt "leaked into the physics"
# Where the law does not hold there is nothing that could tell.
expect 0 run small.lua -o hasty --quiet --load "$plugins/hasty.so" --policy hasty --set model.lag=0.1
says hasty/summary.json '"conservation": null'

# --- a model and a topology decide results, the same ones however they are carried out -----------------------------------
expect 0 verify own.lua "${all[@]}" --ticks 20
says out.txt " runs agree; fingerprint at the end "
expect 0 run own.lua -o own "${all[@]}" --quiet
says own/summary.json '"kind": "caves"'
says own/manifest.json '"stiffness": 1.5'
says own/manifest.json '"coupling": 1.0'
silent own/manifest.json '"integrator"'
# The manifest is a scenario, with the same plug-ins in any order, twice if need be, by any path.
cp "$topology" here.so
expect 0 run own/manifest.json -o again --quiet --load "$policy" --load here.so --load "$model" --load "$model" --load ./here.so
same own/series.csv again/series.csv
checks=$((checks + 1))
[ "$(sed -n '/"loaded"/,/]/p' again/manifest.json | grep -c '\.so"')" = 3 ] || fail "the manifest does not name three plug-ins"
same own/phases.csv again/phases.csv
# What --set says counts: another number, another result; taken out, the default.
expect 0 run own.lua -o changed "${all[@]}" --quiet --set model.parameters.stiffness=1
expect 0 run own.lua -o default "${all[@]}" --quiet --set model.parameters=nil --set seed=1
same changed/series.csv default/series.csv
checks=$((checks + 1))
[ "$(fingerprint own/summary.json)" != "$(fingerprint changed/summary.json)" ] || fail "the parameter changes nothing"

# --- what a scenario may not say ------------------------------------------------------------------------------------------
expect 2 run own.lua
says err.txt 'swarm.topology.kind is "caves"; it must be one of complete, ring'
says err.txt 'or come from a plug-in (--load FILE.so).'
expect 2 run own.lua "${all[@]}" --set model.kind=nil
says err.txt 'model.parameters does not apply to kind "kuramoto", which has no parameters'
expect 2 run own.lua "${all[@]}" --set model.kind=second-harmonics
says err.txt '(did you mean "second-harmonic"?)'
expect 2 run own.lua "${all[@]}" --set model.parameters.stifness=1
says err.txt 'model.parameters has no "stifness"; "second-harmonic" asks for coupling, stiffness (did you mean "stiffness"?).'
expect 2 run own.lua "${all[@]}" --set model.parameters.stiffness=1e9
says err.txt 'model.parameters.stiffness is 1e+09; it must be a number from -1000 to 1000.'
expect 2 run own.lua "${all[@]}" --set model.coupling=1
says err.txt "model.coupling does not apply to kind \"second-harmonic\"; it belongs to kuramoto, swing (a plug-in's model has parameters instead)."
expect 2 run own.lua "${all[@]}" --set swarm.size=61
says err.txt 'topology "caves": size 61 is no multiple of degree + 1'
expect 2 run small.lua --policy deal
says err.txt 'exec.policy is "deal"; it must be one of steal'

# --- files that are no plug-ins, or bad ones --------------------------------------------------------------------------------
printf "%080d" 0 >text.so
mkdir folder.so
refused "--load nowhere.so: cannot be found: No such file or directory" --load nowhere.so
refused "--load text.so: cannot be loaded: invalid ELF header; it must be a shared object" --load text.so
refused "--load folder.so: is no file" --load folder.so
refused "--load takes the path of a shared object" --load ""
# A name without a slash is a path too, and never looked for in the system's folders.
refused "--load libm.so.6: cannot be found" --load libm.so.6
refused "has no symbol entrain_plugin" --load "$plugins/nothing.so"
refused "made for plug-in interface 5, and this is Entrain" --load "$plugins/abi.so"
refused "undefined symbol: entrain_that_never_was" --load "$plugins/unresolved.so"
refused "no licence server answers; start one." --load "$plugins/refuses.so"
refused "silent.so: a stated limit was passed." --load "$plugins/silent.so"
refused "names no function" --load "$plugins/null.so"
refused 'a policy called "steal" is already known; choose another name.' --load "$plugins/taken.so"
refused "without -ffast-math." --load "$plugins/rounding.so"
# The same thing from two files.
refused 'a policy called "deal" is already known' --load "$policy" --load "$plugins/shared.so"
expect 2 list models --load "$plugins/abi.so"
expect 2 verify small.lua --load "$plugins/abi.so"
expect 2 show plain --load "$policy"
says err.txt "show has no option --load"

# --- what is linked into a plug-in: libentrain.so yields to the command's; an unyielding copy is refused -----------------------
expect 0 run small.lua -o linked --quiet --load "$plugins/shared.so" --policy deal
same plain/series.csv linked/series.csv
if [ -e "$plugins/own.so" ]; then # not where sanitizers are: they refuse two copies of one variable themselves
    refused "carries an Entrain of its own" --load "$plugins/own.so"
fi

# --- plug-ins that lie are caught ----------------------------------------------------------------------------------------------
expect 1 run small.lua -o lost --quiet --load "$plugins/loses.so" --policy loses --workers 3
says err.txt 'policy "loses" handed out'
says err.txt 'so some were lost'
expect 0 run small.lua -o found --quiet --load "$plugins/loses.so" --policy loses --workers 2
expect 1 verify small.lua --load "$plugins/loses.so" --policy loses --workers 3 --ticks 5
says err.txt 'so some were lost'
expect 1 verify small.lua --load "$plugins/loses.so" --ticks 5
says err.txt 'policy loses, 3 workers, transport mailbox'
says err.txt 'so some were lost'
expect 3 verify small.lua --load "$plugins/cheats.so" --set model.kind=cheats --ticks 5
says err.txt 'layout near'

printf 'plugins: %d checks, %d failed\n' $checks $failures
[ $failures -eq 0 ]
