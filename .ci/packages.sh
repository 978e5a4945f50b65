# shellcheck shell=bash
# Sourced, never run: entrain_need PACKAGE... makes sure that these Debian packages are installed.
#
# Quiet and quick when nothing is missing (one dpkg-query). What is missing is installed with apt-get, through sudo where
# we are not root. Where that cannot be done it names the packages and returns 1, having changed nothing.
# ENTRAIN_PACKAGES=skip trusts that everything is there (other distributions, containers without dpkg).

entrain_need() {
    [ "${ENTRAIN_PACKAGES:-}" = skip ] && return 0
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        entrain__need_refuse "this is not a Debian system" "$@"
        return 1
    fi

    local installed missing=() package
    # Words such as "ii gcc"; packages it has never heard of only make it complain.
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}${binary:Package}\n' "$@" 2>/dev/null) || true
    for package in "$@"; do
        # An architecture may follow the name, as in libck-dev:amd64.
        case $'\n'"$installed"$'\n' in
        *$'\nii '"$package"$'\n'* | *$'\nii '"$package":*) ;;
        *) missing+=("$package") ;;
        esac
    done
    [ ${#missing[@]} -eq 0 ] && return 0

    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            entrain__need_refuse "we are not root and there is no sudo" "${missing[@]}"
            return 1
        fi
        as_root=(sudo)
        [ -t 0 ] || as_root=(sudo -n) # nobody there to type a password
        if ! "${as_root[@]}" true; then
            entrain__need_refuse "sudo was refused" "${missing[@]}"
            return 1
        fi
    fi

    printf 'Installing %s ...\n' "${missing[*]}" >&2
    as_root+=(env DEBIAN_FRONTEND=noninteractive)
    local log
    log=$(mktemp) || return 1
    # The lists of a fresh machine are empty or old: the update may fail (a mirror away) without the install failing.
    "${as_root[@]}" apt-get -qq update >"$log" 2>&1 || true
    if ! "${as_root[@]}" apt-get -qq -y install --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        entrain__need_refuse "apt-get failed (its last words are above)" "${missing[@]}"
        return 1
    fi
    rm -f "$log"
}

entrain__need_refuse() {
    local why=$1
    shift
    printf 'Entrain needs these Debian packages, and %s:\n  %s\n' "$why" "$*" >&2
    printf 'Install them (apt-get install ...) and run this again; ENTRAIN_PACKAGES=skip leaves out this check.\n' >&2
}
