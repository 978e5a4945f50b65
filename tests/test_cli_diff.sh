#!/bin/bash
# entrain diff from outside: the first tick, actor and field where two runs part; what changes no result; damaged files.
#
# usage: test_cli_diff.sh ENTRAIN
set -uo pipefail
# shellcheck source=tests/cli_check.sh
source "$(dirname "$0")/cli_check.sh"

cat >base.lua <<'END'
return { title = "small", swarm = { size = 60, topology = { kind = "small-world", degree = 6, rewire = 0.1 } },
  model = { kind = "kuramoto", coupling = 2.0, frequency = { distribution = "lorentz", width = 0.5 } },
  time = { step = 0.01, duration = 4 }, record = { every = 0.5 } }
END
tells() { # WORDS: stdout does, wherever its lines are broken
    tr -s ' \n' ' ' <out.txt >flat.txt
    says flat.txt "$1"
}
run() { # DIR ARGS...
    local directory=$1
    shift
    expect 0 run base.lua --quiet -o "$directory" "$@"
}
run a
run seed --seed 2
run elsewhere --policy static --workers 3 --transport publish
run kill --disrupt kill=0.1@3s
run set --disrupt 0.5@3.01s
run short --set time.duration=2
run coupling --set model.coupling=2.0000000001

# the same results: no difference, however they were carried out
expect 0 diff a a
tells 'The same results.'
expect 0 diff a elsewhere
tells 'exec.policy: "steal" in A, "static" in B (changes no result)'
tells 'The same results.'

# another seed: from the beginning, everybody
expect 3 diff a seed
tells 'seed: 1 in A, 2 in B'
tells 'at tick 0 (t = 0 s): actor 0, phase: '
tells '60 of 60 actors differ'

# one event: the very tick, between two samples, and the others are as they were
expect 3 diff a kill
tells 'alike up to tick 250; at tick 300 (t = 3 s)'
tells 'at tick 300 (t = 3 s): actor '
tells 'living: alive in A, stopped in B; 6 of 60 actors differ'
expect 3 diff a set
tells 'alike up to tick 300; at tick 350'
tells 'at tick 301 (t = 3.01 s): actor '
tells '30 of 60 actors differ'
expect 3 diff --json kill set --quiet
is 'JSON names the tick' "$(grep -c '"tick": 300,' out.txt)" -ge 1
is 'nothing on stderr' ! -s err.txt

# what is measured differs before the state does
expect 3 diff a coupling
tells 'energy '
tells 'at tick 1 (t = 0.01 s): actor 0, phase: '

expect 3 diff a short
tells 'A ends at tick 400, B at tick 200'
silent out.txt 'Parted'

# a damaged file: running both again says which
cp -r a damaged
awk -F, -v OFS=, 'NR == 5 { $18 = "0123456789abcdef" } 1' a/series.csv >damaged/series.csv
expect 3 diff a damaged
tells 'fingerprint'
tells 'both give what A recorded: B was made by another build, or its file is damaged'
awk -F, -v OFS=, 'NR == 5 { $3 = "0.5" } 1' a/series.csv >damaged/series.csv
expect 3 diff a damaged
tells 'the states are the same in every sample'

# an interrupted run: as far as it went
cp -r a partial
rm partial/summary.json partial/phases.csv
head -c 2000 a/series.csv >partial/series.csv.part
rm partial/series.csv
expect 3 diff a partial
tells 'summary.json only in A'

# virtual time
cat >pulse.lua <<'END'
return { swarm = { size = 20, topology = { kind = "complete" } }, model = { kind = "pulse" }, time = { duration = 8 }, record = { every = 1 } }
END
expect 0 run pulse.lua --quiet -o v1
expect 0 run pulse.lua --quiet -o v2 --seed 9
expect 3 diff v1 v2
tells 'at tick 0'
expect 0 diff v1 v1

# two sweeps
mkdir s1 s2
echo '{"format": "entrain-sweep", "format_version": 1, "sweep": {"replicas": 2}}' | tee s1/manifest.json >s2/manifest.json
printf 'run,point,replica,seed,swarm.size,status,reason,coherence\n0,0,1,1,10,done,,0.5\n1,0,2,2,10,done,,0.25\n' >s1/results.csv
printf 'run,point,replica,seed,swarm.size,status,reason,coherence\n0,0,1,1,10,done,,0.5\n1,0,2,2,10,failed,"no, it broke",\n2,1,1,1,20,done,,1\n' >s2/results.csv
expect 3 diff s1 s2
tells '1 differ, 0 only in A, 1 only in B'
tells 'run 1: status done in A, failed in B; reason nothing in A, no, it broke'
expect 0 diff s1 s1

refused 'diff needs two directories' diff a
refused 'one too many' diff a a a
expect 1 diff a nowhere
says err.txt 'nowhere'
expect 1 diff a s1
says err.txt 'compare two of the same'
mkdir empty
expect 1 diff a empty
says err.txt 'has no whole manifest.json'

echo "$checks checks, $failures failed"
exit $((failures > 0))
