# What processes of the lab leave in the kernel: containers that outlive containerd, mounts, the bridge, rules.
containers_down() {
  if alive dockerd; then
    docker ps -q | xargs -r docker stop -t 5 >/dev/null || true
  fi
  stop kubelet
  alive containerd || return 0
  local sandbox
  for sandbox in $(k8s containers ls -q); do
    k8s tasks kill -s SIGKILL -a "$sandbox" >/dev/null 2>&1 || true
  done
  for sandbox in $(k8s containers ls -q); do
    k8s tasks rm -f "$sandbox" >/dev/null 2>&1 || true
  done
}

k8s() { ctr -a "$LAB_RUN/containerd.sock" -n k8s.io "$@"; }

# Only where this lab had a cluster: bridge and rules may be another one's. Rules of kube-proxy name services that nobody
# answers behind any more.
leftovers_down() {
  local program mounted mounts
  [ -e "$ONA_LAB/kubeconfig" ] || return 0
  for program in "$ONA_LAB"/bin/onacluster-*; do
    [ ! -x "$program" ] || "$program" kube-proxy --cleanup >"$ONA_LAB/log/proxy-cleanup.log" 2>&1 || true
  done
  mapfile -t mounts </proc/mounts          # at once: the file changes while it is worked through
  for mounted in "${mounts[@]}"; do
    mounted=$(cut -d ' ' -f 2 <<<"$mounted")
    case $mounted in "$ONA_LAB"/* | "$LAB_RUN"/*) umount -l "$mounted" 2>/dev/null || true ;; esac
  done
  ! ip link show ona0 >/dev/null 2>&1 || ip link delete ona0
}

erase() {
  say "removing $ONA_LAB"
  rm -rf "$ONA_LAB" "$LAB_RUN"
}
