"""What every image registry owes the assembler: on the fake, and on a real one."""

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.clients.oci_calls import RegistryCalls
from ona_pipeline.errors import BackendError
from ona_pipeline.image.registry import Registry
from ona_pipeline.records.digest import Digest
from tests.backends import image_registry, lab
from tests.certificates import Authority
from tests.fakes.images import put_image
from tests.fakes.registry import FakeRegistry
from tests.image_registries import debian_registry, log_in, other_registry, passwords
from tests.token_server import token_server

NOTHING = Digest("sha256:" + "0" * 64)


class RegistryContract:
    """Subclasses give the fixtures `registry` and `repository`, and say what a registry may decline."""

    mounts = True

    def test_what_can_be_sent_to_is_found_out_before_anything_is_sent(
        self, registry: Registry, repository: str
    ):
        registry.require_push(repository)
        assert registry.resolve(repository, "latest") is None

    def test_a_blob_that_was_sent_is_there(self, registry: Registry, repository: str):
        digest = Digest.of(b"content")
        assert not registry.exists(repository, NOTHING)
        registry.put_blob(repository, digest, b"content")
        assert registry.exists(repository, digest)
        assert registry.get_blob(repository, digest) == b"content"

    def test_a_blob_is_streamed_from_and_to_files(self, registry: Registry, repository: str, tmp_path: Path):
        content = hashlib.sha256(b"seed").digest() * 100_000
        (tmp_path / "there").write_bytes(content)
        registry.put_blob(repository, Digest.of(content), tmp_path / "there")
        registry.save_blob(repository, Digest.of(content), tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == content

    def test_sending_a_blob_again_changes_nothing(self, registry: Registry, repository: str):
        for _ in range(2):
            registry.put_blob(repository, Digest.of(b"again"), b"again")
        assert registry.get_blob(repository, Digest.of(b"again")) == b"again"

    def test_bytes_of_another_digest_are_refused(self, registry: Registry, repository: str):
        with pytest.raises(BackendError):
            registry.put_blob(repository, Digest.of(b"wanted"), b"other")
        assert not registry.exists(repository, Digest.of(b"wanted"))

    def test_a_blob_that_is_not_there_cannot_be_read(self, registry: Registry, repository: str):
        with pytest.raises(BackendError):
            registry.get_blob(repository, NOTHING)

    def test_a_blob_is_mounted_out_of_another_repository_or_sent(self, registry: Registry, repository: str):
        digest = Digest.of(b"shared")
        registry.put_blob(f"{repository}/one", digest, b"shared")
        assert registry.mount(f"{repository}/two", digest, f"{repository}/one") is self.mounts
        if not self.mounts:
            registry.put_blob(f"{repository}/two", digest, b"shared")
        assert registry.exists(f"{repository}/two", digest)

    def test_a_blob_that_the_other_repository_lacks_is_not_mounted(self, registry: Registry, repository: str):
        assert not registry.mount(f"{repository}/two", NOTHING, f"{repository}/one")

    def test_a_tag_leads_to_the_digest_of_the_image_manifest(self, registry: Registry, repository: str):
        image = put_image(registry, repository, {"a": b"1"})
        content = registry.get_manifest(repository, image.digest)
        assert content is not None
        assert registry.put_manifest(repository, content, tag="first") == image.digest
        assert registry.resolve(repository, "first") == image.digest
        assert registry.get_manifest(repository, "first") == content

    def test_a_tag_can_be_moved(self, registry: Registry, repository: str):
        images = [put_image(registry, repository, {"a": content}) for content in (b"1", b"2")]
        for image in images:
            registry.put_manifest(repository, registry.get_manifest(repository, image.digest) or b"", tag="t")
        assert registry.resolve(repository, "t") == images[1].digest

    def test_a_tag_that_nobody_made_leads_nowhere(self, registry: Registry, repository: str):
        assert registry.resolve(repository, "nothing") is None
        assert registry.get_manifest(repository, NOTHING) is None


class TestFakeRegistry(RegistryContract):
    @pytest.fixture
    def registry(self) -> Registry:
        return FakeRegistry()

    @pytest.fixture
    def repository(self) -> str:
        return "registry.example/ona/contract"


@pytest.mark.registry
class TestImageRegistry(RegistryContract):
    @pytest.fixture
    def registry(self) -> Registry:
        return image_registry(lab("registry"))

    @pytest.fixture
    def repository(self) -> str:
        return f"{lab('registry')}/ona-tests/contract-{uuid.uuid4().hex[:8]}"


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="basic_host", scope="module")
def _basic_host(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("basic")
    with debian_registry(folder, certificate=authority.issue("basic"), auth=passwords(folder)) as host:
        yield host


@pytest.fixture(name="token_host", scope="module")
def _token_host(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("token")
    with token_server(authority.issue("token")) as (tokens, address):
        auth = tokens.auth(address)
        with debian_registry(folder, certificate=authority.issue("tls"), auth=auth) as host:
            yield host


@pytest.fixture(name="other_host", scope="module")
def _other_host(authority: Authority) -> Iterator[str]:
    with other_registry(authority.issue("other")) as host:
        yield host


class OverTls(RegistryContract):
    """Registries of these tests' own: an authority that nobody else trusts, and a login."""

    @pytest.fixture
    def registry(self, host: str, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch):
        log_in(tmp_path, host)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("DOCKER_CONFIG", raising=False)
        return ImageRegistry(RegistryCalls(ca_bundle=authority.certificate_file))

    @pytest.fixture
    def repository(self, host: str) -> str:
        return f"{host}/ona-tests/contract-{uuid.uuid4().hex[:8]}"


@pytest.mark.registry
class TestBasicAuthentication(OverTls):
    @pytest.fixture
    def host(self, basic_host: str) -> str:
        return basic_host


@pytest.mark.registry
class TestTokenAuthentication(OverTls):
    @pytest.fixture
    def host(self, token_host: str) -> str:
        return token_host


@pytest.mark.registry
class TestAnotherMake(OverTls):
    mounts = False

    @pytest.fixture
    def host(self, other_host: str) -> str:
        return other_host
