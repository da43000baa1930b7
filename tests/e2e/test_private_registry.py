"""The whole road to an image registry with a certificate of its own authority, and a login."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends import docker_engine
from tests.certificates import Authority
from tests.e2e.world import World, ask
from tests.image_registries import PASSWORD, debian_registry, log_in, passwords

pytestmark = [pytest.mark.docker, pytest.mark.registry]


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="host", scope="module")
def _host(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("registry")
    with debian_registry(folder, certificate=authority.issue("tls"), auth=passwords(folder)) as host:
        yield host


@pytest.fixture(name="private")
def _private(world: World, host: str, authority: Authority, tmp_path: Path) -> Iterator[World]:
    """A project whose images go there; the authority is named by a path in the repository."""
    world.write("ca.pem", authority.certificate_file.read_text())
    policy = (world.folder / "pyproject.toml").read_text()
    settings = f'[tool.ona]\nimage_registry = "{host}/team"\nca_bundle = "ca.pem"\n\n'
    world.write("pyproject.toml", settings + policy)
    world.commit("images go to a registry of our own")
    del world.environment["ONA_IMAGE_REGISTRY"]
    world.environment["HOME"] = str(tmp_path / "home")
    world.environment["UV_CACHE_DIR"] = os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
    yield world
    images = docker_engine().sdk.images
    for image in images.list():
        for name in image.attrs["RepoDigests"] or ():
            if name.startswith(host):
                images.remove(name)  # by this name alone: others may have the same image by another


def test_who_is_not_let_in_is_told_before_the_work_and_goes_on_after_logging_in(
    private: World, host: str, tmp_path: Path
) -> None:
    # nobody is logged in: found out after the first gate, before anything is made
    said = private.ona("release", "digits", "--to", "staging", status=4)
    assert "could not open an upload to team/digits: nobody is logged in there" in said.notes
    assert f"docker login {host}" in said.notes
    [release] = private.releases()
    assert '"name":"prepare"' in private.facts()

    # a wrong password is another cause
    log_in(tmp_path / "home", host, password="mellon")
    again = private.ona("resume", release, status=4)
    assert "the credentials of releaser are wrong or have expired" in again.notes

    # an authority that is not trusted is another
    distrusting = {"ONA_CA_BUNDLE": ""}
    assert (
        "by an authority that is not known here"
        in private.ona("resume", release, status=4, environment=distrusting).notes
    )


@pytest.mark.full
def test_a_release_reaches_a_container_through_a_registry_of_our_own(
    private: World, host: str, tmp_path: Path
) -> None:
    log_in(tmp_path / "home", host)
    released = private.ona("release", "digits", "--to", "staging", "--json")
    assert released.phase("staging") == "live"
    outputs, _ = ask(private.address(released.release, "staging"), [0.0] * 64)
    assert outputs["label"]
    assert PASSWORD not in private.facts()
