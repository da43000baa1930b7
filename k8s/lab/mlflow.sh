# The MLflow server: experiments and the model registry in SQLite, artefacts in a folder that it serves itself. It listens on
# the loopback address and, for pods, on the bridge's; on no other.
mlflow_answers() { curl -sf "$LAB_MLFLOW/health"; }

mlflow_up() {
  local program=$LAB_PROJECT/.venv/bin/mlflow bridge=()
  ! belongs_to_others "${ONA_LAB_MLFLOW:-}" "$LAB_MLFLOW" || return 0
  need curl=curl
  alive mlflow || stop mlflow
  if ! alive mlflow && mlflow_answers >/dev/null 2>&1; then
    say "MLflow server: the one that answers on $LAB_MLFLOW already"
    return
  fi
  [ -x "$program" ] || refuse "no .venv in the project: run \`make setup\` first"
  if [ -z "${ONA_DEMO_CONTEXT:-}" ]; then
    bridge_up
    bridge=(--bind "$LAB_GATEWAY:${LAB_MLFLOW##*:}")
  fi
  # Background jobs would be seven more processes, for features that the lab does not use.
  export MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
  alive mlflow || upgrade_mlflow "$program"
  keep mlflow mlflow_answers "$program" server --host 127.0.0.1 --port "${LAB_MLFLOW##*:}" --workers 1 \
    --backend-store-uri "sqlite:///$ONA_LAB/mlflow/mlflow.db" --artifacts-destination "$ONA_LAB/mlflow/artifacts" \
    --gunicorn-opts "${bridge[*]} --threads 8 --timeout 120"
}

# A database that another version of MLflow wrote is brought up to this one; MLflow refuses to serve it otherwise.
upgrade_mlflow() {
  local version
  version=$("${1%/*}/python" -c 'import importlib.metadata; print(importlib.metadata.version("mlflow"))')
  mkdir -p "$ONA_LAB/mlflow/artifacts"
  if [ -s "$ONA_LAB/mlflow/mlflow.db" ] && [ "$(cat "$ONA_LAB/mlflow/version" 2>/dev/null)" != "$version" ]; then
    timed "upgrading the MLflow database" "$1" db upgrade "sqlite:///$ONA_LAB/mlflow/mlflow.db" >"$ONA_LAB/log/mlflow-upgrade.log"
  fi
  echo "$version" >"$ONA_LAB/mlflow/version"
}
