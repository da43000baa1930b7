"""What every image registry owes `ona retention`: on the fake, and on real ones."""

import uuid
from collections.abc import Iterator

import pytest

from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.clients.oci_calls import RegistryCalls
from ona_pipeline.clients.oci_removal import Removal
from ona_pipeline.errors import BackendError
from ona_pipeline.image.registry import Registry, Removals
from ona_pipeline.records.digest import Digest
from tests.certificates import Authority
from tests.fakes.images import put_image
from tests.fakes.registry import FakeRegistry
from tests.image_registries import debian_registry, other_registry
from tests.integration.servers import Handler, serving


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="host", scope="module", params=["fake", "debian", "other"])
def _host(
    request: pytest.FixtureRequest, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if request.param == "fake":
        yield ""
    elif request.param == "debian":
        folder = tmp_path_factory.mktemp("data")
        with debian_registry(folder, certificate=authority.issue("debian")) as host:
            yield host
    else:
        with other_registry(authority.issue("other")) as host:
            yield host


@pytest.fixture(name="stores")
def _stores(host: str, authority: Authority) -> tuple[Registry, Removals]:
    if not host:
        fake = FakeRegistry()
        return fake, fake
    calls = RegistryCalls(ca_bundle=authority.certificate_file)
    return ImageRegistry(calls), Removal(calls)


@pytest.fixture(name="repository")
def _repository(host: str) -> str:
    return f"{host or 'registry.example'}/ona-tests/removals-{uuid.uuid4().hex[:8]}"


def test_all_tags_are_listed(stores: tuple[Registry, Removals], repository: str):
    registry, removals = stores
    image = put_image(registry, repository, {"a": b"1"})
    for number in range(120):
        registry.put_manifest(
            repository, registry.get_manifest(repository, image.digest) or b"", tag=f"t{number}"
        )
    assert set(removals.tags_of(repository)) == {f"t{number}" for number in range(120)}


def test_a_repository_that_is_not_there_has_no_tags(stores: tuple[Registry, Removals], repository: str):
    assert stores[1].tags_of(repository) == ()


def test_what_was_deleted_is_gone_with_its_tag(stores: tuple[Registry, Removals], repository: str):
    registry, removals = stores
    gone, stays = (put_image(registry, repository, {"a": content}) for content in (b"1", b"2"))
    for tag, image in (("gone", gone), ("stays", stays)):
        registry.put_manifest(repository, registry.get_manifest(repository, image.digest) or b"", tag=tag)
    assert removals.delete(repository, gone.digest, tag="gone")
    assert registry.get_manifest(repository, gone.digest) is None
    assert registry.resolve(repository, "gone") is None
    assert registry.resolve(repository, "stays") == stays.digest
    assert not removals.delete(repository, gone.digest)


def test_a_registry_that_lets_nobody_delete_says_so():
    class Stubborn(Handler):
        def do_DELETE(self) -> None:  # noqa: N802
            self.answer(405, b'{"errors":[{"code":"UNSUPPORTED"}]}')

    with serving(Stubborn) as address, pytest.raises(BackendError, match="lets nobody delete") as caught:
        Removal(RegistryCalls()).delete(f"{address}/ona/digits", Digest.of(b"1"))
    assert "storage.delete.enabled" in caught.value.hint
    assert not caught.value.retryable


def test_tags_are_read_page_after_page():
    class Paged(Handler):
        def do_GET(self) -> None:  # noqa: N802
            if "last=b" in self.path:
                self.answer(200, b'{"name":"ona/digits","tags":["c"]}')
            else:
                link = '</v2/ona/digits/tags/list?last=b&n=2>; rel="next"'
                self.answer(200, b'{"name":"ona/digits","tags":["a","b"]}', Link=link)

    with serving(Paged) as address:
        assert Removal(RegistryCalls()).tags_of(f"{address}/ona/digits") == ("a", "b", "c")
