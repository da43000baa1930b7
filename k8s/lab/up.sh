#!/usr/bin/env bash
# Brings up the real parts that a release needs, on this machine: a Docker engine, an image registry, one-node Kubernetes,
# PostgreSQL and an MLflow server. What runs already is used, what is half up is repaired. docs/lab.md explains each part.
set -Eeuo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for part in settings process packages engine registry toolchain pause certificates cluster node postgresql mlflow base; do
  # shellcheck source=/dev/null
  . "$here/$part.sh"
done

mkdir -p "$ONA_LAB" && chmod 755 "$ONA_LAB"
mkdir -p "$ONA_LAB"/{log,pids} "$LAB_RUN"
exec 9>"$ONA_LAB/lock"
flock -n 9 || { say "another run is at work; waiting for it"; flock 9; }

trap 'say "stopped at ${BASH_SOURCE[0]##*/}:$LINENO; the logs are in $ONA_LAB/log"' ERR
packages_up
mlflow_up &                          # ten seconds of imports, while the others come up
mlflow=$!
engine_up
registry_up
cluster_up
postgresql_up
base_up
wait $mlflow
write_environment
cat "$ONA_LAB/env"
