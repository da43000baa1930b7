# The base image of a serving image: Python 3.11 and its libraries, without shell or package manager. Made once, from Debian
# packages, because no public image is asked for; where one can be pulled, ONA_LAB_BASE=repo@sha256:… names it instead.
LAB_BASE_PACKAGES=python3,libstdc++6,ca-certificates

base_up() {
  local own
  own=$(cat "$ONA_LAB/base.digest" 2>/dev/null || true)
  LAB_BASE=${ONA_LAB_BASE:-$own}
  ! belongs_to_others "$LAB_BASE" "$own" || return 0
  if [ -z "$own" ] || ! base_is_in_registry "$own"; then
    timed "making the base image" make_base base "$LAB_BASE_PACKAGES"
  fi
  LAB_BASE=$(cat "$ONA_LAB/base.digest")
}

base_is_in_registry() {
  local repository=${1%@*}
  curl -sfI -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "http://${repository%%/*}/v2/${repository#*/}/manifests/${1#*@}" >/dev/null
}

# make_base NAME PACKAGES: pushes it to ona/NAME, and notes its pinned reference in NAME.digest.
make_base() {
  local folder=$LAB_PROJECT/k8s/lab/base
  if ! has mmdebstrap && has docker; then
    base_from_public_image "$1"
    return
  fi
  need mmdebstrap=mmdebstrap
  SOURCE_DATE_EPOCH=0 mmdebstrap --quiet --variant=extract --include="$2" --format=tar \
    --extract-hook="$folder/trim.sh" bookworm - 2>"$ONA_LAB/log/$1.log" |
    python3 "$folder/image.py" "${ONA_LAB_REGISTRY:-$LAB_REGISTRY}/ona/$1" >"$ONA_LAB/$1.digest.new"
  mv "$ONA_LAB/$1.digest.new" "$ONA_LAB/$1.digest"
}

# For a machine without Debian's tools: a public Python (slim; the whole one has git), pushed to the lab's registry, known from then
# on by its digest.
base_from_public_image() {
  local repository=${ONA_LAB_REGISTRY:-$LAB_REGISTRY}/ona/$1 public=python:3.11-slim
  [ "$1" = base ] || public=python:3.11
  docker pull --quiet "$public" >/dev/null
  docker tag "$public" "$repository:slim"
  docker push "$repository:slim" | sed -n "s|.*digest: \\(sha256:[0-9a-f]*\\).*|$repository@\\1|p" >"$ONA_LAB/$1.digest"
  [ -s "$ONA_LAB/$1.digest" ] || refuse "$public could not be pushed to $repository; or set ONA_LAB_BASE=…"
}
