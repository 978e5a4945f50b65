#!/usr/bin/env bash
# Disruptions as a user sees them: --disrupt, notes, recoveries in the summary and in words; the same for
# every way of carrying them out.
set -u
# shellcheck source=tests/cli_check.sh
. "$(dirname "$(readlink -f "$0")")/cli_check.sh"

cat >story.lua <<'LUA'
return {
  swarm = { size = 60, topology = { kind = "random-regular", degree = 8 } },
  model = { coupling = 4, frequency = { distribution = "normal", deviation = 0.2 } },
  time = { step = 0.02, duration = 8 },
  events = {
    { at = 2, every = 0.5, times = 2, scramble = 0.1 },
    { at = 4, partition = 2, loss = 0.2, drift = { 0.2, 0.3 } },
    { at = 5, heal = true, loss = 0, delay = 0.04 },
    { at = 6, kill = 0.5 }, { at = 7, revive = 1, delay = 0 },
  },
}
LUA

# --- a run: what happened, what became of it ---------------------------------------------------------------
expect 0 run story.lua -o one --disrupt 0.7@1s --disrupt kill=0.1@7.5
says err.txt "entrain: t = 1 s, tick 50: scramble 0.7"
says err.txt "entrain: t = 4 s, tick 200: partition into 2 sides; loss 0.2; drift 0.2, by 0.3 rad/s"
says err.txt "entrain: t = 5 s, tick 250: heal the graph; loss 0; delay 0.04 s"
says out.txt "Events       t = 1 s: scramble 0.7: r fell from 0."
says out.txt "Recovered    from "
is "eight events" "$(grep -c '"what"' one/summary.json)" -eq 8
is "each with its recovery" "$(grep -c '"in_words"' one/summary.json)" -eq 8
says one/summary.json '"recovered_after_s"'
# Show says the same from the file; the manifest, in which all is written out, is the same story.
expect 0 show one
says out.txt "t = 1 s: scramble 0.7: r fell from 0."
expect 0 run one/manifest.json -o two --set exec.transport=publish --set exec.policy=dataflow \
    --set exec.mailbox_capacity=nil
same one/series.csv two/series.csv
same one/summary.json two/summary.json

# --- the same bits ------------------------------------------------------------------------------------------
expect 0 verify story.lua --policies steal,dataflow --disrupt 0.7@1s
says out.txt "runs agree"
expect 0 verify --goal minimize-api-calls --scale tiny --ticks 400 --policies steal,dataflow \
    --disrupt slow=0.3,7@0.5 --disrupt stubborn=0.3,0.5@0.7 --disrupt starve=0.5@1 --disrupt loss=0.3@1 \
    --disrupt 0.5@1.5 --disrupt service=broken@1.5 --disrupt load=3@1.7 --disrupt partition=2@2 \
    --disrupt kill=0.3@2.2 --disrupt heal@2.5 --disrupt revive=1@3 --disrupt feed=1@3 \
    --disrupt service=mended@3
says out.txt "runs agree"

# --- with a goal it is its band -----------------------------------------------------------------------------
expect 0 run --goal minimize-api-calls --scale small --set time.duration=30 --disrupt 0.7@20s -o three
says three/summary.json "back in the band after"

expect 0 run --goal minimize-api-calls --scale tiny --set time.duration=4 --no-control -o mild \
    --disrupt partition=2@2s --disrupt heal=true@3s
says out.txt "from 2 of 2 disruptions: none left a mark"

# --- complete graphs ----------------------------------------------------------------------------------------
expect 0 run story.lua -o four --set swarm.topology.kind=complete --set swarm.topology.degree=nil
says err.txt "the complete graph has arcs here, as erdos-renyi with probability 1"
expect 2 run story.lua -o five --set swarm.topology.kind=complete --set swarm.topology.degree=nil \
    --set swarm.size=5000
says err.txt "partition needs arcs, which a complete graph is built with up to 4096"
# Built with arcs it is complete still: who hears everybody spreads by pulses.
expect 0 run --goal minimize-api-calls --scale tiny --set time.duration=10 --no-control -o six \
    --disrupt goal=distribute-load@3s --disrupt loss=0.1@9s
says out.txt "20 pulse"

# --- refusals, and the list ---------------------------------------------------------------------------------
expect 2 run story.lua -o six --disrupt kill=1.5@1s
says err.txt "--disrupt kill=1.5@1s: has 1.5; it must be a share of the living, 0 to 1."
expect 2 run story.lua -o six --disrupt kill@1s
says err.txt "--disrupt kill@1s: has no value; it must be a share of the living, 0 to 1."
expect 2 verify story.lua --disrupt starve=1@1s
says err.txt 'it needs model.kind = "agent"'
expect 2 run story.lua --disrupt
says err.txt "--disrupt needs a value"
expect 0 list events
for verb in scramble disrupt kill revive starve feed partition heal loss delay slow drift stubborn load \
    service; do
    says out.txt "  $verb "
done
printf "%d checks, %d failures\n" "$checks" "$failures"
[ "$failures" -eq 0 ]
