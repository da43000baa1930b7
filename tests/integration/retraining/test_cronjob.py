"""The CronJob, judged by a real API server under Pod Security "restricted"; nothing of it is kept."""

import secrets
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.backends import missing

pytestmark = pytest.mark.kubernetes
FILE = Path(__file__).parents[3] / "k8s" / "retrain-cronjob.yaml"


@pytest.fixture
def cronjob() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


@pytest.fixture
def cluster():
    from kubernetes import client, config
    from kubernetes.config.config_exception import ConfigException

    try:
        load: Any = config.load_kube_config
        load()
        client.VersionApi().get_code()
    except (ConfigException, client.ApiException, OSError) as error:
        missing(f"no Kubernetes cluster answers: {error}")
    return client


@pytest.fixture
def namespace(cluster):
    name = f"retrain-{secrets.token_hex(4)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    cluster.CoreV1Api().create_namespace({"metadata": {"name": name, "labels": labels}})
    cluster.CoreV1Api().create_namespaced_service_account(name, {"metadata": {"name": "releaser"}})
    yield name
    cluster.CoreV1Api().delete_namespace(name)


def test_the_api_server_takes_every_field_of_it(cluster, namespace, cronjob):
    cronjob["metadata"]["namespace"] = namespace
    made = cluster.BatchV1Api().create_namespaced_cron_job(
        namespace, cronjob, dry_run="All", field_validation="Strict"
    )
    assert made.spec.concurrency_policy == "Forbid"


def test_its_pod_is_admitted_under_pod_security_restricted(cluster, namespace, cronjob):
    template = cronjob["spec"]["jobTemplate"]["spec"]["template"]
    pod = {"metadata": {"generateName": "retrain-"}, "spec": template["spec"]}
    made = cluster.CoreV1Api().create_namespaced_pod(namespace, pod, dry_run="All", field_validation="Strict")
    assert made.spec.service_account_name == "releaser"


def test_it_calls_just_ona_retrain(cronjob):
    spec = cronjob["spec"]["jobTemplate"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert container["args"] == ["retrain", "digits"]
    assert "command" not in container
    assert spec["activeDeadlineSeconds"] > 0
    assert container["resources"]["limits"]["memory"] == "4Gi"
