"""The real parts that tests run on: found, or the test is skipped; under ONA_REQUIRE_BACKENDS=1 it fails."""

import os
import shutil
from typing import NoReturn

import pytest

from ona_pipeline.clients.docker import DockerEngine
from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.errors import BackendError
from ona_pipeline.records.reference import PinnedReference


def missing(reason: str) -> NoReturn:
    """Skip, or fail where backends are required."""
    if os.environ.get("ONA_REQUIRE_BACKENDS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def lab(name: str) -> str:
    """What the lab says about one of its parts: ``registry``, ``base``."""
    variable = f"ONA_LAB_{name.upper()}"
    return os.environ.get(variable) or missing(f"{variable} is not set: `make lab` brings the lab up")


def docker_engine() -> DockerEngine:
    """A Docker engine that answers."""
    engine = DockerEngine()
    try:
        engine.version()
    except BackendError as error:
        missing(error.message)
    return engine


def image_registry(host: str) -> ImageRegistry:
    """A client of an image registry that answers."""
    registry = ImageRegistry()
    try:
        registry.get_manifest(f"{host}/ona/probe", "probe")
    except BackendError as error:
        missing(error.message)
    return registry


def base_image() -> PinnedReference:
    """The base of serving images, in the lab's image registry."""
    return PinnedReference(lab("base"))


def bubblewrap_program() -> str:
    """The program that makes sandboxes without an engine."""
    return shutil.which("bwrap") or missing("bwrap is not there: `make lab` installs bubblewrap")
