#!/usr/bin/env bash
# Black-box test of theory beside measurement, and of values by functions: test_cli_theory.sh PATH-OF-ENTRAIN
set -u

# shellcheck source=cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"

cat >lorentz.lua <<'LUA'
return {
  swarm = { size = 200, topology = { kind = "complete" } }, model = { coupling = 2, frequency = { sampling = "quantile" } },
  time = { step = 0.05, duration = 60 }, record = { every = 0.25 },
}
LUA
# the same bytes, however it was carried out; on the screen, from the files, in the picture
expect 0 run lorentz.lua -o first
says out.txt "  Theory       r = 0.7071 (Lorentz: r = sqrt(1 - K_c / K); Kuramoto 1975),"
says out.txt "standard"
cp out.txt shown.txt
says first/summary.json '"law": "Lorentz: r = sqrt(1 - K_c / K)"'
says first/summary.json '"verdict": "compared"'
[ ! -e first/coherence.svg ] || says first/coherence.svg "theory: r = 0.7071"
expect 0 show first
grep -A2 '  Theory' shown.txt >a.txt
grep -A2 '  Theory' out.txt >b.txt
same a.txt b.txt
for how in "exec.transport=publish" "exec.policy=static" "exec.workers=3" "exec.simd=sse2"; do
    expect 0 run lorentz.lua --set "$how" -o other --force --quiet
    same first/summary.json other/summary.json
done

# what theory does not cover has no row and no key
expect 0 run lorentz.lua --set model.second.coupling=1 --set time.duration=1 -o none
silent out.txt "  Theory"
silent none/summary.json '"theory"'
expect 0 run lorentz.lua --set time.duration=2 -o short
says out.txt "too short"
expect 0 run lorentz.lua --set model.frequency=0 --set time.duration=10 -o identical
says out.txt "  Theory       r = 0.9 at t = 3.6"

# a function of the index is asked for each size, and the manifest repeats the run without it
cat >function.lua <<'LUA'
return {
  swarm = { size = 20, topology = { kind = "complete" } },
  model = { frequency = function(i) return i / 10 end, phase = "splay", gain = { distribution = "list",
    values = function(i) return 1 + i % 2 end } },
  time = { step = 0.05, duration = 2 },
}
LUA
expect 0 run function.lua -o f20 --quiet
expect 0 run f20/manifest.json -o again --quiet
same f20/series.csv again/series.csv
same f20/summary.json again/summary.json
expect 0 run function.lua --set swarm.size=30 -o f30 --quiet
says f30/manifest.json '3.0'
expect 2 run function.lua --set model.frequency=[1,2] -o no
says err.txt "model.frequency.values holds 2 numbers and swarm.size is 20"
expect 0 run function.lua --set model.frequency=0.5 --set model.gain=1 -o constant --quiet

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
