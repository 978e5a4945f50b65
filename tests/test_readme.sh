#!/usr/bin/env bash
# README shows what exists: its C example compiles against the build and runs, its Lua example is a scenario, the files it
# names are there, and the fingerprint it quotes is the one that comes out.
#   test_readme.sh SOURCE BUILD ENTRAIN CC
set -euo pipefail
source=$1 build=$2 entrain=$3 cc=$4
work=$(mktemp -d "${TMPDIR:-/tmp}/entrain-readme.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "README: $*" >&2; exit 1; }
block() { awk -v open='```'"$1" '$0 == open { inside = 1; next } $0 == "```" && inside { exit } inside' "$source/README.md"; }

block c >example.c
[ -s example.c ] || fail "there is no C example"
includes=()
for room in engine/base mailbox scheduler engine actors; do includes+=("-I$source/$room/include"); done
# shellcheck disable=SC2086
$cc -std=c17 -Wall -Wextra -Werror "${includes[@]}" example.c "$build/libentrain.a" -lck -lpthread -lm ${LINK_FLAGS:-} -o example ||
    fail "the C example does not compile"
./example | grep -E '^r = 0\.[89][0-9]* at t = [0-9]+ s, fingerprint [0-9a-f]{16}$' || fail "the C example does not synchronize"

# The second one is the actor that the tests build against the installed package, the third one the plug-in that they load,
# word for word.
nth() { awk -v wanted="$1" '/^```c$/ { n++; next } /^```$/ && n == wanted { exit } n == wanted' "$source/README.md"; }
nth 2 | diff "$source/tests/consumer/my_actor.c" - || fail "its actor is not tests/consumer/my_actor.c"
sed -n '/^#include/,$p' "$source/tests/plugins/my_policy.c" | diff - <(nth 3) ||
    fail "its policy is not tests/plugins/my_policy.c"

block lua >example.lua
"$entrain" run example.lua --quiet -o lua --set time.duration=1 || fail "the Lua example does not run"

# The sweep is a part of a scenario; the script is whole (smaller here).
lua() { awk -v wanted="$1" '/^```lua$/ { n++; next } /^```$/ && n == wanted { exit } n == wanted' "$source/README.md"; }
{ echo 'return {'; lua 2; echo '}'; } >sweep.lua
"$entrain" sweep sweep.lua --dry-run | grep -q '^180 runs of 45 points' || fail "its sweep is not what it was"
lua 3 | sed 's/50000, 4/500, 2/' >script.lua
"$entrain" run script.lua --quiet -o script | grep -cE '^[0-9]+\s0\.9[0-9]*\s[0-9.]+\s[0-9a-f]{16}$' | grep -qx 2 ||
    fail "its script does not print two sizes"

quoted=$(sed -n 's/^  Fingerprint  //p' "$source/README.md")
got=$("$entrain" run "$source/sims/fireflies.lua" --seed 7 --workers 1 -o fireflies 2>/dev/null | sed -n 's/^  Fingerprint  //p')
[ "$quoted" = "$got" ] || fail "it quotes the fingerprint $quoted and the run gives $got"

# What it says that the explorer prints is what it prints.
"$entrain" explore dining --seeds 1..200 2>/dev/null |
    diff <(awk '$0 == "$ entrain explore dining --seeds 1..200" { on = 1; next } /^```$/ { on = 0 } on' "$source/README.md") - ||
    fail "the explorer prints something else"

for path in $(grep -oE '(sims|tests)/[a-z_]+(\.lua|/run|\.c)?' "$source/README.md" | sort -u); do
    [ -e "$source/$path" ] || [ -e "$source/$path.c" ] || [ "$path" = tests/test_theory_ ] || fail "it names $path, which is not there"
done
echo "README holds: C example, actor, explorer, Lua example, fingerprint $got"
