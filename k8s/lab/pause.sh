# The image of every pod's sandbox: one small static program, imported into the kubelet's part of containerd.
PAUSE_IMAGE=ona.local/pause:1

pause_up() {
  [[ $(containerd_images ls -q) != *"$PAUSE_IMAGE"* ]] || return 0
  if [ ! -s "$ONA_LAB/pause.tar" ]; then
    toolchain_up
    timed "making the pause image" make_pause
  fi
  containerd_images import "$ONA_LAB/pause.tar" >/dev/null
}

containerd_images() { ctr -a "$CONTAINERD_SOCKET" -n k8s.io images "$@"; }

make_pause() {
  local work=$ONA_LAB/build-pause
  rm -rf "$work" && mkdir -p "$work"
  (cd "$LAB_PROJECT/k8s/lab/pause" &&
    CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$work/pause" main.go) 9>&-
  "$LAB_PROJECT/.venv/bin/python" "$LAB_PROJECT/k8s/lab/pause/archive.py" "$work/pause" "$PAUSE_IMAGE" "$ONA_LAB/pause.tar"
  rm -rf "$work"
}
