#!/bin/bash
# The lock-free core, checked by Spin in every order in which its steps can happen: tests/models/*.pml.
#
# usage: test_models.sh CC [--full]      --full: larger bounds, minutes and a few gigabytes
#
# Each model must hold, and each of its mutants (a fence or a second look left out; steps in the wrong
# order) must be found wrong: a model that cannot fail is a defect. Prints how many states it explored. To see
# how a mutant fails, step by step, in tests/models:
#   spin -run -safety -DMUTANT_NO_CAS mailbox.pml; spin -DMUTANT_NO_CAS -t -p -g mailbox.pml
set -euo pipefail
export LC_ALL=C

models=$(cd "$(dirname "${BASH_SOURCE[0]}")/models" && pwd)
cc=${1:?usage: test_models.sh CC [--full]}
if ! command -v spin >/dev/null; then
    echo "models: skipped, because there is no spin here; install Debian's package spin."
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

hold() { # what must hold: the model, and its bounds
    cat <<'END'
mailbox
mailbox -DPUBLISH_BY_EXCHANGE
actor
actor -DSTOPS -DMESSAGES=1
mute -DLETTERS=3 -DLETTERS_OF_ONE=2
ending
park
END
}
hold_full() {
    cat <<'END'
mailbox -DPRODUCERS=3 -DMESSAGES=2
mailbox -DMESSAGES=4 -DPUBLISH_BY_EXCHANGE
mailbox -DSIZE=2 -DBATCH=1 -DMESSAGES=5
actor -DSTOPS
actor -DMESSAGES=3
mute -DLETTERS=4 -DLETTERS_OF_ONE=2
ending -DNEW=2 -DSLOTS=4
ending -DOLD=3 -DSLOTS=4
park -DTASKS=5
END
}
mutants() { # what must not: the model, the mutant, and bounds in which it is found
    cat <<'END'
mailbox NO_CAS
mailbox NO_WAIT_FOR_EARLIER
mailbox NO_SECOND_LOOK
mailbox ROOM_FOR_ONE_MORE
mailbox ROOM_FOR_FIRST_ONLY
mailbox PUBLISH_BEFORE_WRITE
mailbox GIVE_BACK_BEFORE_READ
mailbox WEAKER_THAN_X86
mailbox SMALL_MODULUS -DSIZE=2 -DBATCH=1 -DMESSAGES=5
actor NO_FENCE_BEFORE_LOOK
actor LOOK_BEFORE_PUBLISH
actor SCHEDULE_BY_LOAD_AND_STORE
actor IDLE_BY_STORE
actor NO_LOOK_AGAIN
actor LOOK_AGAIN_WITHOUT_SCHEDULE
actor RELEASE_AFTER_IDLE
mute NO_LOOK_AFTER_PUSH
mute LOOK_BEFORE_PUSH
mute GIVES_ROOM_BY_STORE
mute MUTED_KEEPS_ITS_WAITERS
mute NEXT_READ_AFTER_READY
mute TOUCHES_AFTER_PUSH
mute WAITS_FOR_TOLD_LATE
ending NO_LOOK_AFTER_RESERVE
ending GONE_LEAVES_SILENTLY
ending ENDS_BY_STORE
ending ASKS_WHO_IS_BUSY_AFTERWARDS
ending BEGINS_BY_STORE
ending BEGINS_WITHOUT_LOOKING
park NO_FENCE_AFTER_PUSH
park WAKES_NOBODY
park NO_LOOK_AFTER_ANNOUNCING
park EVENT_READ_AFTER_STATUS
park ASLEEP_AFTER_COUNTING
park COUNTS_OFF_AFTERWARDS
END
}
mutants_full() {
    cat <<'END'
park KEEPS_A_RIGHT -DWORKERS=3 -DTASKS=2
END
}

check() { # hold|wrong MODEL [FLAG...]: one line of what came out; 1 if it is not what was wanted
    local wanted=$1 model=$2 states errors
    shift 2
    local folder
    folder=$(mktemp -d "$work/XXXXXX")
    cd "$folder"
    # Most of the time goes into compiling; a mutant has few states.
    local compile=("$cc" "$([ "$wanted" = hold ] && echo -O1 || echo -O0)" -w -DSAFETY -DMEMLIM=12000)
    if ! { spin -a "$@" "$models/$model.pml" && "${compile[@]}" -o pan pan.c; } >said 2>&1; then
        cat said
        echo "models: $model $* does not compile"
        return 1
    fi
    ./pan -m1000000 -w22 >said 2>&1 || true
    rm -f pan
    # "State-vector 108 byte, depth reached 277, errors: 0" and "  1963624 states, stored"
    states=$(awk '/ states, stored$/ { print $1 }' said) errors=$(sed -n 's/^State-vector.* errors: //p' said)
    if [ -z "$states" ] || [ -z "$errors" ] ||
        grep -qE 'max search depth|out of memory|exceeded|resource' said; then
        cat said
        echo "models: $model $* was not explored to its end"
        return 1
    fi
    if [ "$wanted" = wrong ] && [ "$errors" = 0 ]; then
        echo "models: $model $* is wrong, and $states states did not show it"
        return 1
    fi
    if [ "$wanted" = hold ] && [ "$errors" != 0 ]; then
        grep '^pan:1' said
        echo "models: $model $* does not hold"
        return 1
    fi
    local then=
    [ "$wanted" = hold ] || then=$(sed -nE "s/^pan:1: ([a-z ]+ (violated|state)).*/, then: \1/p" said)
    printf '%-8s %-52s %9d states%s\n' "$model" "$*" "$states" "$then"
}
as_wrong() {
    awk '{ bounds = $1 == "mute" ? " -DACTORS=2 -DLETTERS=4 -DLETTERS_OF_ONE=2" : ""
        $2 = "-DMUTANT_" $2; print "wrong", $0 bounds }'
}
at_once=$([ "${2:-}" = --full ] && echo 1 || nproc) # the large ones need the memory
export -f check
export cc models work

# Every mutant in a model is in the table, and the other way round.
diff <({ mutants && mutants_full; } | awk '{ print $1, $2 }' | sort) \
    <(grep -oE 'MUTANT_[A-Z_0-9]+' "$models"/*.pml | sed -E 's|.*/([a-z]+)\.pml:MUTANT_|\1 |' | sort -u) || {
    echo "models: the mutants in tests/models and in this file's table differ (above)"
    exit 1
}

{
    if [ "${2:-}" = --full ]; then
        hold_full | sed 's/^/hold /'
        mutants_full | as_wrong
    else
        hold | sed 's/^/hold /'
        mutants | as_wrong
    fi
} | xargs -P "$at_once" -L 1 bash -c 'set -euo pipefail; check "$@"' check >"$work/all" 2>&1 || {
    cat "$work/all"
    exit 1
}
sort "$work/all"
awk '!/then:/ { states += $(NF - 1); models++ }
    /then:/ { mutants++ }
    END { print "models: " models " hold, " states " states in all; " mutants " mutants found wrong" }' "$work/all"
