"""Attestations of images, judged by cosign and by ona: on real registries, with and without referrers."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.snapshot import Snapshot
from tests.attested import Place, attach, place, published
from tests.certificates import Authority
from tests.cosign import Cosign
from tests.digits import lay_out
from tests.image_registries import debian_registry, other_registry
from tests.signing_keys import private_key

pytestmark = pytest.mark.registry


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="host", scope="module", params=["referrers", "tag", "no referrers elsewhere"])
def _host(
    request: pytest.FixtureRequest, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A registry with the referrers API, and two that want the tag instead."""
    certificate = authority.issue(request.param.replace(" ", "-"))
    if request.param == "referrers":
        running = other_registry(certificate)
    elif request.param == "tag":
        running = debian_registry(tmp_path_factory.mktemp("data"), certificate=certificate)
    else:
        running = other_registry(certificate, "without-referrers")
    with running as host:
        yield host


@pytest.fixture(name="where")
def _where(authority: Authority) -> Place:
    return place(authority)


@pytest.fixture(name="repository")
def _repository(host: str) -> str:
    return f"{host}/ona-tests/attested-{uuid.uuid4().hex[:8]}"


@pytest.fixture(name="snapshot")
def _snapshot(tmp_path: Path) -> Snapshot:
    return lay_out(tmp_path)


@pytest.fixture(name="cosign")
def _cosign(tmp_path: Path, authority: Authority) -> Cosign:
    return Cosign(tmp_path, authority, private_key())


def test_cosign_accepts_what_a_release_attaches(where, repository: str, snapshot, cosign):
    origin = published(where, repository, snapshot)
    attach(where, origin)
    image = origin.built.reference
    assert cosign.accepts(image), cosign.said
    assert cosign.verifies(image), cosign.said
    found = where.judged(image)
    assert found.verdict is Verdict.PASSED, found.findings
    assert (found.release, found.commit) == (origin.release, snapshot.origins.commit)
    assert found.digests["evidence/validate"] == origin.evidence["validate"]
