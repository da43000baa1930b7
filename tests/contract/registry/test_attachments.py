"""What every image registry owes the attestations: on the fake, and on real ones."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from ona_pipeline.image.document import Descriptor
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from tests.attested import Place, place
from tests.certificates import Authority
from tests.fakes.images import put_image
from tests.fakes.registry import FakeRegistry
from tests.image_registries import debian_registry, other_registry

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="host", scope="module", params=["fake", "referrers", "tag", "tag elsewhere"])
def _host(
    request: pytest.FixtureRequest, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if request.param == "fake":
        yield ""
        return
    certificate = authority.issue(request.param.replace(" ", "-"))
    if request.param == "tag":
        running = debian_registry(tmp_path_factory.mktemp("data"), certificate=certificate)
    else:
        running = other_registry(certificate, *(["without-referrers"] if "tag" in request.param else []))
    with running as host:
        yield host


@pytest.fixture(name="where")
def _where(host: str, authority: Authority) -> Place:
    if host:
        return place(authority)
    fake = FakeRegistry()
    return Place(fake, fake)


@pytest.fixture(name="repository")
def _repository(host: str) -> str:
    return f"{host or 'registry.example'}/ona-tests/attachments-{uuid.uuid4().hex[:8]}"


def artifact(where: Place, repository: str, subject: Digest, name: str) -> bytes:
    """The manifest of an artifact, whose blobs are there."""
    where.registry.put_blob(repository, Digest.of(b"{}"), b"{}")
    size = len(where.registry.get_manifest(repository, subject) or b"")
    return encode(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": "application/vnd.example.note",
            "config": Descriptor("application/vnd.oci.empty.v1+json", Digest.of(b"{}"), 2),
            "layers": [Descriptor("application/vnd.oci.empty.v1+json", Digest.of(b"{}"), 2)],
            "subject": Descriptor(MANIFEST, subject, size),
            "annotations": {"name": name},
        }
    )


def test_what_is_attached_is_found_and_nothing_else(where: Place, repository: str):
    images = [put_image(where.registry, repository, {"a": content}) for content in (b"1", b"2")]
    digests = set()
    for name in ("one", "two", "three"):
        content = artifact(where, repository, images[0].digest, name)
        digests.add(where.attachments.attach(repository, images[0].digest, content))
        assert where.registry.get_manifest(repository, Digest.of(content)) == content
    assert set(where.attachments.referrers(repository, images[0].digest)) == digests
    assert where.attachments.referrers(repository, images[1].digest) == ()


def test_attaching_again_changes_nothing(where: Place, repository: str):
    image = put_image(where.registry, repository, {"a": b"1"})
    content = artifact(where, repository, image.digest, "one")
    for _ in range(2):
        where.attachments.attach(repository, image.digest, content)
    assert where.attachments.referrers(repository, image.digest) == (Digest.of(content),)


def test_beside_an_image_that_is_not_there_is_nothing(where: Place, repository: str, tmp_path: Path):
    put_image(where.registry, repository, {"a": b"1"})
    assert where.attachments.referrers(repository, Digest.of(b"no image")) == ()
