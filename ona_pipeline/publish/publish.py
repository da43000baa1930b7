"""The stage: in the registry, tried, tagged, and read back."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from ona_pipeline.attestation.statement import Origin
from ona_pipeline.image.registry import Registry
from ona_pipeline.publish.stored import free_tag, missing_blobs, write_manifest, write_tag
from ona_pipeline.publish.trial import Expected, Starter, Trial, tried
from ona_pipeline.records.attestation import Attestation
from ona_pipeline.records.evidence import BuildEvidence, PublishEvidence
from ona_pipeline.records.finding import Finding, Verdict
from ona_pipeline.records.snapshot import Snapshot

Attach = Callable[[Origin], tuple[Attestation, ...]]


class PublishInput(msgspec.Struct, frozen=True):
    """What `publish` works on.

    Attributes:
        snapshot: of the model, for its name, its commit and the known question.
        release: the release id that the image must answer with.
        built: the image.
        origin: everything that is known of it, for what is signed; None where nothing is.
        timeout_s: how long the started image may take to its first answer, seconds.

    Raises:
        ValueError: the evidence is of another model, or refuses it.
    """

    snapshot: Snapshot
    release: str
    built: BuildEvidence
    origin: Origin | None = None
    timeout_s: float = 60.0

    def __post_init__(self) -> None:
        if self.built.subject != self.snapshot.model_digest:
            raise ValueError("the build evidence is of another model")
        if self.built.verdict is Verdict.REFUSED:
            raise ValueError("the build was refused")


def publish(
    request: PublishInput,
    *,
    registry: Registry,
    starter: Starter,
    clock: Callable[[], datetime],
    attach: Attach | None = None,
) -> PublishEvidence:
    """Write the image manifest, start the image from the registry, ask it, sign it, and only then tag it.

    Args:
        request: the image and what it must answer.
        registry: that has its blobs.
        starter: what to start it with.
        clock: gives the time, UTC.
        attach: signs what is known of the image, and attaches it; None where no key was set.

    Returns:
        The pinned reference and the tag; refused with `blob-missing`, `digest-mismatch`, `did-not-start`,
        `wrong-answer` or `tag-moved`. The tag is empty where the image was refused before it was tagged.

    Raises:
        BackendError: the registry, the engine or the key is not there; nothing was tagged.
    """
    started_at = clock()
    built = request.built
    trial = Trial(findings=missing_blobs(registry, built) or write_manifest(registry, built))
    if not trial.findings:
        trial = tried(built.reference, _expected(request), starter, timeout_s=request.timeout_s)
    findings, tag = trial.findings, ""
    attestations: tuple[Attestation, ...] = ()
    if not findings:
        attestations = attach(request.origin) if attach and request.origin else ()
        tag = free_tag(registry, built, _tag(request, started_at), request.release.rpartition("-")[2])
        findings = write_tag(registry, built, tag)
    evidence = _evidence(request, trial, findings, tag, (started_at, clock()))
    return msgspec.structs.replace(evidence, attestations=attestations)


def _tag(request: PublishInput, at: datetime) -> str:
    return f"{at:%Y-%m-%d}-{request.snapshot.origins.commit[:7]}"


def _expected(request: PublishInput) -> Expected:
    return Expected(
        model=request.snapshot.name,
        release=request.release,
        model_digest=request.snapshot.model_digest,
        question=request.snapshot.declaration.question,
    )


def _evidence(
    request: PublishInput,
    trial: Trial,
    findings: tuple[Finding, ...],
    tag: str,
    times: tuple[datetime, datetime],
) -> PublishEvidence:
    return PublishEvidence(
        subject=request.built.subject,
        findings=findings,
        started_at=times[0],
        finished_at=times[1],
        image=request.built.reference,
        tag=tag,
        question=request.snapshot.declaration.question,
        answer=trial.answer,
        start_s=trial.start_s,
    )
