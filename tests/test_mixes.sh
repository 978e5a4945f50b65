#!/usr/bin/env bash
# The golden fingerprints in builds that nobody ships: no optimisation, too much of it, this machine's own instructions,
# link-time optimisation, the other compiler, no hwloc. Builds the library and test_determinism once for each; minutes.
#   test_mixes.sh SOURCE CMAKE
set -euo pipefail
source=$1 cmake=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/entrain-mixes.XXXXXX")
trap 'rm -rf "$work"' EXIT

mixes=(
    'gcc -O0'
    'gcc -Os without hwloc'
    'gcc -O3 -march=native'
    'gcc -O2 -flto'
    'clang -O0'
    'clang -O3 -march=native'
)
failed=0
for mix in "${mixes[@]}"; do
    compiler=${mix%% *} flags=${mix#* } hwloc=ON
    case $mix in *' without hwloc') flags=${flags%% *} hwloc=OFF ;; esac
    if ! command -v "$compiler" >/dev/null; then
        echo "left out: $mix ($compiler is not installed)"
        continue
    fi
    build=$work/$compiler-$(tr -dc a-z0-9 <<<"$flags")
    "$cmake" -S "$source" -B "$build" -G Ninja -DCMAKE_C_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=None \
        -DCMAKE_C_FLAGS="$flags" -DENTRAIN_BUILD_TESTS=ON -DENTRAIN_USE_HWLOC=$hwloc >"$build.log" 2>&1 &&
        "$cmake" --build "$build" --target test_determinism >>"$build.log" 2>&1 || {
        tail -n 30 "$build.log"
        echo "FAILED to build: $mix"
        failed=1
        continue
    }
    if "$build/tests/test_determinism" --full >"$build.log" 2>&1; then
        echo "the same bits: $mix"
    else
        grep -E 'ERROR|FAILED' "$build.log" | head -n 5
        echo "OTHER BITS: $mix"
        failed=1
    fi
    rm -rf "$build"
done
exit $failed
