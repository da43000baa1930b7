# The Docker engine. One containerd serves both it and the kubelet; an engine that answers already is used as it is.
DOCKER_SOCKET=/var/run/docker.sock
CONTAINERD_SOCKET=$LAB_RUN/containerd.sock

docker_answers() { docker version; }
containerd_answers() { ctr -a "$CONTAINERD_SOCKET" version; }

# An engine that answers and is not the lab's own.
foreign_engine() { has docker && ! alive dockerd && docker_answers >/dev/null 2>&1; }

engine_up() {
  if foreign_engine; then
    say "Docker engine: the one that runs already"
    return
  fi
  need dockerd=docker.io docker=docker.io iptables=iptables
  containerd_up
  alive dockerd || rm -f "$LAB_RUN/docker.pid" "$DOCKER_SOCKET"
  keep dockerd docker_answers dockerd --containerd "$CONTAINERD_SOCKET" --data-root "$ONA_LAB/docker" \
    --exec-root "$LAB_RUN/docker" --pidfile "$LAB_RUN/docker.pid" -H "unix://$DOCKER_SOCKET" --log-level warn
}

containerd_up() {
  need containerd=containerd runc=runc
  mkdir -p "$ONA_LAB/cni"
  containerd_configuration | write "$ONA_LAB/containerd.toml"
  network_configuration | write "$ONA_LAB/cni/10-ona.conflist"
  keep containerd containerd_answers containerd -c "$ONA_LAB/containerd.toml" --log-level warn
}

containerd_configuration() {
  cat <<TOML
version = 2
root = "$ONA_LAB/containerd"
state = "$LAB_RUN/containerd"
[grpc]
  address = "$CONTAINERD_SOCKET"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE_IMAGE"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$ONA_LAB/cni"
TOML
}

# Addresses are remembered in the run folder: after a reboot no pod holds one any more. The firewall plugin lets pods through
# the FORWARD chain, which the Docker engine closes.
network_configuration() {
  cat <<JSON
{"cniVersion": "0.4.0", "name": "ona", "plugins": [
  {"type": "bridge", "bridge": "ona0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$LAB_RUN/cni", "ranges": [[{"subnet": "$LAB_PODS"}]],
            "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}},
  {"type": "firewall", "backend": "iptables"}]}
JSON
}
