"""The Kubernetes objects of a change."""

from typing import Any

import pytest
import yaml

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout import canary_object, objects, sending
from ona_pipeline.rollout.interface import Change
from ona_pipeline.rollout.objects import Place
from tests.stand_in import QUESTION

IMAGE = PinnedReference.of("registry/digits", Digest.of(b"image"))
CHANGE = Change(model="digits", environment="production", release="r1", image=IMAGE, question=QUESTION)
PLACE = Place(namespace="lab", deployment="digits-blue")
FIXED = Place(namespace="lab", deployment="digits-blue", replicas=5)


def rendered(place: Place = PLACE) -> dict[str, dict[str, Any]]:
    return {found["kind"]: found for found in objects.render(objects.base_folder(), CHANGE, place)}


def test_every_object_has_the_name_the_namespace_and_the_release():
    for found in rendered().values():
        assert found["metadata"]["name"] == "digits-blue"
        assert found["metadata"]["namespace"] == "lab"
        assert objects.release_of(found) == "r1"
        assert found["metadata"]["labels"][objects.NAME_LABEL] == "digits"


def test_every_selector_selects_the_pods_of_this_deployment_alone():
    found = rendered()
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    wanted = {objects.INSTANCE_LABEL: "digits-blue"}
    assert wanted.items() <= labels.items()
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == wanted
    assert found["Service"]["spec"]["selector"] == wanted
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == wanted
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == wanted


def test_the_pods_run_the_pinned_image_and_say_their_release():
    template = rendered()["Deployment"]["spec"]["template"]
    assert [found["image"] for found in template["spec"]["containers"]] == [IMAGE]
    assert template["metadata"]["annotations"] == objects.annotations(CHANGE)
    assert template["spec"]["serviceAccountName"] == "digits-blue"


def test_replicas_and_service_type_come_from_the_place():
    place = Place(namespace="lab", deployment="digits", service="NodePort", replicas=5)
    found = rendered(place)
    assert found["Deployment"]["spec"]["replicas"] == 5
    assert objects.AUTOSCALER not in found
    assert found["Service"]["spec"]["type"] == "NodePort"


def test_the_number_of_pods_is_the_autoscalers():
    found = rendered()
    assert "replicas" not in found["Deployment"]["spec"]
    assert found[objects.AUTOSCALER]["spec"]["minReplicas"] == 2
    assert found[objects.AUTOSCALER]["spec"]["scaleTargetRef"]["name"] == "digits-blue"


def in_the_cluster(replicas: int, manager: str, subresource: str = "") -> dict[str, Any]:
    entry = {
        "manager": manager,
        "operation": "Update",
        "subresource": subresource,
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    }
    return {"metadata": {"managedFields": [entry]}, "spec": {"replicas": replicas}}


AUTOSCALED = in_the_cluster(7, "kube-controller-manager", "scale")


@pytest.mark.parametrize(
    ("place", "deployment", "sent"),
    [
        pytest.param(PLACE, None, 2, id="the first rollout begins with the autoscaler's least"),
        pytest.param(PLACE, in_the_cluster(2, "ona"), 2, id="what is ours stays, or it would fall to one"),
        pytest.param(
            PLACE, in_the_cluster(3, "kubectl", "scale"), None, id="a person's number is left alone"
        ),
        pytest.param(PLACE, AUTOSCALED, None, id="the autoscaler's number is left alone"),
        pytest.param(FIXED, None, 5, id="without an autoscaler the number is ours"),
        pytest.param(FIXED, in_the_cluster(3, "kubectl", "scale"), 5, id="and it is contested"),
        pytest.param(FIXED, AUTOSCALED, None, id="except by an autoscaler of somebody else"),
    ],
)
def test_the_number_of_pods_is_sent_only_where_it_is_ours(
    place: Place, deployment: dict[str, Any] | None, sent: int | None
):
    found = objects.render(objects.base_folder(), CHANGE, place)
    (scaled,) = (one for one in sending.scaled(found, deployment) if one["kind"] == "Deployment")
    assert scaled["spec"].get("replicas") == sent


def test_an_older_pod_goes_when_a_newer_one_was_ready_for_as_long_as_the_policy_wants():
    place = Place(namespace="lab", deployment="digits", min_ready_s=30)
    assert rendered(place)["Deployment"]["spec"]["minReadySeconds"] == 30
    assert rendered()["Deployment"]["spec"]["minReadySeconds"] == 1


@pytest.mark.parametrize(
    ("beside", "share", "pods"), [(2, 0.1, 1), (9, 0.1, 1), (18, 0.1, 2), (2, 0.5, 2), (3, 0.25, 1)]
)
def test_a_canary_is_that_share_of_all_pods_and_at_least_one(beside: int, share: float, pods: int):
    every = objects.render(objects.base_folder(), CHANGE, PLACE)
    assert canary_object.canary_of(every, beside=beside, share=share)["spec"]["replicas"] == pods


def test_a_canary_is_found_by_the_service_and_not_taken_for_the_others():
    every = objects.render(objects.base_folder(), CHANGE, PLACE)
    found, service = canary_object.canary_of(every, beside=2, share=0.1), rendered()["Service"]
    labels = found["spec"]["template"]["metadata"]["labels"]
    assert found["metadata"]["name"] == "digits-blue-canary"
    assert service["spec"]["selector"].items() <= labels.items()
    assert labels[canary_object.TRACK_LABEL] == "canary"
    assert found["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert canary_object.TRACK_LABEL in found["spec"]["selector"]["matchLabels"]
    untouched = rendered()["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert canary_object.TRACK_LABEL not in untouched


def test_nothing_of_the_placeholder_is_left_but_the_container_s_name():
    for found in rendered().values():
        text = yaml.safe_dump(found).replace("name: model\n", "", 1)
        assert ": model\n" not in text


def test_pods_hold_no_rights():
    spec = rendered()["Deployment"]["spec"]["template"]["spec"]
    container = spec["containers"][0]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsUser"] == 65532
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"].keys() == {"cpu", "memory", "ephemeral-storage"}


def test_a_rollout_takes_no_pod_away_before_another_is_ready():
    strategy = rendered()["Deployment"]["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.parametrize("kind", ["Deployment", "Service", "ServiceAccount", "NetworkPolicy"])
def test_an_object_is_named_without_a_change(kind: str):
    found = {one["kind"]: one for one in objects.named(objects.base_folder(), PLACE)}[kind]
    assert found["metadata"] == {"name": "digits-blue", "namespace": "lab"}
