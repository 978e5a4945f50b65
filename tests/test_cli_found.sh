#!/usr/bin/env bash
# What a sweep says that it found, and what its pictures say, as a reader takes it: test_cli_found.sh PATH-OF-ENTRAIN
set -u
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"

# A gnuplot that keeps what it is told, and fails.
mkdir bin
cat >bin/gnuplot <<'END'
#!/bin/sh
/bin/cat >"$TOLD"
exit 1
END
chmod +x bin/gnuplot
export TOLD=$work/told.txt
path=$work/bin
section() { # KIND FILE: the part of a gnuplot script that draws PNG or SVG
    awk -v kind="$1" '/^set terminal /{here = $3 == kind} here' told.txt >"$2"
}

cat >s.lua <<'LUA'
return { title = "größer als α: 蝶 🦋 <b>", swarm = { size = 20 }, model = { frequency = { distribution = "uniform" } },
  time = { step = 0.05, duration = 2 }, record = { every = 0.1 } }
LUA

# --- letters that no font has are squares in PNG; SVG keeps them, and so does the page
expect 0 sweep s.lua --set swarm.size=20,50,100,200 --set model.coupling=0:3:0.25 -o grid
section pngcairo png.txt
section svg svg.txt
says png.txt "größer als α: □ □ <b>"
says svg.txt "größer als α: 蝶 🦋 <b>"
says grid/report.html "蝶 🦋 &lt;b&gt;"
# --- in a grid without replicas the rest is not chance: it has both keys in it
says out.txt "rises from"
silent out.txt "chance"
# and where replicas show that it is, it is
expect 0 sweep s.lua --set model.noise=0.5 --set model.coupling=0 --set time.duration=2:2.4:0.1 --set swarm.size=40,41,42 --replicas 5 -o noise
says out.txt "nothing beyond what chance makes of it"

# A rise from one level to another is no power law.
expect 0 sweep s.lua --set model.coupling=0.01:10:log9 --replicas 3 -o rise
says out.txt "half way"
silent out.txt "it goes as"

# Two ways that differ by chance are no hysteresis; a jump that comes later on the way down is.
expect 0 sweep s.lua --order 'model.coupling: up,down' --set model.coupling=0:0.5:0.1 --set model.noise=1 --replicas 3 -o chance
says out.txt "more runs may tell"
silent out.txt "hysteresis"
expect 0 sweep s.lua --order 'model.coupling: up,down' --set model.coupling=0:4:0.5 --set swarm.size=100 --replicas 3 -o loop
says out.txt "hysteresis"
says out.txt "on the way up rises"

# Theory knows the complete graph only, which is no curve's first; where it says nothing its line has a gap.
expect 0 sweep s.lua --set swarm.topology.kind=ring,complete --set model.coupling=0:3:0.5 -o kinds
section pngcairo png.txt
says png.txt "title 'theory'"
# shellcheck disable=SC2016 # gnuplot's dollar
is "six points of theory" "$(sed -n '/^\$theory_0_0 << EOD/,/^EOD/p' png.txt | grep -c ',0\.')" -eq 6
says png.txt "0,nan"
# Long names of curves have room below the plot, and below each of its panels.
expect 0 sweep s.lua --set swarm.topology.kind=ring,complete,star --set model.coupling=1,2 --set swarm.size=20:100:10 -o names
section pngcairo png.txt
says png.txt "set bmargin 10"
expect 0 sweep s.lua --order 'model.coupling: up,down' --set swarm.topology.kind=ring,complete,star,lattice --set model.coupling=1:3:1 -o names2
section pngcairo png.txt
says png.txt "set bmargin 11"

# A title that names the first of several goals is none.
expect 0 sweep --goal save-energy,reach-consensus --scale tiny --set time.duration=2 -o goals
section pngcairo png.txt
says png.txt "set title 'Goals compared'"
expect 0 show goals
is "its title" "$(head -n 1 out.txt)" = "Goals compared"
says goals/report.html "<h1>Goals compared</h1>"

# --- one search, no other key: the threshold itself, and no column without a name
expect 0 sweep s.lua --find 'model.coupling=0:4 where coherence > 0.5 to 0.01' -o one
says out.txt "at 1.01"
is "columns are named" -z "$(head -q -n 1 one/*.csv | grep ',,')"
is "one after another" "$(head -n 1 one/results.csv | cut -d, -f1-6)" = run,point,replica,seed,status,reason
expect 0 sweep s.lua --find 'model.coupling=0:4 where coherence > 0.5 to 0.1' --replicas 3 -o three
says out.txt "+- 0."
refused "the tolerance is 0; it must be above 0" sweep s.lua --find 'model.coupling=0:4 where coherence > 0.5 to 0'
refused "the tolerance is -1; it must be above 0" sweep s.lua --find 'model.coupling=0:4 where coherence > 0.5 to -1'

# --- all failed: counted once, and that is no gnuplot's fault
expect 4 sweep s.lua --set swarm.size=20,50 --set model.coupling=1,2 --timeout 0.000001 -o failed
says out.txt "4 runs in"
silent err.txt "gnuplot"
expect 4 sweep s.lua --set swarm.size=20,50 --timeout 0.000001 -o failed2 --json
says out.txt '"done": 2'
says out.txt '"failed": 2'

# --- a script's tables: theory is a line, replicas are dots, a seed is no result; its first sentence is the title
cat >size.lua <<'LUA'
-- How does it change with the size?
local means, all = csv("size.csv", { "size", "time", "time_se", "theory" }), csv("all.csv", { "size", "seed", "time" })
for size = 1, 3 do
  means:row(size, size + 0.1, 0.2, size)
  for seed = 1, 2 do all:row(size, seed, size + seed) end
end
LUA
refused "a script that calls simulate or sweep is for \`entrain run\`" sweep size.lua
expect 0 run size.lua -o script
expect 1 plot script --result time # the gnuplot above fails, at the first table
section pngcairo png.txt
says png.txt "set title 'size: all'"
says png.txt "1:2 with points pt 7"
expect 1 plot script --result tim
says err.txt "did you mean time?"
silent err.txt "?."
rm script/all.csv
expect 1 plot script
section pngcairo png.txt
says png.txt "set title 'How does it change with the size?'"
says png.txt "1:2:3:4 with yerrorlines lc rgb '#1f5fa8' lw 2.2 pt 7 ps 1.1 title 'time'"
says png.txt "1:2 with lines lc rgb ink lw 2.4 dt (10,8) title 'theory'"
printf 'size,seed,time\n1,1,2\n2,1,3\n' >script/size.csv
expect 1 plot script
section pngcairo png.txt
silent png.txt "title 'seed'"
says png.txt "set xrange [0.9"
says png.txt "1:2 with linespoints"
expect 0 report script
says script/report.html "<h1>How does it change with the size?</h1>"

printf '%d checks, %d failures\n' "$checks" "$failures"
[ "$failures" -eq 0 ]
