"""Whether an image is what its attestations say, and what they say: by keys that whoever asks has."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from ona_pipeline.attestation import provenance
from ona_pipeline.attestation.attach import Attached, attached
from ona_pipeline.attestation.bundle import STATEMENT, UNREADABLE, is_by, unseal
from ona_pipeline.attestation.keys import fingerprint
from ona_pipeline.attestation.statement import PREDICATES
from ona_pipeline.errors import UsageError
from ona_pipeline.image.base import read_image
from ona_pipeline.image.registry import Attachments, Registry
from ona_pipeline.records.finding import Finding, Severity, Verdict, verdict_of
from ona_pipeline.records.reference import PinnedReference

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

_COMMIT, _RELEASE, _MODEL = (
    "org.opencontainers.image.revision",
    "org.opencontainers.image.version",
    "ona.model-digest",
)


class ImageVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Where an image came from, as far as somebody whose key counts has said so.

    Attributes:
        image: its pinned reference.
        verdict: passed where all that is wanted is there and says one thing.
        findings: why not, and by whom it was signed.
        release: the release id; empty, as all below, where nobody whose key counts has said it.
        model: the model's name.
        revision: what was asked for.
        commit: the git commit.
        digests: what went in, and the evidence, by name: ``model``, ``lock``, ``evidence/validate``.
        builder: who made it.
        keys: fingerprints of the keys that signed.
    """

    image: PinnedReference
    verdict: Verdict
    findings: tuple[Finding, ...]
    release: str = ""
    model: str = ""
    revision: str = ""
    commit: str = ""
    digests: dict[str, str] = {}
    builder: str = ""
    keys: tuple[str, ...] = ()


class _Heard(msgspec.Struct, frozen=True):
    """What one bundle came to."""

    kind: str
    predicate: Any
    key: str


def judge_image(
    image: PinnedReference,
    keys: tuple["EllipticCurvePublicKey", ...],
    *,
    registry: Registry,
    attachments: Attachments,
) -> ImageVerdict:
    """Read what lies beside an image, and hold the image against it.

    Args:
        image: the image.
        keys: whose word counts.
        registry: where the image is.
        attachments: likewise.

    Returns:
        Refused with `attestation-missing` for each statement that no key of these has signed, and with
        `attestation-mismatch` where the image says otherwise of itself. What others put there is only noted.

    Raises:
        UsageError: there is no such image.
        BackendError: the image registry is not there.
    """
    labels = read_image(registry, image, "").config.get("config", {}).get("Labels") or {}
    findings, heard = _heard(attached(registry, attachments, image), image, keys)
    kinds = {one.kind for one in heard}
    findings += [_missing(kind, image) for kind in PREDICATES if kind not in kinds]
    said: dict[str, Any] = {}
    for one in heard:
        if one.kind == provenance.PREDICATE:
            said = _said(one.predicate)
            findings += _mismatches(said, labels, image)
    used = tuple(sorted({one.key for one in heard}))
    findings += [Finding("attested", image, f"signed by the key {key[:16]}", Severity.NOTE) for key in used]
    reasons = tuple(findings)
    return ImageVerdict(image=image, verdict=verdict_of(reasons), findings=reasons, keys=used, **said)


def _heard(
    found: Iterator[Attached], image: PinnedReference, keys: tuple["EllipticCurvePublicKey", ...]
) -> tuple[list[Finding], list[_Heard]]:
    findings, heard = [], []
    for one in found:
        try:
            heard.append(_read(one, image, keys))
        except UNREADABLE as error:
            sentence = f"what lies beside the image at {one.digest} does not count: {error}"
            findings.append(Finding("attestation-ignored", one.digest, sentence, Severity.NOTE))
    return findings, heard


def _read(one: Attached, image: PinnedReference, keys: tuple["EllipticCurvePublicKey", ...]) -> _Heard:
    opened = unseal(one.bundle)
    if len(opened.signatures) != 1:
        raise ValueError(f"wanted one signature, found {len(opened.signatures)}")
    key = next((fingerprint(key) for key in keys if is_by(key, opened)), "")
    if not key:
        raise ValueError(f"wanted a signature by one of {len(keys)} keys, found none")
    statement = msgspec.json.decode(opened.payload)
    if statement["_type"] != STATEMENT:
        raise ValueError(f"wanted {STATEMENT}, found {statement['_type']!r}")
    subjects = {str(subject["digest"].get("sha256")) for subject in statement["subject"]}
    if image.digest.hex not in subjects:
        raise ValueError(f"it is about another image: wanted {image.digest.hex}, found {', '.join(subjects)}")
    return _Heard(str(statement["predicateType"]), statement["predicate"], key)


def _said(predicate: Any) -> dict[str, Any]:
    """What a provenance says; nothing where it is not one of ours."""
    try:
        definition, details = predicate["buildDefinition"], predicate["runDetails"]
        asked = definition["externalParameters"]
        resources = [*definition["resolvedDependencies"], *details["byproducts"]]
        digests = {one["name"]: one["digest"] for one in resources}
        commit = digests.pop("source")["gitCommit"]
        return {
            "release": details["metadata"]["invocationId"],
            "model": asked["model"],
            "revision": asked["revision"],
            "commit": commit,
            "digests": {name: f"sha256:{digest['sha256']}" for name, digest in digests.items()},
            "builder": details["builder"]["id"],
        }
    except (LookupError, TypeError, AttributeError):
        return {}


def _missing(kind: str, image: PinnedReference) -> Finding:
    return Finding(
        "attestation-missing",
        image,
        f"{image}: wanted {kind} by a key that counts, found none",
        hint="is this the right key? An image is signed when it is published, where image_key is set",
    )


def _mismatches(said: dict[str, Any], labels: dict[str, str], image: PinnedReference) -> list[Finding]:
    if not said:
        sentence = f"{image}: the provenance is none of ona's, though a key that counts has signed it"
        return [Finding("attestation-mismatch", image, sentence)]
    wanted = {_COMMIT: said["commit"], _RELEASE: said["release"], _MODEL: said["digests"].get("model", "")}
    return [
        Finding(
            "attestation-mismatch", image, f"{image}: signed was {text!r} as {name}, the image says {found!r}"
        )
        for name, text in wanted.items()
        if (found := labels.get(name, "")) != text
    ]


def pinned(text: str, registry: Registry) -> PinnedReference:
    """The pinned reference for ``repository:tag`` or ``repository@sha256:…``.

    Raises:
        UsageError: it is neither, or there is no such image.
        BackendError: the image registry is not there.
    """
    if "@" in text:
        try:
            return PinnedReference(text)
        except ValueError as error:
            raise UsageError(str(error), hint="wanted repository:tag or repository@sha256:…") from error
    repository, colon, tag = text.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = text, "latest"
    digest = registry.resolve(repository, tag)
    if digest is None:
        raise UsageError(f"the image registry has no image {repository}:{tag}")
    return PinnedReference.of(repository, digest)
