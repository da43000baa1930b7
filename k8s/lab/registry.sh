# The image registry: Debian's docker-registry, plain HTTP on the loopback address, which Docker and containerd both accept.
registry_answers() { curl -sf "http://$LAB_REGISTRY/v2/"; }

registry_up() {
  ! belongs_to_others "${ONA_LAB_REGISTRY:-}" "$LAB_REGISTRY" || return 0
  need curl=curl
  if ! alive registry && registry_answers >/dev/null 2>&1; then
    say "image registry: the one that answers on $LAB_REGISTRY already"
    return
  fi
  if ! has docker-registry; then
    registry_in_container
    return
  fi
  write "$ONA_LAB/registry.yml" <<YML
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $ONA_LAB/registry}, delete: {enabled: true}}
http: {addr: "$LAB_REGISTRY"}
YML
  keep registry registry_answers docker-registry serve "$ONA_LAB/registry.yml"
}

# For a laptop that has Docker and on which nothing is to be installed.
registry_in_container() {
  has docker || need docker-registry=docker-registry
  docker start ona-lab-registry >/dev/null 2>&1 ||
    timed "starting an image registry in Docker" docker run -d --restart unless-stopped --name ona-lab-registry \
      -p "$LAB_REGISTRY:5000" registry:2 >/dev/null
  wait_for 30 registry_answers || refuse "no image registry answers on $LAB_REGISTRY; start one, or set ONA_LAB_REGISTRY=…"
}
