#!/usr/bin/env bash
# `make demo`: takes the committed digits model the whole road, asks before production, and asks the served model a digit.
# Called with the lab up and its addresses in the environment; ONA_DEMO_CONTEXT names a cluster of one's own.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=/dev/null
. k8s/lab/settings.sh
namespace=${ONA_DEMO_NAMESPACE:-ona-production}

export ONA_IMAGE_REGISTRY="${ONA_IMAGE_REGISTRY:-$ONA_LAB_REGISTRY/ona}"
export ONA_BASE="${ONA_BASE:-$ONA_LAB_BASE}"
export ONA_MLFLOW="${ONA_MLFLOW:-$ONA_LAB_MLFLOW}"
export ONA_TARGETS_PRODUCTION_CONTEXT="${ONA_DEMO_CONTEXT:-ona-lab}"
export ONA_TARGETS_PRODUCTION_NAMESPACE=$namespace
export ONA_TARGETS_PRODUCTION_SERVICE=NodePort
export ONA_LEDGER="${ONA_LEDGER:-sqlite:///$ONA_LAB/demo/ledger.db}"
addresses=${ONA_DEMO_ENV:-$ONA_LAB/demo.env}
{
  declare -p KUBECONFIG 2>/dev/null | sed 's/^declare -x/export/' || true
  declare -p ONA_IMAGE_REGISTRY ONA_BASE ONA_MLFLOW ONA_LEDGER "${!ONA_TARGETS_@}" | sed 's/^declare -x/export/'
  echo "export PATH='$PWD/.venv/bin':\$PATH"
} >"$addresses"

echo "== a namespace for production, under Pod Security \"restricted\""
python k8s/lab/namespace.py "$ONA_TARGETS_PRODUCTION_CONTEXT" "$namespace"

echo "== the model that was committed takes the road"
ona release digits --note "the demo"
if [ ! -t 0 ] || [ ! -t 1 ]; then
  echo "== there is no terminal to ask at: the demo answers the question, and that is recorded"
  ona approve --to production --yes --reason "answered by make demo, without a terminal"
fi

echo "== a digit that the model has not seen, sent to the Service"
python k8s/lab/ask_digit.py "$ONA_TARGETS_PRODUCTION_CONTEXT" "$namespace" ${ONA_DEMO_ROW:+"$ONA_DEMO_ROW"}
echo "next, with the demo's settings: . $addresses"
echo "      then: ona status, ona history digits, ona rollback digits --env production --reason TEXT"
