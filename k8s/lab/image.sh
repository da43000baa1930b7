#!/usr/bin/env bash
# image.sh [REPOSITORY [BASE]]: makes a container image of ona, pushes it, and prints its pinned reference. Without a base it makes
# one as for served models, with git and OpenSSH's client beside Python. It wants an image registry, and no Docker engine.
set -Eeuo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for part in settings process packages base; do
  # shellcheck source=/dev/null
  . "$here/$part.sh"
done
mkdir -p "$ONA_LAB"/log

base_of_ona() {
  local known=$ONA_LAB/base-with-git.digest
  if [ ! -s "$known" ] || ! base_is_in_registry "$(cat "$known")"; then
    timed "making a base image with git" make_base base-with-git "$LAB_BASE_PACKAGES,git,openssh-client"
  fi
  cat "$known"
}

repository=${1:-${ONA_LAB_REGISTRY:-$LAB_REGISTRY}/ona/ona}
base=${2:-$(base_of_ona)}
cd "$LAB_PROJECT"
exec .venv/bin/python -m ona_pipeline.image.own "$repository" "$base" requirements/ona.lock
