"""What a pod's events add to its trouble."""

from typing import Any

from ona_pipeline.rollout.events import explained
from ona_pipeline.rollout.trouble import Trouble

NOT_READY = Trouble("not-ready", "pod digits-1 is not ready", instance="digits-1")


def event(reason: str, message: str, at: str = "2026-11-23T12:00:00Z") -> dict[str, Any]:
    return {"reason": reason, "message": message, "lastTimestamp": at}


def test_a_probe_s_own_words_are_told_the_newest_of_them():
    events = [
        event("Unhealthy", "Readiness probe failed:\n statuscode: 503", "2026-11-23T12:00:09Z"),
        event("Unhealthy", "Startup probe failed", "2026-11-23T12:00:01Z"),
        event("Pulled", "image is there", "2026-11-23T12:00:10Z"),
    ]
    assert explained(NOT_READY, events).sentence == (
        "pod digits-1 is not ready: Readiness probe failed: statuscode: 503"
    )


def test_a_node_that_is_gone_is_the_cause_while_nothing_came_after_it():
    gone = event("NodeNotReady", "Node is not ready", "2026-11-23T12:00:09Z")
    assert explained(NOT_READY, [event("Unhealthy", "503"), gone]).cause == "node-gone"
    back = event("Unhealthy", "503", "2026-11-23T12:00:19Z")
    assert explained(NOT_READY, [gone, back]).cause == "not-ready"


def test_what_needs_no_explanation_or_has_none_stays_as_it_is():
    crashed = Trouble("crash-loop", "it crashed", instance="digits-1")
    assert explained(crashed, [event("Unhealthy", "503")]) == crashed
    assert explained(NOT_READY, []) == NOT_READY
