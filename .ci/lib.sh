# Shared by the scripts here; sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
shared=${MUSICFS_SHARED:-$root/../shared}
oracle_home=${MUSICFS_ORACLE:-$HOME/.cache/musicfs-oracle} # made by oracle/setup.sh
python=$oracle_home/venv/bin/python
target=${CARGO_TARGET_DIR:-$root/target}
program=${MUSICFS_BIN:-$target/release/musicfs}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

random_seed() {
    od -An -N4 -tu4 /dev/urandom | tr -d ' '
}

# Sets `seed` and `work`, a folder that stays where it is when the script fails.
begin_oracle() {
    seed=${1:-${MUSICFS_SEED:-$(random_seed)}}
    [[ $seed =~ ^[0-9]+$ ]] || die "the seed must be a number, not '$seed'"
    [[ -x $program ]] || die "there is no $program; build it, or set MUSICFS_BIN"
    [[ -x $python ]] || die "there is no $python; run $shared/oracle/setup.sh"
    work=$(mktemp -d "${TMPDIR:-/tmp}/musicfs-${0##*/}.XXXXXX")
    printf 'seed %s; repeat with: .ci/%s %s\n' "$seed" "${0##*/}" "$seed"
    trap 'end_oracle $?' EXIT
}

end_oracle() {
    if [[ $(type -t clean_up) == function ]]; then clean_up; fi
    if [[ $1 == 0 ]]; then
        rm -rf "$work"
    else
        printf 'FAILED with seed %s; what was compared is in %s\n' "$seed" "$work" >&2
    fi
}
