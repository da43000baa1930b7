#!/usr/bin/env bash
# Programs that others wrote, which judge what ona makes: compiled from Go modules, once per machine and version.
set -Eeuo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for part in settings process packages toolchain; do
  # shellcheck source=/dev/null
  . "$here/$part.sh"
done

compile_cosign() {
  GOBIN=$ONA_LAB/build-cosign CGO_ENABLED=0 go install -trimpath -ldflags "-s -w" \
    "github.com/sigstore/cosign/v3/cmd/cosign@v$LAB_COSIGN" &&
    mv "$ONA_LAB/build-cosign/cosign" "$LAB_JUDGE"
}

compile_registry() {
  local work=$ONA_LAB/build-registry
  rm -rf "$work" && mkdir -p "$work"
  cp "$here/registry/main.go" "$work"
  cd "$work"
  go mod init onaregistry &&
    go get "github.com/google/go-containerregistry@v$LAB_GGCR" &&
    CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o onaregistry . &&
    mv onaregistry "$LAB_OTHER_REGISTRY"
}

# compiled PROGRAM WHAT COMMAND
compiled() {
  local log=$ONA_LAB/log/$3.log
  [ ! -x "$1" ] || return 0
  toolchain_up
  timed "$2" quietly "$log" "$3" || { tail -n 15 "$log" >&2; return 1; }
}

quietly() { ("$2") >"$1" 2>&1 9>&-; }

mkdir -p "$ONA_LAB"/{bin,log}
exec 9>"$ONA_LAB/judges.lock"
flock -n 9 || { say "another run compiles; waiting for it"; flock 9; }
compiled "$LAB_OTHER_REGISTRY" "compiling a second image registry" compile_registry
compiled "$LAB_JUDGE" "compiling cosign v$LAB_COSIGN (2 to 5 minutes on two cores, once)" compile_cosign
rm -rf "$ONA_LAB"/build-cosign "$ONA_LAB"/build-registry
if [ -e "$ONA_LAB/env" ]; then
  { grep -v -e ONA_LAB_COSIGN= -e ONA_LAB_OTHER_REGISTRY= "$ONA_LAB/env"; judges; } >"$ONA_LAB/env.new"
  mv "$ONA_LAB/env.new" "$ONA_LAB/env"
fi
judges
