#!/bin/bash
# An outside project uses the installed library in every way that we promise: find_package and pkg-config, static and
# shared, C and C++, linked and dlopened. The prefix is moved after the install: nothing in it may know where it was.
#
# usage: test_consumer.sh BUILD_DIR CMAKE CC CXX swarm|status
#   status: the engine is not there yet, so only the floor is called.
set -euo pipefail

build=$1 cmake=$2 cc=$3 cxx=$4 depth=$5
here=$(cd "$(dirname "$0")" && pwd)
source_dir=$(dirname "$here")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "test_consumer: $*" >&2; exit 1; }
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "this failed: $*"; }; }
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
links() { needed "$1" | grep -q "^$2"; }

# --- install, move, look -------------------------------------------------------------------------------------------
quietly "$cmake" --install "$build" --prefix "$work/first"
mv "$work/first" "$work/moved"
prefix=$work/moved
libdir=$(dirname "$(find "$prefix" -name libentrain.a)")
library=$libdir/libentrain.so

for path in "$source_dir" "$(cd "$build" && pwd)" "$work/first"; do
    pattern="(^|[^A-Za-z0-9_./-])$(sed 's/[][\.*^$+?(){}|/]/\\&/g' <<<"$path")(/|[^A-Za-z0-9_.-]|\$)"
    if found=$(grep -rlaE "$pattern" "$prefix"); then fail "the path $path of the build machine is in: $found"; fi
done
! links "$library" libjemalloc || fail "libentrain.so links jemalloc: it cannot be dlopened"
[ "$depth" = status ] || links "$library" libck || fail "libentrain.so does not link libck"

for header in "$prefix"/include/entrain/*.h; do
    grep -qF "#include <entrain/${header##*/}>" "$here/consumer/all.h" || fail "tests/consumer/all.h lacks ${header##*/}"
done
[ "$(ls "$prefix/include")" = entrain ] || fail "something beside include/entrain was installed: $(ls "$prefix/include")"

nm -D --defined-only "$library" | awk '{print $3}' | sort >"$work/exported"
if foreign=$(grep -vE '^entrain_[a-z0-9]' "$work/exported"); then fail "libentrain.so exports what is not public: $foreign"; fi
# libm's last bits differ from machine to machine: whatever the sources look like, the library must not ask for them.
transcendental='(sin|cos|tan|asin|acos|atan|atan2|sincos|sinh|cosh|tanh|exp|exp2|expm1|log|log2|log10|log1p|pow|cbrt|hypot|fmod)f?'
if called=$(nm -D --undefined-only "$library" | awk '{print $2}' | grep -E "^(_ZGV.*_)?$transcendental(@|\$)"); then
    fail "libentrain.so calls libm: $called"
fi
# Every function that a public header declares is there to be linked.
awk '/^ *(\/\/|\*)/ { next } /ENTRAIN_API/ && !/define/ { on = 1; text = "" }
     on { text = text " " $0 } on && /;/ { on = 0; if (match(text, /entrain_[a-z0-9_]+\(/)) print substr(text, RSTART, RLENGTH - 1) }' \
    "$prefix"/include/entrain/*.h | sort -u >"$work/declared"
[ "$(wc -l <"$work/declared")" -gt 50 ] || fail "the list of declared functions is too short to be true"
missing=$(comm -23 "$work/declared" "$work/exported")
if [ "$depth" = swarm ]; then
    [ -z "$missing" ] || fail "declared in a public header but not in libentrain.so: $missing"
elif [ -z "$missing" ]; then
    echo "test_consumer: every declared function is there now: set CONSUMER_DEPTH to swarm in tests/CMakeLists.txt"
fi

# --- run in every way ----------------------------------------------------------------------------------------------
results=$work/results
run() { # what, command...
    local what=$1 answer
    shift
    answer=$("$@") || fail "$what does not run"
    echo "$answer" >>"$results"
    printf '%-34s %s\n' "$what" "$answer"
}

define=() swarm=OFF
if [ "$depth" = swarm ]; then define=(-DCONSUMER_SWARM) swarm=ON; fi

# find_package. Configured twice at once: most of the time is CMake asking the compilers who they are.
configure() { # kind, options...
    local kind=$1
    shift
    "$cmake" -G Ninja -S "$here/consumer" -B "$work/$kind" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
        -DCMAKE_CXX_COMPILER="$cxx" -DCONSUMER_SWARM=$swarm "$@" >"$work/$kind.log" 2>&1 &&
        "$cmake" --build "$work/$kind" >>"$work/$kind.log" 2>&1
}
# README's own project, as it stands there.
readme_block() { awk -v first="$1" '$0 == first { on = 1; next } /^```$/ { on = 0 } on' "$source_dir/README.md"; }
mkdir "$work/own"
cp "$here/consumer/my_actor.c" "$work/own"
readme_block '```cmake' >"$work/own/CMakeLists.txt"
if [ "$depth" = swarm ]; then
    { "$cmake" -G Ninja -S "$work/own" -B "$work/own/build" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" &&
        "$cmake" --build "$work/own/build"; } >"$work/own.log" 2>&1 & own_job=$!
fi
configure static & static_job=$!
configure shared -DCONSUMER_COMPONENT=shared & shared_job=$!
wait $static_job || { cat "$work/static.log" >&2; fail "find_package(entrain), static: does not build"; }
wait $shared_job || { cat "$work/shared.log" >&2; fail "find_package(entrain COMPONENTS shared): does not build"; }
if [ "$depth" = swarm ]; then
    wait $own_job || { cat "$work/own.log" >&2; fail "README's project does not build"; }
    same() { # what, first line in README's block, program: that is what it prints
        "$3" >"$work/printed" 2>&1 || { cat "$work/printed" >&2; fail "$1 fails"; }
        readme_block "$2" | diff - "$work/printed" || fail "$1 does not print what README shows"
    }
    same "README's project" '$ ./my_actor' "$work/own/build/my_actor"
    for kind in static shared; do
        same "my_actor, $kind" '$ ./my_actor' "$work/$kind/my_actor"
        same "overload, $kind" '$ ./overload' "$work/$kind/overload"
        [ "$("$work/$kind/actor")" = "the chief's sum is 9900" ] || fail "the actor in C++, $kind, adds up wrongly"
    done
    echo "actors: README's, one in C++, an overloaded one; all print what they should"
fi
for kind in static shared; do
    for language in c cpp; do run "find_package $kind $language" "$work/$kind/consumer_$language"; done
done
! links "$work/static/consumer_c" libentrain || fail "the static consumer links libentrain.so"
links "$work/shared/consumer_c" libentrain || fail "the shared consumer does not link libentrain.so"
# (A linker that drops unneeded libraries keeps jemalloc once something of ours allocates.)
[ "$depth" = status ] || links "$work/static/consumer_c" libjemalloc || fail "a program with the static library must link jemalloc"
# hwloc too, where Entrain was built with it: the weak references alone would not keep it.
! links "$library" libhwloc || links "$work/static/consumer_c" libhwloc || fail "a program with the static library must link hwloc"
! links "$work/static/libconsumer_plugin.so" libhwloc || fail "a plug-in made of the static library links hwloc"
! links "$work/shared/consumer_c" libjemalloc || fail "nobody asked for jemalloc beside the shared library"
! links "$work/static/libconsumer_plugin.so" libjemalloc || fail "a plug-in made of the static library links jemalloc"
# BUILD_SHARED_LIBS alone chooses the shared one; a component chooses against it.
quietly "$cmake" -S "$here/consumer" -B "$work/static" -DBUILD_SHARED_LIBS=ON
grep -q 'LINK_LIBRARIES.*libentrain\.so' "$work/static/build.ninja" || fail "BUILD_SHARED_LIBS=ON did not choose the shared library"
quietly "$cmake" -S "$here/consumer" -B "$work/static" -DCONSUMER_COMPONENT=static
! grep -q 'LINK_LIBRARIES.*libentrain\.so' "$work/static/build.ninja" || fail "COMPONENTS static did not win over BUILD_SHARED_LIBS"
# A word that is no component is refused.
if "$cmake" -S "$here/consumer" -B "$work/static" -DCONSUMER_COMPONENT=stat >"$work/log" 2>&1; then fail "COMPONENTS stat was accepted"; fi

# pkg-config, as entrain.pc explains it.
export PKG_CONFIG_PATH=$libdir/pkgconfig
cflags=$(pkg-config --cflags entrain) libs=$(pkg-config --libs entrain) libs_static=$(pkg-config --static --libs entrain)
case $libs in *jemalloc* | *-lck*) fail "pkg-config --libs names private libraries: $libs" ;; esac
# shellcheck disable=SC2086  # the flags are words
{
    quietly "$cc" -std=c17 "${define[@]}" "$here/consumer/main.c" -o "$work/pc_shared" $cflags $libs
    quietly "$cc" -std=c17 "${define[@]}" "$here/consumer/main.c" -o "$work/pc_static" $cflags ${libs_static//-lentrain/-l:libentrain.a}
    quietly "$cc" -std=c17 "${define[@]}" "$here/consumer/main.c" -o "$work/pc_all_static" -static $cflags $libs_static
    quietly "$cc" -std=c17 "${define[@]}" "$here/consumer/main.c" -o "$work/pc_jemalloc" $cflags $libs -Wl,--no-as-needed -ljemalloc
    quietly "$cc" -std=c17 "$here/consumer/dlopen.c" -o "$work/dlopen" $cflags
}
links "$work/pc_shared" libentrain || fail "pkg-config: the shared program does not link libentrain.so"
! links "$work/pc_static" libentrain || fail "pkg-config: the static program links libentrain.so"
[ "$depth" = status ] || links "$work/pc_static" libjemalloc || fail "pkg-config --static does not bring jemalloc"
run "pkg-config shared" env LD_LIBRARY_PATH="$libdir" "$work/pc_shared"
run "pkg-config shared + jemalloc" env LD_LIBRARY_PATH="$libdir" "$work/pc_jemalloc"
run "pkg-config static" "$work/pc_static"
run "pkg-config all static" "$work/pc_all_static"

# --- plug-ins for the installed command ------------------------------------------------------------------------------
if [ "$depth" = swarm ]; then
    entrain=$prefix/bin/entrain
    nm -D --defined-only "$entrain" | awk '$2 == "T" && $3 != "_start" {print $3}' | sort >"$work/command"
    missing=$(comm -23 "$work/declared" "$work/command")
    [ -z "$missing" ] || fail "declared in a public header but not to be found by a plug-in: $missing"
    if foreign=$(grep -vE '^entrain_[a-z0-9]' "$work/command"); then fail "the command exports what is not public: $foreign"; fi

    # As the header says it, and by users who link what they need not; with CMake and in C++ (pairs.cpp).
    strict=(-Wall -Wextra -Wpedantic -Werror)
    mkdir "$work/plugins"
    # shellcheck disable=SC2086  # the flags are words
    {
        for name in policy model topology; do
            quietly "$cc" -shared -fPIC "${strict[@]}" "$here/plugins/my_$name.c" -o "$work/plugins/$name.so" $cflags
            ! links "$work/plugins/$name.so" libentrain || fail "a plug-in links libentrain.so"
        done
        quietly "$cc" -shared -fPIC "$here/plugins/my_policy.c" -o "$work/plugins/linked.so" $cflags -Wl,--no-as-needed $libs
        links "$work/plugins/linked.so" libentrain || fail "linked.so does not link libentrain.so"
    }
    cat >"$work/own.lua" <<'LUA'
return {
  swarm = { size = 60, topology = { kind = "caves", degree = 5, parameters = { shortcuts = 0.25 } } },
  model = { kind = "second-harmonic" }, time = { step = 0.02, duration = 0.4 }, exec = { policy = "deal" },
}
LUA
    for policy in policy.so linked.so; do
        (cd "$work/plugins" && LD_LIBRARY_PATH=$libdir quietly "$entrain" verify ../own.lua --load "$policy" --load model.so --load ./topology.so)
        grep -q '^  deal  *same' "$work/log" || fail "verify did not try the plug-in's policy"
    done
    quietly "$entrain" list topologies --load "$work/static/pairs.so"
    grep -q 'pairs .*everybody has one partner' "$work/log" || fail "the plug-in in C++ is not listed"
    echo "plug-ins: compiled as the header says, loaded by the installed command"
fi

# dlopen from a program without jemalloc.
! links "$work/dlopen" libjemalloc || fail "the program that dlopens must not link jemalloc"
if [ "$depth" = swarm ]; then
    run "dlopen libentrain.so" "$work/dlopen" "$library" swarm
else
    run "dlopen libentrain.so" "$work/dlopen" "$library" entrain_status_name
fi
"$work/dlopen" "$work/static/libconsumer_plugin.so" plugin_status >/dev/null || fail "a plug-in made of the static library cannot be dlopened"

[ "$(sort -u "$results" | wc -l)" = 1 ] || fail "the ways disagree"
echo "consumer: $(wc -l <"$results") ways, one answer"
