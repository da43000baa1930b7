"""What is wrong, read off what a Kubernetes API server shows."""

from typing import Any

import pytest

from ona_pipeline.rollout import conditions
from ona_pipeline.rollout.objects import IMAGE, RELEASE

MARKS = {RELEASE: "r1", IMAGE: "registry/digits@sha256:1"}


def pod(
    *,
    state: dict[str, Any] | None = None,
    last: dict[str, Any] | None = None,
    restarts: int = 0,
    started: bool | None = None,
    conditions: dict[str, tuple[str, str]] | None = None,
    **metadata: Any,
) -> dict[str, Any]:
    container = {"name": "model", "state": state or {}, "restartCount": restarts, "imageID": "x@sha256:1"}
    container |= {"lastState": last} if last else {}
    container |= {} if started is None else {"started": started}
    shown = [
        {"type": kind, "status": status, "message": message}
        for kind, (status, message) in (conditions or {}).items()
    ]
    return {
        "metadata": {"name": "digits-1", "annotations": MARKS, **metadata},
        "status": {"containerStatuses": [container], "conditions": shown},
    }


def deployment(*, failure: str = "", observed: int = 2) -> dict[str, Any]:
    shown = [{"type": "ReplicaFailure", "status": "True", "message": failure}] if failure else []
    return {
        "metadata": {"name": "digits", "generation": 2},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": observed, "conditions": shown},
    }


def ended(reason: str, status: int = 1) -> dict[str, Any]:
    return {"terminated": {"reason": reason, "exitCode": status}}


RUNNING: dict[str, Any] = {"running": {}}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}


@pytest.mark.parametrize(
    ("shown", "cause", "is_hopeless"),
    [
        (pod(conditions={"PodScheduled": ("False", "0/1 nodes: Insufficient cpu")}), "unschedulable", False),
        (pod(state={"waiting": {"reason": "ContainerCreating"}}), "", False),
        (
            pod(state={"waiting": {"reason": "ErrImagePull", "message": "dial tcp: refused"}}),
            "image-pull",
            False,
        ),
        (pod(state={"waiting": {"reason": "ErrImagePull", "message": "x: not found"}}), "image-pull", True),
        (pod(state={"waiting": {"reason": "ImagePullBackOff", "message": "denied"}}), "image-pull", True),
        (pod(state={"waiting": {"reason": "InvalidImageName"}}), "image-pull", True),
        (pod(state={"waiting": {"reason": "CreateContainerConfigError"}}), "cannot-start", True),
        (pod(state=ended("Error")), "crash-loop", False),
        (pod(state=RUNNING, last=ended("Error"), restarts=1), "crash-loop", False),
        (pod(state=BACK_OFF, last=ended("Error"), restarts=1), "crash-loop", True),
        (pod(state=ended("Error"), last=ended("Error"), restarts=1), "crash-loop", True),
        (pod(state=ended("OOMKilled", 137)), "out-of-memory", False),
        (pod(state=BACK_OFF, last=ended("OOMKilled", 137), restarts=1), "out-of-memory", True),
        (pod(state=RUNNING), "not-ready", False),
        (pod(state=RUNNING, started=False), "not-started", False),
        (pod(state=RUNNING, started=True), "not-ready", False),
        (
            pod(
                state={"waiting": {"reason": "ErrImagePull", "message": "no match for platform in manifest"}}
            ),
            "wrong-platform",
            True,
        ),
    ],
)
def test_each_state_of_a_pod_has_its_name(shown: dict[str, Any], cause: str, is_hopeless: bool):
    found = conditions.pod_trouble(shown)
    assert found is not None
    assert (found.cause, found.hopeless) == (cause, is_hopeless)


def test_a_ready_pod_has_no_trouble_even_if_it_crashed_before():
    shown = pod(state=RUNNING, last=ended("Error"), restarts=3, conditions={"Ready": ("True", "")})
    assert conditions.pod_trouble(shown) is None


def test_the_log_of_the_start_that_crashed_is_asked_for():
    again = conditions.pod_trouble(pod(state=RUNNING, last=ended("Error"), restarts=1))
    first = conditions.pod_trouble(pod(state=ended("Error")))
    assert again is not None
    assert first is not None
    assert (again.restarted, first.restarted) == (True, False)


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ('pods "x" is forbidden: exceeded quota: small, requested: pods=1', "quota"),
        ('pods "x" is forbidden: violates PodSecurity "restricted:latest"', "admission"),
        ('admission webhook "policy.example" denied the request', "admission"),
    ],
)
def test_pods_that_cannot_be_made_are_named_by_why(message: str, cause: str):
    found = conditions.deployment_trouble(deployment(failure=message), [], [])
    assert found is not None
    assert (found.cause, found.hopeless) == (cause, True)
    assert message in found.sentence


def test_a_full_quota_is_waited_for_while_an_older_pod_leaves():
    leaving = pod(deletionTimestamp="2026-11-23T12:00:00Z")
    found = conditions.deployment_trouble(deployment(failure="exceeded quota: small"), [leaving], [])
    assert found is not None
    assert not found.hopeless


def test_a_refusal_of_pods_before_is_not_told_when_none_is_missing():
    both = [pod(), pod()]
    assert conditions.deployment_trouble(deployment(failure="exceeded quota: small"), both, both) is None


def test_a_deployment_that_was_not_looked_at_yet_says_nothing():
    found = conditions.deployment_trouble(deployment(observed=1), [], [])
    assert found is not None
    assert (found.cause, found.hopeless) == ("", False)


def test_missing_pods_and_older_pods_are_waited_for():
    one = pod()
    assert conditions.progress(deployment(), [one], []) is not None
    assert conditions.progress(deployment(), [one, one], [one]) is not None
    assert conditions.progress(deployment(), [one, one], []) is None


def test_pods_are_sorted_by_what_they_were_made_for_and_leaving_ones_left_out():
    new, old = pod(), pod(annotations={RELEASE: "r0", IMAGE: MARKS[IMAGE]})
    leaving = pod(deletionTimestamp="2026-11-23T12:00:00Z")
    assert conditions.sorted_out([new, old, leaving], MARKS) == ([new], [old])


def test_the_digest_is_what_the_runtime_says():
    assert conditions.running_digest(pod()) == "sha256:1"
    assert conditions.running_digest({"metadata": {}, "status": {}}) == ""
