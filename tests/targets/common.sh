# What the recipes share; sourced by every setup.sh and start.sh.
#
# A recipe is installed below $SCIM_TARGETS (default ~/.cache/scim-targets) into a folder whose name ends in the checksum
# of the recipe and of the interpreter. An edited recipe or another Python is therefore another folder: nothing is ever
# upgraded below a server that another process runs, and "is it installed" is the question whether one file exists.
# shellcheck shell=bash
set -euo pipefail

recipes=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
recipe=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$recipe")
root=${SCIM_TARGETS:-${XDG_CACHE_HOME:-$HOME/.cache}/scim-targets}

# Which interpreter the installation is tied to: a virtual environment and native modules do not survive its upgrade.
python_runtime() { python3 -c 'import sys; print(sys.base_prefix, sys.version)'; }
node_runtime() { node --version; }

# place RUNTIME: where this recipe is installed for that interpreter.
place() {
  local sum
  sum=$(
    cd "$recipes"
    find common.sh loopback.py "$name" -type f ! -name '*.pyc' | LC_ALL=C sort | while IFS= read -r file; do
      printf '%s\n' "$file"
      cat "$file"
    done
    printf '%s\n' "$1"
  )
  printf '%s/%s-%s\n' "$root" "$name" "$(printf '%s' "$sum" | cksum | cut -d' ' -f1)"
}

# install_once RUNTIME: calls the recipe's function `install` in the fresh place, under a lock, unless it is done already.
install_once() {
  local place
  place=$(place "$1")
  if [ -e "$place/installed" ]; then return; fi
  mkdir -p "$root"
  lock "$root/$name.lock"
  # Another process may have installed it while this one waited for the lock.
  if [ -e "$place/installed" ]; then return; fi
  # What stands here was left by an installation that was killed.
  rm -rf "$place"
  mkdir "$place"
  cp -R "$recipe/." "$recipes/loopback.py" "$place"
  cd "$place"
  install
  touch installed
}

# lock FILE: waits for the lock and holds it until this shell exits, however it exits.
lock() {
  exec 9>"$1"
  if command -v flock >/dev/null; then
    flock 9
  else
    # No flock(1), as on macOS; the same call through Perl, which holds the lock on the inherited descriptor.
    perl -e 'open(my $lock, ">&=", 9) && flock($lock, 2) or die "lock: $!"'
  fi
}

# enter RUNTIME: goes to the installed place.
enter() {
  local place
  place=$(place "$1")
  if [ ! -e "$place/installed" ]; then
    echo "$name is not installed: run $recipe/setup.sh" >&2
    exit 1
  fi
  cd "$place"
}
