"""Worlds on real parts, as the e2e tests have them, and databases, as the contract tests have them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ona_pipeline.rollout.docker import DockerTarget
from tests.backends import docker_engine
from tests.contract.ledger.conftest import postgresql_url, sqlite_url
from tests.e2e.conftest import addresses, namespace
from tests.e2e.world import World
from tests.faults.invariants import Invariants

__all__ = ["addresses", "namespace", "postgresql_url", "sqlite_url"]

SMALL = """\
[tool.ona.environments.staging]
approval = "automatic"

[tool.ona.environments.production]
approval = "manual"
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> str:
    """Where a real ledger is kept, in each database."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def bare(tmp_path: Path) -> Callable[[str], World]:
    """Makes a repository without a model, for what concerns the ledger alone."""

    def make(ledger: str) -> World:
        (tmp_path / "tmp").mkdir()
        environment = {"ONA_LEDGER": ledger, "TMPDIR": str(tmp_path / "tmp")}
        made = World(tmp_path / "project", environment=environment, namespace="")
        made.folder.mkdir()
        made.git("init", "--quiet", "--initial-branch=main")
        made.git("config", "user.name", "releaser")
        made.git("config", "user.email", "releaser@example.org")
        made.write("pyproject.toml", SMALL)
        made.commit("policy")
        return made

    return make


@pytest.fixture
def world(database: str, tmp_path: Path, namespace: str, addresses: dict[str, str]) -> Iterator[World]:
    """A committed digits model, with a ledger in each database, and temporary folders of its own."""
    (tmp_path / "tmp").mkdir()
    environment = {**addresses, "ONA_LEDGER": database, "TMPDIR": str(tmp_path / "tmp")}
    made = World(tmp_path / "project", environment=environment, namespace=namespace)
    made.given_a_project()
    yield made
    targets = Invariants(made).targets
    on_engine = DockerTarget(
        docker_engine(), model="digits", environment="production", namespace=made.namespace
    )
    for target in (*targets.values(), on_engine):
        target.remove()
    while targets["production"].serving():
        time.sleep(0.2)
