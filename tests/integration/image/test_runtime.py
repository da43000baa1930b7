"""Runtimes, made by the real uv and kept in a real registry; of an empty lock, so of the server alone."""

import gzip
import sys
import uuid
from pathlib import Path

import pytest

from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.image.base import read_image
from ona_pipeline.image.document import Image, read_manifest
from ona_pipeline.image.platform import Platform
from ona_pipeline.image.runtime import Runtime, Runtimes, RuntimeSettings
from ona_pipeline.image.server import server_lock
from ona_pipeline.records.finding import Finding
from ona_pipeline.sandbox.container import ContainerSandbox
from tests.backends import base_image, docker_engine, image_registry, lab
from tests.contract.sandbox.outcomes import Runner

pytestmark = pytest.mark.registry
NO_HASH = "--hash=sha256:" + "0" * 64


@pytest.fixture(name="registry")
def _registry() -> ImageRegistry:
    return image_registry(lab("registry"))


def runtimes(registry: ImageRegistry, platform: Platform | None = None) -> Runtimes:
    repository = f"{lab('registry')}/ona-tests/runtime-{uuid.uuid4().hex[:8]}"
    return Runtimes(registry, RuntimeSettings(base_image(), repository, platform or Platform()))


def made(runtimes: Runtimes, lock: bytes = b"") -> Runtime:
    found = runtimes.have(lock)
    assert isinstance(found, Runtime), found
    return found


def refused(registry: ImageRegistry, lock: str) -> str:
    found = runtimes(registry).have(lock.encode())
    assert isinstance(found, Finding), found
    return found.code


@pytest.fixture(name="runtime", scope="module")
def _runtime() -> Runtime:
    return made(runtimes(image_registry(lab("registry"))))


def image(registry: ImageRegistry, runtime: Runtime) -> Image:
    return read_image(registry, runtime.image, "linux/amd64")


def test_two_makes_are_the_same_to_the_byte(registry: ImageRegistry, runtime: Runtime):
    again = made(runtimes(registry))
    assert runtime.was_made
    assert again.was_made
    assert again.image.repository != runtime.image.repository
    assert again.image.digest == runtime.image.digest


def test_a_runtime_is_made_once_and_then_found(registry: ImageRegistry):
    both = runtimes(registry)
    first, second = made(both), made(both)
    assert (first.was_made, second.was_made) == (True, False)
    assert first.image == second.image
    assert first.key == second.key == both.key(b"")


def test_another_lock_or_no_server_is_another_runtime(registry: ImageRegistry):
    both = runtimes(registry)
    assert len({both.key(b""), both.key(b"# other"), both.key(b"", "training")}) == 3


def test_a_tag_that_was_moved_to_another_image_is_not_believed(registry: ImageRegistry):
    both = runtimes(registry)
    runtime = made(both)
    base = registry.get_manifest(base_image().repository, base_image().digest) or b""
    repository = runtime.image.repository
    config, layers = read_manifest(base)
    for digest in [config, *(layer.digest for layer in layers)]:
        registry.mount(repository, digest, base_image().repository)
    registry.put_manifest(repository, base, tag=f"runtime-{runtime.key.hex[:32]}")
    again = made(both)
    assert again.was_made
    assert again.image == runtime.image


@pytest.mark.docker
def test_the_server_starts_in_it_without_compiling_anything(runtime: Runtime):
    engine = docker_engine()
    runner = Runner(ContainerSandbox(engine), runtime.image)
    outcome = runner.python(
        "import ona_serving.app, uvicorn, os; print(uvicorn.__file__, uvicorn.__cached__);"
        "print(os.path.exists(ona_serving.__cached__), open(uvicorn.__cached__, 'rb').read(8)[4])"
    )
    engine.sdk.images.remove(runtime.image, force=True)
    where = "/opt/ona/site-packages/uvicorn"
    unchecked_hash = 1
    assert outcome.output.splitlines() == [
        f"{where}/__init__.py {where}/__pycache__/__init__.cpython-311.pyc",
        f"True {unchecked_hash}",
    ]


def test_nothing_of_the_releasers_machine_is_in_it(registry: ImageRegistry, runtime: Runtime, tmp_path: Path):
    top = image(registry, runtime).layers[-1]
    registry.save_blob(runtime.image.repository, top.digest, tmp_path / "layer")
    content = gzip.decompress((tmp_path / "layer").read_bytes())
    assert b"ona-runtime-" not in content
    assert sys.prefix.encode() not in content
    config = image(registry, runtime).config["config"]
    assert config["User"] == "65532:65532"
    assert {each.split("=")[0] for each in config["Env"]} <= {
        "PATH",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
        "LANG",
    }


def test_a_lock_that_wants_another_version_than_the_server_is_refused(registry: ImageRegistry):
    assert refused(registry, f"msgspec==0.1.0 {NO_HASH}") == "lock-conflict"


@pytest.mark.parametrize(
    "line",
    [
        f"idna==3.10 {NO_HASH}",
        f"idna==0.0.1 {NO_HASH}",
        "idna==3.10",
        "--index-url https://index.example",
    ],
    ids=["another-hash", "no-such-version", "no-hash", "an-option"],
)
def test_a_lock_that_cannot_be_installed_as_it_is_is_refused(registry: ImageRegistry, line: str):
    assert refused(registry, line) == "lock-unresolvable"


def test_an_index_that_is_not_there_is_a_backend_error(
    registry: ImageRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("UV_INDEX_URL", "http://releaser:sesame@127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(BackendError, match="package index did not answer") as caught:
        runtimes(registry).have(server_lock().encode())
    assert caught.value.retryable
    assert "sesame" not in caught.value.message


def test_a_base_with_another_python_is_a_usage_error(registry: ImageRegistry):
    with pytest.raises(UsageError, match=r"Python 3\.8"):
        runtimes(registry, Platform(python="3.8")).have(b"")
