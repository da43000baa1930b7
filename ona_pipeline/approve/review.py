"""What a person sees before deciding: one record, which `cli` renders and ``--json`` prints."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from ona_pipeline.approve import rules, waived
from ona_pipeline.approve.differences import MetricChange, PackageChange, metric_changes, package_changes
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.canonical import decode
from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.endorsements import Endorsement
from ona_pipeline.records.evidence import (
    AnyEvidence,
    BuildEvidence,
    PreparedModel,
    ValidationEvidence,
)
from ona_pipeline.records.finding import Finding, Verdict
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release import Release
from ona_pipeline.records.snapshot import Origins
from ona_pipeline.records.waiver import Waiver

_ANY: Any = AnyEvidence
"""A union is no type to mypy where a function takes one."""


class Gate(msgspec.Struct, frozen=True):
    """What one stage of the road said: its verdict, and the notes and doubts behind it."""

    stage: str
    verdict: Verdict
    findings: tuple[Finding, ...]


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The one screen.

    Attributes:
        promotion: its id.
        release: the release id.
        model: the model's name.
        origins: which version of it.
        environment: where it is to go.
        target: what that runs on.
        image: what would run.
        tag: where the release's tag leads, if not to that; else empty.
        serving: what another hand set the target to serve; empty where nobody did.
        binding: digest of everything that a decision covers.
        requested_by: who asks.
        requested_at: when, UTC.
        note: why, in the requester's words; may be empty.
        quorum: how many people have to say yes.
        endorsements: who has said so already.
        expires_at: until when it can be decided, UTC.
        seen_at: when all this was looked up, UTC.
        gates: each stage, in the order of the road.
        metrics: of the form that will serve; with the champion's where both were judged on the same rows.
        comparison: with what is served now, on the same rows; None where it is not applicable.
        champion: the release that is served now; empty for none.
        size_bytes: the image, compressed.
        champion_size_bytes: the champion's; None for none.
        packages: what is otherwise in the runtime than in the champion's; empty where there is none.
        held: why the environment is on hold, so that a yes is not carried out yet; None where it is not.
        unmet: what else keeps a yes from being carried out now, waived or not: a freeze, a wait elsewhere.
        waivers: those in force there, each with who, why and until when.
        on_yes: what happens on yes, as a sentence.
        look_deeper: commands that tell more.
    """

    promotion: str
    release: str
    model: str
    origins: Origins
    environment: str
    target: str
    image: PinnedReference
    tag: str
    serving: str
    binding: Digest
    requested_by: Actor
    requested_at: datetime
    note: str
    quorum: int
    endorsements: tuple[Endorsement, ...]
    expires_at: datetime
    seen_at: datetime
    gates: tuple[Gate, ...]
    metrics: tuple[MetricChange, ...]
    comparison: Comparison | None
    champion: str
    size_bytes: int
    champion_size_bytes: int | None
    packages: tuple[PackageChange, ...]
    held: str | None
    unmet: tuple[Finding, ...]
    waivers: tuple[Waiver, ...]
    on_yes: str
    look_deeper: tuple[str, ...]


class Proofs(NamedTuple):
    """The evidence of one release that a decision looks at."""

    prepared: PreparedModel
    validation: ValidationEvidence
    built: BuildEvidence


def review(reading: Reading, promotion: Promotion, *, policy: EnvironmentPolicy, now: datetime) -> Review:
    """Everything that a decision on `promotion` would change, out of the ledger alone.

    Args:
        reading: of the ledger.
        promotion: what is to be decided on.
        policy: of its environment.
        now: aware UTC.

    Raises:
        BackendError: evidence that it is bound to is missing or was changed.
    """
    release = _as_bound(histories.release(reading, promotion.release), promotion)
    served = _served(reading, promotion)
    candidate, champion = _proofs(reading, release), _proofs(reading, served) if served else None
    compared = candidate.validation.comparison
    comparison = compared if compared and served and compared.champion == served.id else None
    held = histories.hold(reading, promotion.model, promotion.environment)
    unmet = rules.unmet(reading, promotion, policy, now)
    waivers = waived.in_force(reading, promotion.model, promotion.environment, policy, now)
    return Review(
        promotion=promotion.id,
        release=release.id,
        model=release.model,
        origins=release.requested.origins,
        environment=promotion.environment,
        target=promotion.binding.target,
        image=promotion.binding.image,
        tag=promotion.binding.tag,
        serving=promotion.binding.serving,
        binding=promotion.binding.digest,
        requested_by=promotion.by,
        requested_at=promotion.at,
        note=release.requested.note,
        quorum=promotion.requested.quorum,
        endorsements=promotion.endorsements,
        expires_at=promotion.requested.expires_at,
        seen_at=now,
        gates=_gates(reading, release),
        metrics=metric_changes(candidate.validation, champion.validation if champion else None, comparison),
        comparison=comparison,
        champion=served.id if served else "",
        size_bytes=candidate.built.size_bytes,
        champion_size_bytes=champion.built.size_bytes if champion else None,
        packages=package_changes(candidate.prepared, champion.prepared if champion else None),
        held=held,
        unmet=unmet,
        waivers=waivers,
        on_yes=_on_yes(promotion, served, held, unmet),
        look_deeper=(f"ona show {release.id}", f"ona history {release.model} --env {promotion.environment}"),
    )


def _as_bound(release: Release, promotion: Promotion) -> Release:
    """With the evidence that the promotion binds, in the order of the road."""
    evidence = {stage: promotion.binding.evidence[stage] for stage in release.evidence}
    return msgspec.structs.replace(release, evidence=evidence)


def _served(reading: Reading, promotion: Promotion) -> Release | None:
    champion = histories.champion(reading, promotion.model, promotion.environment)
    return histories.release(reading, champion.release) if champion else None


def _proofs(reading: Reading, release: Release) -> Proofs:
    return Proofs(
        decode(reading.evidence(release.evidence["prepare"]), PreparedModel),
        decode(reading.evidence(release.evidence["validate"]), ValidationEvidence),
        decode(reading.evidence(release.evidence["build"]), BuildEvidence),
    )


def _gates(reading: Reading, release: Release) -> tuple[Gate, ...]:
    gates = []
    for stage, digest in release.evidence.items():
        evidence: AnyEvidence = decode(reading.evidence(digest), _ANY)
        gates.append(Gate(stage, evidence.verdict, evidence.findings))
    return tuple(gates)


def _on_yes(
    promotion: Promotion, served: Release | None, held: str | None, unmet: tuple[Finding, ...]
) -> str:
    left = promotion.requested.quorum - len(promotion.endorsements) - 1
    if left > 0:
        return f"the yes is kept, and {left} more {'person has' if left == 1 else 'people have'} to say so"
    place = f"{promotion.binding.target} serves {promotion.release}"
    instead = f" instead of {served.id}" if served else ", where nothing is served yet"
    if held is not None:
        return f"the approval is kept; once the hold is lifted, {place}{instead}"
    if unmet:
        return f"the approval is kept; once nothing keeps it waiting, or that is waived, {place}{instead}"
    return f"{place}{instead}; if it is not well by the deadline, what served before is put back"
