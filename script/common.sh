# Sourced by the scripts beside it: where the project is, and how they speak.
# shellcheck shell=bash

# shellcheck disable=SC2034
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Another checkout of the same files finds what this one has compiled.
export CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1

say() { printf '\n== %s\n' "$*"; }
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Two jobs share the memory of a small machine; a compiler takes up to 1.5 GiB here.
job_count() {
  local by_memory
  by_memory=$(($(awk '/^MemTotal:/ { print $2 }' /proc/meminfo) / 1572864))
  [ "$by_memory" -ge 1 ] || by_memory=1
  if [ "$(nproc)" -lt "$by_memory" ]; then nproc; else echo "$by_memory"; fi
}
