#!/usr/bin/env bash
# Ends what up.sh started, by process id, and nothing else; the data stay. `down.sh --erase` removes the state folder as well.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for part in settings process teardown; do
  # shellcheck source=/dev/null
  . "$here/$part.sh"
done
[ -d "$ONA_LAB/pids" ] || { say "nothing is up"; exit 0; }
exec 9>"$ONA_LAB/lock"
flock 9

containers_down
for name in mlflow postgresql proxy kubelet scheduler controller-manager apiserver etcd registry dockerd containerd; do
  [ -e "$ONA_LAB/pids/$name" ] || continue
  say "ending $name"
  case $name in
    postgresql) stop "$name" INT ;;      # TERM would wait for every client to leave
    *) stop "$name" ;;
  esac
done
leftovers_down
[ "${1:-}" != --erase ] || erase
