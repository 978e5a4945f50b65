#!/bin/bash
# The rooms and their doors: what a file may include and call, by where it lies.
#
#   engine/base <- mailbox <- scheduler <- engine <- actors <- sims        (an arrow points at what may be included)
#
# usage: test_rooms.sh ROOT CC CXX    the rules on ROOT, then on copies of it in which each rule is broken once
#
# A line that must break one of the last three rules (private headers in sims, libm, sleeping) says why: `// rooms: allowed, because ...`.
set -euo pipefail

root=$(cd "$1" && pwd) cc=$2 cxx=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# --- rules on the text ---------------------------------------------------------------------------------------------

sources() { (cd "$1" && find engine mailbox scheduler actors sims tests -name '*.[ch]' -o -name '*.inc' | sort); }

# Which room owns each public header: "entrain/status.h engine/base".
owners() {
    (cd "$1" && find engine mailbox scheduler actors sims -path '*/include/entrain/*.h' |
        sed 's|\(.*\)/include/\(entrain/.*\)|\2 \1|')
}

scan() { # ROOT: prints "file:line: sentence" for each broken rule
    owners "$1" >"$work/owners"
    (cd "$1" && sources . | xargs awk -v owners="$work/owners" '
    BEGIN {
        split("engine/base mailbox scheduler engine actors sims tests", order, " ")
        for (i = 1; i in order; i++) floor_of[order[i]] = i
        while ((getline line < owners) > 0) {
            split(line, part, " ")
            if (part[1] in owner) print part[1] ":1: two rooms have a public header of this name: " owner[part[1]] " and " part[2] "."
            owner[part[1]] = part[2]
        }
        # Not sqrt, floor, fabs and their like: IEEE 754 fixes every bit of those.
        libm = "(sin|cos|tan|asin|acos|atan|atan2|sincos|sinh|cosh|tanh|asinh|acosh|atanh|exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|cbrt|hypot|erf|erfc|lgamma|tgamma|fmod)[fl]?"
        sleep = "(sched_yield|pthread_yield|thrd_yield|thrd_sleep|usleep|nanosleep|clock_nanosleep|sleep)"
        # A name that is called: not part of a longer name, not a field.
        before = "(^|[^A-Za-z0-9_.>])(__builtin_)?"; after = "[ \t]*\\("
    }
    function room_of(path) {
        if (path ~ /^engine\/base\//) return "engine/base"
        sub(/\/.*/, "", path)
        return path
    }
    function refuse(sentence) { print FILENAME ":" FNR ": " sentence }
    # The line without comments, strings and characters. in_comment lives on from line to line.
    function code_of(text,    out, at, close_at, quote) {
        out = ""
        while (text != "") {
            if (in_comment) {
                close_at = index(text, "*/")
                if (!close_at) return out
                text = substr(text, close_at + 2); in_comment = 0; out = out " "
                continue
            }
            if (!match(text, /\/\*|\/\/|"|\047/)) return out text
            at = RSTART; quote = substr(text, at, RLENGTH)
            out = out substr(text, 1, at - 1); text = substr(text, at + length(quote))
            if (quote == "//") return out
            if (quote == "/*") { in_comment = 1; continue }
            # A literal; digit separators do not exist in C17, so a quote always opens one.
            while (text != "" && substr(text, 1, 1) != quote) text = substr(text, substr(text, 1, 1) == "\\" ? 3 : 2)
            text = substr(text, 2); out = out quote quote
        }
        return out
    }
    function check_include(name, quoted,    target, private) {
        private = 0
        if (name ~ /^entrain\//) {
            if (!(name in owner)) { refuse("no room has the public header " name "."); return }
            target = owner[name]
        } else if (quoted) {
            target = room_of(name); private = 1
            if (name !~ /\// || !(target in floor_of)) {
                if (room != "tests") refuse("spell the path from the root: \"" name "\" does not say which room it is in.")
                return
            }
        } else {
            if (public && name ~ /^ck_/) refuse("a public header includes libck: <" name "> does not compile as C++.")
            return
        }
        if (room == "tests") return
        if (floor_of[target] > floor_of[room]) refuse(room " includes " name ", which is " target "\047s: an arrow upwards.")
        if (private && public) refuse("a public header includes the private " name ".")
        if (private && room == "sims" && target != "sims" && $0 !~ /rooms: allowed, because ./) refuse("sims includes the private " name " of " target "; it may use public headers only.")
    }
    FNR == 1 { in_comment = 0; room = room_of(FILENAME); public = FILENAME ~ /\/include\/entrain\// }
    !in_comment && /^[ \t]*#[ \t]*include/ {
        if (match($0, /"[^"]+"/)) check_include(substr($0, RSTART + 1, RLENGTH - 2), 1)
        else if (match($0, /<[^>]+>/)) check_include(substr($0, RSTART + 1, RLENGTH - 2), 0)
        else refuse("an include that is not spelled out cannot be checked.")
        next
    }
    {
        # Most lines need no look: this is what keeps the test quick.
        code = (in_comment || $0 ~ /\/\*|\/\/|"|\047/) ? code_of($0) : $0
        if (public && code ~ /(^|[^A-Za-z0-9_])(ck|CK)_/) refuse("a public header speaks of libck.")
        if (code !~ /\(/ || $0 ~ /rooms: allowed, because ./) next
        if (room != "tests" && code ~ (before libm after)) refuse("libm differs from machine to machine; use entrain/math.h.")
        if (FILENAME != "engine/base/wait.c" && code ~ (before sleep after)) refuse("only engine/base/wait.c gives up the processor; wait through it.")
    }')
}

# --- every public header compiles alone, as C17 and as C++17, and finds what it includes in its room or below --------

headers() { # ROOT [HEADER]: prints what the compilers say
    local includes=() room dir header unit strict=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only)
    for room in engine/base mailbox scheduler engine actors; do
        dir=$1/$room/include
        includes+=(-I"$dir")
        for header in "$dir"/entrain/*.h; do
            if [ $# = 2 ] && [ "${header##*/}" != "$2" ]; then continue; fi
            # The line after it: ISO C wants a declaration, and export.h has none.
            unit="#include <entrain/${header##*/}>"$'\n''extern int nothing;'
            "$cc" -std=c17 -x c - "${includes[@]}" "${strict[@]}" <<<"$unit" 2>&1 || true
            "$cxx" -std=c++17 -x c++ - "${includes[@]}" "${strict[@]}" <<<"$unit" 2>&1 || true
        done
    done
}

# --- the tree ------------------------------------------------------------------------------------------------------

failed=0
if [ "$(owners "$root" | wc -l)" -lt 10 ] || [ "$(sources "$root" | wc -l)" -lt 20 ]; then
    echo "rooms: this is not Entrain's tree: $root" >&2
    exit 1
fi
broken=$(scan "$root"; headers "$root")
if [ -n "$broken" ]; then
    echo "$broken" >&2
    failed=1
fi

# --- a test that cannot fail is a defect: break each rule in a copy and see it refused -----------------------------

copy=$work/copy
mkdir "$copy"
(cd "$root" && cp -r engine mailbox scheduler actors sims tests "$copy")
[ -z "$(scan "$copy")" ] || [ $failed = 1 ]

# plant FILE LINE WORDS: LINE appended to FILE must be refused in a sentence with WORDS; "" for WORDS: must be accepted.
plant() {
    local file=$copy/$1 said
    mkdir -p "$(dirname "$file")"
    if [ -e "$file" ]; then cp "$file" "$work/kept"; else rm -f "$work/kept"; fi
    printf '%s\n' "$2" >>"$file"
    said=$(scan "$copy" | grep -F "$1:" || true)
    if [ -n "$3" ] && ! grep -qF "$3" <<<"$said"; then
        echo "rooms: not refused in $1: $2 (said: ${said:-nothing})" >&2
        failed=1
    elif [ -z "$3" ] && [ -n "$said" ]; then
        echo "rooms: wrongly refused in $1: $said" >&2
        failed=1
    fi
    if [ -e "$work/kept" ]; then mv "$work/kept" "$file"; else rm "$file"; fi
}

plant engine/base/zz.c '#include "mailbox/ring.h"' 'an arrow upwards'
plant engine/base/zz.c '#include <entrain/message.h>' 'an arrow upwards'
plant mailbox/zz.c '  #  include "entrain/scheduler.h"' 'an arrow upwards'
plant scheduler/zz.c '#include "entrain/engine.h" // why not' 'an arrow upwards'
plant engine/zz.c '#include "entrain/swarm.h"' 'an arrow upwards'
plant actors/zz.h '#include "sims/scenario.h"' 'an arrow upwards'
plant scheduler/include/entrain/policy.h '#include "entrain/engine.h"' 'an arrow upwards'
plant sims/zz.c '#include "engine/base/atomics.h"' 'it may use public headers only'
plant sims/zz.c '#include "../engine/base/atomics.h"' 'does not say which room'
plant engine/zz.c '#include "table.h"' 'does not say which room'
plant engine/zz.c '#include WHATEVER' 'cannot be checked'
plant engine/zz.c '#include "entrain/nothing.h"' 'no room has'
plant engine/include/entrain/engine.h '#include "engine/base/sum.h"' 'includes the private'
plant mailbox/include/entrain/mailbox.h '#include <ck_ring.h>' 'does not compile as C++'
plant mailbox/include/entrain/mailbox.h 'struct ck_ring *entrain_mailbox_ring(void);' 'speaks of libck'
plant actors/zz.c 'double y = x + sin(x);' 'libm differs'
plant engine/base/zz.h 'double y = __builtin_pow(x, 2);' 'libm differs'
plant sims/zz.c 'return fmodf (x, y);' 'libm differs'
plant sims/zz.c 'usleep(10);' 'only engine/base/wait.c'
plant tests/zz.c '/* soon */ sched_yield();' 'only engine/base/wait.c'
# and what must be let through
plant engine/base/zz.c '#include <ck_pr.h>' ''
plant engine/zz.c '// sin(x) is libm'"'"'s' ''
plant engine/zz.c 'const char *text = "log(x) \" exp(x)"; /* pow(x, y)' ''
plant engine/zz.c 'entrain_sin(x) + entrain__log(x) + rng->exp(x) + sqrt(x) + floor(x);' ''
plant engine/zz.c 'double y = cbrt(x); // rooms: allowed, because the test of this test says so' ''
plant engine/base/wait.c 'sched_yield();' ''
plant sims/zz.c '#include "sims/scenario.h"' ''
plant sims/zz.c '#include "engine/base/sum.h" // rooms: allowed, because the test of this test says so' ''
plant sims/zz.c '#include "engine/base/sum.h" // rooms: allowed' 'it may use public headers only'
plant tests/zz.c '#include "engine/base/sum.h"' ''
plant tests/zz.c 'double y = sin(x);' ''

# A header that needs what it does not include, and one that is not C++.
alone() {
    cp "$copy/mailbox/include/entrain/message.h" "$work/kept"
    sed -i "s|^ENTRAIN_END_DECLS|$1\n&|" "$copy/mailbox/include/entrain/message.h"
    [ -n "$(headers "$copy" message.h)" ] || { echo "rooms: a header was accepted with: $1" >&2; failed=1; }
    mv "$work/kept" "$copy/mailbox/include/entrain/message.h"
}
alone 'size_t entrain_message_bytes(void);'
alone 'int entrain_message_new(int class);'
alone 'entrain_scheduler *entrain_message_scheduler(void);'

[ $failed = 0 ] && echo "rooms: $(sources "$root" | wc -l) files, $(owners "$root" | wc -l) public headers, every arrow points down"
exit $failed
