"""What a pod's status says of a sandbox."""

from typing import Any

import pytest

from ona_pipeline.sandbox.pod_state import lost, state_of


def pod(container: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    """A pod whose one container is in a state."""
    containers = [{"state": container}] if container else []
    return {"status": {"containerStatuses": containers, **status}}


UNSCHEDULABLE = {
    "type": "PodScheduled",
    "reason": "Unschedulable",
    "message": "0/1 nodes: Insufficient memory",
}
EVICTED = 'Usage of EmptyDir volume "out-0" exceeds the limit "4Gi".'


@pytest.mark.parametrize(
    ("found", "at", "why"),
    [
        (None, "waiting", "not made yet"),
        (pod(phase="Pending"), "waiting", ""),
        (pod(phase="Pending", conditions=[UNSCHEDULABLE]), "waiting", "Insufficient memory"),
        (pod({"waiting": {"reason": "ContainerCreating"}}), "waiting", "ContainerCreating"),
        (pod({"waiting": {"reason": "ErrImagePull", "message": "EOF"}}), "waiting", "ErrImagePull: EOF"),
        (pod({"running": {}}), "running", ""),
        (pod({"terminated": {"exitCode": 0, "reason": "Completed"}}), "over", "Completed"),
        (pod(phase="Failed", reason="NodeLost"), "over", "NodeLost"),
    ],
)
def test_how_far_it_is(found: dict[str, Any] | None, at: str, why: str) -> None:
    state = state_of(found)
    assert state.at == at
    assert why in state.why


@pytest.mark.parametrize(
    ("found", "stopped"),
    [
        (pod({"terminated": {"exitCode": 137, "reason": "OOMKilled"}}), "out-of-memory"),
        (pod({"terminated": {"exitCode": 137}}, phase="Failed", reason="DeadlineExceeded"), "timed-out"),
        (pod(phase="Failed", reason="Evicted", message=EVICTED), "too-much-written"),
        (pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory."), None),
        (pod({"terminated": {"exitCode": 1, "reason": "Error"}}), None),
    ],
)
def test_the_limit_that_ended_it_as_a_whole(found: dict[str, Any], stopped: str | None) -> None:
    assert state_of(found).stopped == stopped


@pytest.mark.parametrize(
    ("reason", "message", "is_hopeless"),
    [
        ("InvalidImageName", "", True),
        ("CreateContainerConfigError", "", True),
        ("ErrImagePull", "manifest unknown: not found", True),
        ("ImagePullBackOff", "dial tcp: connection refused", False),
    ],
)
def test_what_waiting_cannot_help(reason: str, message: str, is_hopeless: bool) -> None:
    state = state_of(pod({"waiting": {"reason": reason, "message": message}}))
    assert state.is_hopeless == is_hopeless
    assert lost("sandbox-1", state).retryable != is_hopeless


def test_a_pod_that_ended_without_a_word_is_told_by_its_status() -> None:
    error = lost("sandbox-1", state_of(pod({"terminated": {"exitCode": 1}})))
    assert error.message == "sandbox-1 did not come to its end: exit status 1"
