# shellcheck shell=bash
# Sourced by the black-box tests of the `entrain` command, with its path in $1: a folder to work in, and checks that count.
#
# `command_prefix`, an array, stands between entrain and the arguments of expect; `limit_s` ends a command that hangs.
entrain=$(readlink -f "${1:?usage: ${0##*/} PATH-OF-ENTRAIN}")
work=$(mktemp -d "${TMPDIR:-/tmp}/entrain-cli.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset ENTRAIN_SIMD
export LC_ALL=C

command_prefix=() limit_s=100
checks=0 failures=0
fail() {
    failures=$((failures + 1))
    printf 'FAIL %s\n' "$*" >&2
    sed 's/^/     | /' out.txt err.txt 2>/dev/null | head -n 30 >&2
}

# expect CODE ARGS...: runs entrain with stdout in out.txt and stderr in err.txt; `path=...` before it is entrain's PATH
expect() {
    local wanted=$1 code=0
    shift
    checks=$((checks + 1))
    timeout "$limit_s" env PATH="${path:-$PATH}" "$entrain" "${command_prefix[@]}" "$@" >out.txt 2>err.txt || code=$?
    [ "$code" -eq "$wanted" ] || fail "entrain ${command_prefix[*]} $*: exit code $code, not $wanted"
}
# says FILE WORDS: the file has these words; silent: it has not
says() {
    checks=$((checks + 1))
    grep -qF -- "$2" "$1" || fail "$1 does not say \"$2\""
}
silent() {
    checks=$((checks + 1))
    ! grep -qF -- "$2" "$1" || fail "$1 says \"$2\""
}
same() {
    checks=$((checks + 1))
    cmp -s "$1" "$2" || fail "$1 and $2 differ"
}
is() { # is WHAT WORDS...: test(1) with a name
    local what=$1
    shift
    checks=$((checks + 1))
    test "$@" || fail "$what"
}
# refused WORDS ARGS...: usage, one sentence with these words, nothing on stdout
refused() {
    local words=$1
    shift
    expect 2 "$@"
    says err.txt "$words"
    is "$*: one sentence" "$(wc -l <err.txt)" -eq 1
    is "$*: nothing on stdout" ! -s out.txt
}
