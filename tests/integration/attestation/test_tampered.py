"""Attestations that were tampered with: cosign and ona come to the same verdict."""

import base64
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ona_pipeline.attestation import provenance, sbom
from ona_pipeline.attestation.attach import put
from ona_pipeline.attestation.bundle import seal
from ona_pipeline.attestation.signer import FileSigner
from ona_pipeline.attestation.statement import EVIDENCE, PREDICATES, Origin, statements
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from tests.attested import Place, attach, place, published
from tests.certificates import Authority
from tests.cosign import Cosign
from tests.digits import lay_out
from tests.image_registries import debian_registry
from tests.signing_keys import private_key

pytestmark = pytest.mark.registry
Bundles = dict[str, bytes]


class Forger:
    """Has what a release has, and may put anything beside the image."""

    def __init__(self, where: Place, repository: str, snapshot: Snapshot) -> None:
        self.where = where
        self.snapshot = snapshot
        self.origin = published(where, repository, snapshot)
        self.image = self.origin.built.reference
        self.key = private_key()

    def bundles(self, origin: Origin | None = None, key: bytes | None = None) -> Bundles:
        """What a release attaches, by predicate type."""
        signer = FileSigner(key or self.key)
        return {kind: seal(said, signer) for kind, said in statements(origin or self.origin).items()}

    def put(self, bundles: Bundles, origin: Origin | None = None) -> None:
        for kind, bundle in bundles.items():
            put(self.where.registry, self.where.attachments, origin or self.origin, kind, bundle)

    def another(self, repository: str = "") -> Origin:
        """Another release, of another image."""
        return published(self.where, repository or self.origin.built.repository, self.snapshot)


def changed(bundle: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """A bundle with something else in it, under the signature that it had."""
    content = msgspec.json.decode(bundle)
    change(content)
    return msgspec.json.encode(content)


def each(bundles: Bundles, change: Callable[[dict[str, Any]], None]) -> Bundles:
    return {kind: changed(one, change) for kind, one in bundles.items()}


def resigned(forger: Forger, kind: str, change: Callable[[dict[str, Any]], None]) -> Bundles:
    """Everything right, but one statement, which the right key signed as it is."""
    statement = msgspec.json.decode(statements(forger.origin)[kind])
    change(statement)
    return forger.bundles() | {kind: seal(msgspec.json.encode(statement), FileSigner(forger.key))}


def restated(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """The same change to the statement inside a bundle."""

    def inside(content: dict[str, Any]) -> None:
        envelope = content["dsseEnvelope"]
        statement = msgspec.json.decode(base64.b64decode(envelope["payload"]))
        change(statement)
        envelope["payload"] = base64.b64encode(msgspec.json.encode(statement)).decode()

    return inside


def as_it_is(forger: Forger) -> Bundles:
    return forger.bundles()


def nothing(forger: Forger) -> Bundles:
    return {}


def of_another_key(forger: Forger) -> Bundles:
    return forger.bundles(key=private_key("somebody"))


def with_the_hint_of_the_right_key(forger: Forger) -> Bundles:
    right = msgspec.json.decode(forger.bundles()[EVIDENCE])["verificationMaterial"]
    forged = forger.bundles(key=private_key("somebody"))
    return each(forged, lambda content: content.update(verificationMaterial=right))


def without_provenance(forger: Forger) -> Bundles:
    return {kind: one for kind, one in forger.bundles().items() if kind != provenance.PREDICATE}


def without_bill_of_materials(forger: Forger) -> Bundles:
    return {kind: one for kind, one in forger.bundles().items() if kind != sbom.PREDICATE}


def without_evidence(forger: Forger) -> Bundles:
    return {kind: one for kind, one in forger.bundles().items() if kind != EVIDENCE}


def one_by_another_key(forger: Forger) -> Bundles:
    return forger.bundles() | {EVIDENCE: forger.bundles(key=private_key("somebody"))[EVIDENCE]}


def of_another_image(forger: Forger) -> Bundles:
    return forger.bundles(forger.another())


def one_of_another_image(forger: Forger) -> Bundles:
    other = forger.bundles(forger.another())
    return forger.bundles() | {EVIDENCE: other[EVIDENCE]}


def of_another_repository(forger: Forger) -> Bundles:
    """The digest is what counts: a copy is as good as what it was copied from."""
    return resigned(forger, EVIDENCE, lambda s: s["subject"][0].update(name="registry.example/elsewhere"))


def with_another_commit(forger: Forger) -> Bundles:
    def change(statement: dict[str, Any]) -> None:
        statement["predicate"]["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"] = "1" * 40

    bundles = forger.bundles()
    return bundles | {provenance.PREDICATE: changed(bundles[provenance.PREDICATE], restated(change))}


def with_the_other_subject_put_in(forger: Forger) -> Bundles:
    digest = {"sha256": forger.image.digest.hex}
    other = forger.bundles(forger.another())
    return each(other, restated(lambda s: s["subject"][0].update(digest=digest)))


def with_a_swapped_predicate_type(forger: Forger) -> Bundles:
    bundles = forger.bundles()
    swap = restated(lambda s: s.update(predicateType=EVIDENCE))
    return bundles | {EVIDENCE: changed(bundles[sbom.PREDICATE], swap)}


def with_a_predicate_under_another_name(forger: Forger) -> Bundles:
    """The note beside the bundle says another type than the statement in it: the statement counts."""
    bundles = forger.bundles()
    return bundles | {EVIDENCE: bundles[sbom.PREDICATE]}


def with_a_bit_of_the_signature_turned(forger: Forger) -> Bundles:
    def turn(content: dict[str, Any]) -> None:
        signature = content["dsseEnvelope"]["signatures"][0]
        raw = bytearray(base64.b64decode(signature["sig"]))
        raw[-1] ^= 1
        signature["sig"] = base64.b64encode(bytes(raw)).decode()

    return each(forger.bundles(), turn)


def without_a_signature(forger: Forger) -> Bundles:
    return each(forger.bundles(), lambda content: content["dsseEnvelope"].update(signatures=[]))


def with_two_signatures(forger: Forger) -> Bundles:
    """A bundle has just one."""

    def add(content: dict[str, Any]) -> None:
        signatures = content["dsseEnvelope"]["signatures"]
        signatures.append(dict(signatures[0]))

    return each(forger.bundles(), add)


def of_another_payload_type(forger: Forger) -> Bundles:
    change = {"payloadType": "application/json"}
    return each(forger.bundles(), lambda content: content["dsseEnvelope"].update(change))


def cut_off(forger: Forger) -> Bundles:
    return {kind: one[: len(one) // 2] for kind, one in forger.bundles().items()}


def that_are_no_json(forger: Forger) -> Bundles:
    return dict.fromkeys(PREDICATES, b"\x00")


def about_a_longer_hash(forger: Forger) -> Bundles:
    digest = {"sha512": "0" * 128}
    return resigned(forger, EVIDENCE, lambda s: s["subject"][0].update(digest=digest))


def about_nothing(forger: Forger) -> Bundles:
    return resigned(forger, EVIDENCE, lambda s: s.update(subject=[]))


def about_two_images(forger: Forger) -> Bundles:
    other = {"name": "other", "digest": {"sha256": Digest.of(b"other").hex}}
    return resigned(forger, EVIDENCE, lambda s: s["subject"].insert(0, other))


def beside_what_somebody_else_put_there(forger: Forger) -> Bundles:
    forger.put(forger.bundles(key=private_key("somebody")))
    return forger.bundles()


def beside_rubbish(forger: Forger) -> Bundles:
    forger.put(that_are_no_json(forger))
    return forger.bundles()


PASSED, REFUSED = Verdict.PASSED, Verdict.REFUSED
CASES: dict[Callable[[Forger], Bundles], Verdict] = {
    as_it_is: PASSED,
    nothing: REFUSED,
    of_another_key: REFUSED,
    with_the_hint_of_the_right_key: REFUSED,
    without_provenance: REFUSED,
    without_bill_of_materials: REFUSED,
    without_evidence: REFUSED,
    one_by_another_key: REFUSED,
    of_another_image: REFUSED,
    one_of_another_image: REFUSED,
    of_another_repository: PASSED,
    with_another_commit: REFUSED,
    with_the_other_subject_put_in: REFUSED,
    with_a_swapped_predicate_type: REFUSED,
    with_a_predicate_under_another_name: REFUSED,
    with_a_bit_of_the_signature_turned: REFUSED,
    without_a_signature: REFUSED,
    with_two_signatures: REFUSED,
    of_another_payload_type: REFUSED,
    cut_off: REFUSED,
    that_are_no_json: REFUSED,
    about_a_longer_hash: REFUSED,
    about_nothing: REFUSED,
    about_two_images: PASSED,
    beside_what_somebody_else_put_there: PASSED,
    beside_rubbish: PASSED,
}
SAMPLE = (of_another_key, one_of_another_image, with_another_commit, without_evidence)


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="host", scope="module")
def _host(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with debian_registry(tmp_path_factory.mktemp("data"), certificate=authority.issue("tls")) as host:
        yield host


@pytest.fixture(name="forger")
def _forger(authority: Authority, host: str, tmp_path: Path) -> Forger:
    repository = f"{host}/ona-tests/tampered-{uuid.uuid4().hex[:8]}"
    return Forger(place(authority), repository, lay_out(tmp_path))


@pytest.fixture(name="cosign")
def _cosign(tmp_path: Path, authority: Authority) -> Cosign:
    return Cosign(tmp_path, authority, private_key())


def compared(forger: Forger, cosign: Cosign, case: Callable[[Forger], Bundles]) -> None:
    forger.put(case(forger))
    found = forger.where.judged(forger.image)
    assert found.verdict is CASES[case], found.findings
    assert cosign.accepts(forger.image) is (found.verdict is PASSED), cosign.said


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.__name__)
def test_cosign_and_ona_agree(forger: Forger, cosign: Cosign, case: Callable[[Forger], Bundles]):
    compared(forger, cosign, case)


@pytest.mark.full
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_cosign_and_ona_agree_in_every_case(
    forger: Forger, cosign: Cosign, case: Callable[[Forger], Bundles]
):
    compared(forger, cosign, case)


def copied(forger: Forger, repository: str) -> PinnedReference:
    """The image in another repository, without what lies beside it."""
    registry, image = forger.where.registry, forger.image
    content = registry.get_manifest(image.repository, image.digest) or b""
    document = msgspec.json.decode(content)
    for one in (document["config"], *document["layers"]):
        digest = Digest(one["digest"])
        registry.put_blob(repository, digest, registry.get_blob(image.repository, digest))
    return PinnedReference.of(repository, registry.put_manifest(repository, content))


def test_an_image_that_is_copied_without_its_attestations_is_refused(forger: Forger, cosign: Cosign):
    attach(forger.where, forger.origin)
    elsewhere = copied(forger, f"{forger.image.repository}-copy")
    found = forger.where.judged(elsewhere)
    assert {one.code for one in found.findings} == {"attestation-missing"}
    assert not cosign.accepts(elsewhere)


def test_an_image_that_says_otherwise_of_itself_is_refused(forger: Forger):
    """Which cosign cannot find out: the key that counts has signed for an image with other labels."""
    labels = {"org.opencontainers.image.revision": "1" * 40}
    origin = published(forger.where, forger.image.repository, forger.snapshot, **labels)
    attach(forger.where, origin)
    found = forger.where.judged(origin.built.reference)
    assert found.verdict is REFUSED
    [mismatch] = [one for one in found.findings if one.code == "attestation-mismatch"]
    assert f"signed was '{'0' * 40}'" in mismatch.sentence


@pytest.mark.parametrize("curve", [ec.SECP384R1, ec.SECP521R1], ids=lambda curve: curve.name)
def test_longer_keys_count_too(forger: Forger, curve: type[ec.EllipticCurve]):
    key = private_key("longer", curve)
    attach(forger.where, forger.origin, FileSigner(key))
    assert forger.where.judged(forger.image, key).verdict is PASSED


def test_what_is_attached_already_is_not_signed_again(forger: Forger):
    first = attach(forger.where, forger.origin)
    assert attach(forger.where, forger.origin) == first
    image = forger.image
    assert len(forger.where.attachments.referrers(image.repository, image.digest)) == len(PREDICATES)
