"""The container of a change: its settings, and what is wrong with it."""

from typing import Any

import pytest

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout import containers
from ona_pipeline.rollout.interface import Change
from tests.stand_in import QUESTION

IMAGE = PinnedReference.of("registry/digits", Digest.of(b"image"))
CHANGE = Change(model="digits", environment="staging", release="r1", image=IMAGE, question=QUESTION)


def found(*, restarts: int = 0, ports: Any = None, **state: Any) -> dict[str, Any]:
    settings = containers.settings(CHANGE, "lab/digits/staging")
    return {
        "Name": f"/{settings['name']}",
        "Config": {"Image": settings["image"], "Labels": settings["labels"]},
        "State": {"Running": True, "Restarting": False, "OOMKilled": False, "ExitCode": 0, **state},
        "RestartCount": restarts,
        "NetworkSettings": {"Ports": ports},
    }


def test_the_container_is_pinned_named_and_without_rights():
    settings = containers.settings(CHANGE, "lab/digits/staging")
    assert settings["image"] == IMAGE
    assert settings["name"] == f"ona-digits-staging-{IMAGE.digest.short}"
    assert settings["read_only"] is True
    assert settings["cap_drop"] == ["ALL"]
    assert settings["user"] == "65532:65532"
    assert settings["ports"] == {"8080/tcp": ("127.0.0.1",)}


def test_a_container_is_known_by_its_image_and_release():
    assert containers.is_for(found(), CHANGE)
    other = found()
    other["Config"]["Labels"] = {**other["Config"]["Labels"], containers.RELEASE: "r2"}
    assert not containers.is_for(other, CHANGE)


def test_the_address_is_what_the_engine_published():
    published = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}]}
    assert containers.address(found(ports=published)) == "127.0.0.1:32768"
    assert containers.address(found(ports=None)) == ""


@pytest.mark.parametrize(
    ("shown", "cause", "is_hopeless"),
    [
        (found(Running=False, ExitCode=1), "crash-loop", False),
        (found(Restarting=True, ExitCode=1, restarts=1), "crash-loop", True),
        (found(restarts=1), "crash-loop", False),
        (found(restarts=2), "crash-loop", True),
        (found(Restarting=True, OOMKilled=True, ExitCode=137, restarts=1), "out-of-memory", True),
    ],
)
def test_each_death_has_its_name(shown: dict[str, Any], cause: str, is_hopeless: bool):
    trouble = containers.trouble(shown)
    assert trouble is not None
    assert (trouble.cause, trouble.hopeless) == (cause, is_hopeless)


def test_a_container_that_runs_and_never_died_has_no_trouble():
    assert containers.trouble(found()) is None
