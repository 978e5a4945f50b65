#!/bin/bash
# Instructions per agent and tick, counted by callgrind: speed that rots is seen, on a loaded machine too.
#
# usage: test_instructions.sh PROGRAM [--record]      PROGRAM is build/release/tests/count_instructions
#
# Fails when a figure is more than 10 % above the stored one. --record writes the measured figures into this file
# instead; the commit then says why they changed.
#
# What the figures depend on: our code, libck's headers and the compiler (gcc 12, -O2; elsewhere the test is not
# registered). Not the machine: what runs is chosen by name (avx2, sse2; valgrind knows no AVX-512), valgrind shows
# every program the same processor, so that the C library's choice of memcpy is the same too, system calls count
# nothing, and only ticks are counted, neither start-up nor the dynamic linker. From run to run, and with another
# environment, stack or memcpy, they differ by some 5 instructions of millions. Instructions are not time: they
# see neither caches nor waiting. (That other machines count the same is reasoning: one has been tried.)
set -euo pipefail
export LC_ALL=C

program=$(readlink -f "${1:?usage: test_instructions.sh PROGRAM [--record]}")
self=$(readlink -f "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# graph:size:transport:integrator:simd:ticks[:delays in steps[:loss:sides]], k = 8, one worker; instructions per agent and tick; what it is
figures() {
    cat <<'END'
ring:1000:publish:euler:avx2:50          40.3  the fastest there is: neighbours lie side by side
ring:1000:publish:euler:sse2:50          97.5  the same on any x86-64
ring:10000:publish:euler:avx2:10         40.0  the same, with less of the barrier and the tasks in it
small-world:1000:publish:euler:avx2:50   62.1  degrees differ
small-world:10000:publish:euler:avx2:10  62.1  the same, larger
scale-free:2000:publish:euler:avx2:20    81.1  hubs, as in sims/hub.lua
ring:1000:publish:rk4:avx2:20           162.2  four exchanges a tick
small-world:1000:publish:euler:avx2:20:9-9  62.1  everybody is heard 9 steps late: nothing but where to look
small-world:1000:publish:euler:avx2:20:0-9 117.9  each arc looks back as far as it is late
small-world:1000:mailbox:euler:avx2:20:0-9 300.7  the same through mailboxes
random-regular:1000:publish:euler:avx2:20  64.0  what the next three are to be compared with
random-regular:1000:publish:euler:avx2:20:0-0:0.3:0 191.6  30 % of all observations lost: a draw for each arc
random-regular:1000:publish:euler:avx2:20:0-0:0:2 171.0  two sides that do not hear each other
random-regular:1000:mailbox:euler:avx2:20:0-0:0.3:0 602.6  losses through mailboxes
complete:1000:publish:euler:avx2:50      39.7  everybody hears the whole swarm
complete:1000:publish:noisy:avx2:50      95.3  Euler-Maruyama: a normal for everybody
complete:1000:publish:noisy:sse2:20     218.3  the same on any x86-64
ring:1000:mailbox:euler:avx2:20         275.8  eight messages an agent and tick, sent and received
ring:1000:mailbox:euler:sse2:20         320.1  the same on any x86-64
ring:10000:mailbox:euler:avx2:5         275.7  the same, with less of the barrier and the tasks in it
small-world:1000:mailbox:euler:avx2:20  274.6  mailboxes of different sizes
scale-free:2000:mailbox:euler:avx2:10   274.5  hubs, as in sims/hub.lua
small-world:1000:mailbox:weighed:avx2:20 374.9  each message weighed
small-world:1000:mailbox:twice:avx2:20  439.3  two harmonics: two messages for each
random-regular:1000:publish:nudge:avx2:20 240.4  an agent: six words published where an oscillator publishes two
random-regular:1000:publish:lock:avx2:20 240.4  the same, learning frequencies
random-regular:1000:publish:lock:sse2:20 555.5  the same on any x86-64
random-regular:1000:publish:aware:avx2:20 272.3  by what energy it has
random-regular:1000:publish:adaptive:avx2:20 259.7  choosing among the others
random-regular:1000:publish:pulse:avx2:20 568.3  firing to eight others by mail
random-regular:1000:publish:spread:avx2:20 305.3  away from twelve harmonics
random-regular:1000:publish:work:avx2:20 272.8  with requests of its own
END
}

# --- measuring: one process, one dump for each case ------------------------------------------------------------------

cases=()
while read -r name _; do
    if [[ $name == *:avx2:* ]] && ! "$program" --has-avx2; then continue; fi
    cases+=("$name")
done < <(figures)
[ ${#cases[@]} -eq "$(figures | wc -l)" ] || echo "instructions: this processor has no AVX2; only SSE2 is measured"

if ! valgrind --tool=callgrind --toggle-collect=count_ticks --dump-after=count_ticks --combine-dumps=yes \
    --callgrind-out-file="$work/out" "$program" "${cases[@]}" >"$work/said" 2>&1; then
    cat "$work/said" >&2
    exit 1
fi
mapfile -t counts < <(sed -n 's/^summary: //p' "$work/out")
if [ ${#counts[@]} -ne $((${#cases[@]} + 1)) ]; then # the last one is of what comes after them
    echo "instructions: ${#counts[@]} dumps of ${#cases[@]} cases; is count_ticks() still a function of its own?" >&2
    exit 1
fi
for i in "${!cases[@]}"; do
    IFS=: read -r _ size _ _ _ ticks _ <<<"${cases[i]}"
    awk -v name="${cases[i]}" -v count="${counts[i]}" -v per=$((size * ticks)) 'BEGIN { printf "%s %.2f\n", name, count / per }'
done >"$work/measured"

if [ "${2:-}" = --record ]; then
    awk 'NR == FNR { figure[$1] = $2; next }
        $1 in figure { match($0, /^[^ ]+ +[0-9.]+/); $0 = sprintf("%-39s %5.1f", $1, figure[$1]) substr($0, RLENGTH + 1) }
        { print }' "$work/measured" "$self" >"$work/script"
    { cat "$work/script" >"$self"; exit; } # read whole before the file changes under it
fi

# --- judging ---------------------------------------------------------------------------------------------------------

judge() { # FIGURES: what was measured against those; 1 if one of them grew by more than 10 %
    awk '
    NR == FNR { stored[$1] = $2; next }
    {
        grown = stored[$1] > 0 ? ($2 / stored[$1] - 1) * 100 : 1e9
        printf "%-40s %6.1f  stored %6.1f  %+5.1f %%\n", $1, $2, stored[$1], grown
        change = sprintf(" from %.1f to %.1f instructions per agent and tick\n", stored[$1], $2)
        if (grown > 10) grew = grew "instructions: " $1 " has grown" change
        if (grown < -10) shrank = shrank "instructions: " $1 " has shrunk" change
    }
    END {
        record = "bash tests/test_instructions.sh build/release/tests/count_instructions --record"
        if (grew) print grew "More than 10 % is refused. Find out what did it (callgrind_annotate); if it is worth it,\n" \
            record "\nand say why in the commit."
        if (shrank) print shrank "So that it stays so: " record
        exit grew != ""
    }' "$1" "$work/measured"
}

# A test that cannot fail is a defect.
scaled() { awk -v factor="$1" '{ print $1, $2 * factor }' "$work/measured" >"$work/scaled"; }
scaled 0.9
if judge "$work/scaled" >"$work/told" || ! grep -q 'has grown from' "$work/told"; then
    echo "instructions: 11 % more than stored was accepted" >&2
    exit 1
fi
scaled 1.12
if ! judge "$work/scaled" >"$work/told" || ! grep -q 'has shrunk from' "$work/told"; then
    echo "instructions: 11 % less than stored was refused, or went without a word" >&2
    exit 1
fi
figures >"$work/figures"
judge "$work/figures"
