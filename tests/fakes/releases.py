"""Writes releases and promotions into a ledger as the pipeline would, without the pipeline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.policy import EnvironmentPolicy, VerifyPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.environment import Held, Unheld, place
from ona_pipeline.records.event import Event, Fact
from ona_pipeline.records.evidence import (
    BuildEvidence,
    CanaryEvidence,
    Evidence,
    IntegrityEvidence,
    PreparedModel,
    PublishEvidence,
    RolloutEvidence,
    ValidationEvidence,
)
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import Replaced, RolledOut, RolloutStarted
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release import Release
from ona_pipeline.records.release_facts import ReleasePublished, ReleaseRequested, StagePassed, StageStarted
from ona_pipeline.records.snapshot import Origins
from ona_pipeline.records.waiver import Waived

RELEASER = Actor(login="releaser", email="releaser@example.org", via="terminal")
APPROVER = Actor(login="approver", via="terminal")
JOB = Actor(login="releaser", via="job")
MANUAL = EnvironmentPolicy()
AUTOMATIC = EnvironmentPolicy(approval="automatic")
AT = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
FROM_GIT = Origins("git", "HEAD", "c0ffee")
DOUBT = Finding("few-rows", "evaluation.csv", "wanted 100 rows, found 12", severity=Severity.DOUBT)
NOT_WELL = Finding("crash-loop", "digits-7d", "wanted a ready pod, found a crash loop")
WAIVED = Finding("expectation-unmet", "data.json: pixels", "wanted 1, found 2", severity=Severity.WAIVED)


def digest(text: str) -> Digest:
    return Digest.of(text.encode())


def road(
    name: str,
    *,
    accuracy: float = 0.97,
    comparison: Comparison | None = None,
    packages: dict[str, str] | None = None,
    doubt: bool = False,
    waived: bool = False,
    repository: str = "digits",
    judged: dict[str, Any] | None = None,
    image: PinnedReference | None = None,
    question: Question | None = None,
) -> dict[str, Evidence]:
    """The evidence of all five stages for a model version called `name`; its image need not exist."""
    model, form = digest(name), digest(f"{name} form")
    dated: dict[str, Any] = {"subject": model, "started_at": AT, "finished_at": AT}
    image = image or PinnedReference.of(f"registry.example/ona/{repository}", digest(f"{name} image"))
    return {
        "verify": IntegrityEvidence(
            **dated,
            files=5,
            size_bytes=5000,
            format="skops",
            types=(),
            lock=digest("lock"),
            declaration=digest("declaration"),
            policy=VerifyPolicy().digest,
        ),
        "prepare": PreparedModel(
            **dated,
            runtime=None,
            runtime_key=digest("runtime"),
            runtime_made=False,
            form="skops",
            form_digest=form,
            signature=None,
            estimator="sklearn.svm.SVC",
            trusted_types=(),
            packages=packages or {"numpy": "2.4.0", "scikit-learn": "1.9.1"},
        ),
        "validate": ValidationEvidence(
            **dated,
            findings=(*((DOUBT,) if doubt else ()), *((WAIVED,) if waived else ())),
            form_digest=form,
            data=digest("data"),
            rows=360,
            metrics={"accuracy": accuracy},
            suites=(),
            comparison=comparison,
            **(judged or {}),
        ),
        "build": BuildEvidence(
            **dated,
            repository=image.repository,
            image=image.digest,
            image_manifest="{}",
            model_layer=digest("layer"),
            new_bytes=10,
            size_bytes=1000 + len(name),
        ),
        "publish": PublishEvidence(
            **dated,
            image=image,
            tag=name,
            question=question or Question(inputs=(), answer={}),
            answer={},
            start_s=1.0,
        ),
    }


def published(
    ledger: Ledger,
    name: str = "digits-1",
    *,
    actor: Actor = RELEASER,
    origins: Origins = FROM_GIT,
    **how: Any,
) -> Release:
    """A release that passed every stage."""
    with ledger.writing() as writing:

        def say(fact: Fact) -> None:
            writing.append(fact, model="digits", subject=name, actor=actor)

        say(ReleaseRequested("digits", origins, "c0ffee", "production", "better at sevens"))
        for stage, evidence in road(name, **how).items():
            say(StageStarted(stage))
            say(StagePassed(stage, writing.keep(encode(evidence)), evidence.verdict))
        say(ReleasePublished())
        return histories.release(writing, name)


def binding(ledger: Ledger, release: Release, environment: str = "production", **changed: object) -> Binding:
    """What a decision would be bound to now."""
    with ledger.reading() as reading:
        champion = histories.champion(reading, release.model, environment)
    evidence = road(release.id)
    now = Binding(
        release=release.id,
        environment=environment,
        target="kubernetes lab/digits/deployment/digits",
        image=PinnedReference.of("registry.example/ona/digits", digest(f"{release.id} image")),
        model=evidence["build"].subject,
        form=digest(f"{release.id} form"),
        objects=digest("objects"),
        policy=MANUAL.digest,
        evidence=release.evidence,
        champion=champion.id if champion else "",
    )
    return msgspec.structs.replace(now, **changed)


def write(ledger: Ledger, promotion: Promotion, *facts: Fact, actor: Actor = RELEASER) -> Promotion:
    """Add facts about a promotion, as they are."""
    with ledger.writing() as writing:
        for fact in facts:
            writing.append(fact, model=promotion.model, subject=promotion.id, actor=actor)
        return histories.promotion(writing, promotion.id)


def hold(ledger: Ledger, reason: str = "sevens are wrong", *, lifted: bool = False) -> None:
    """Put production on hold, or lift it."""
    fact = Unheld(reason) if lifted else Held(reason)
    with ledger.writing() as writing:
        writing.append(fact, model="digits", subject=place("digits", "production"), actor=APPROVER)


def lend(ledger: Ledger, lease: Lease) -> None:
    """Let another process be at work, or have been."""
    with ledger.writing() as writing:
        writing.lend(lease)


def waive(
    ledger: Ledger,
    finding: str,
    *,
    about: str = "",
    environment: str = "production",
    actor: Actor = APPROVER,
    days: int = 7,
) -> Event:
    """Waive a finding for digits."""
    with ledger.writing() as writing:
        expires_at = AT + timedelta(days=days)
        return writing.append(
            Waived(finding, about, "known and harmless", expires_at, MANUAL.digest),
            model="digits",
            subject=place("digits", environment),
            actor=actor,
        )


def canary(promotion: Promotion, *, findings: tuple[Finding, ...] = ()) -> CanaryEvidence:
    """Evidence that a share of instances served what the promotion binds."""
    bound = promotion.binding
    return CanaryEvidence(
        subject=bound.model,
        findings=findings,
        started_at=promotion.at,
        finished_at=promotion.at,
        target=f"{bound.target}-canary",
        image=bound.image,
        instances=(),
        canary_requests=1000,
        stable_requests=2000,
        comparisons=(),
    )


def rollout(bound: Binding) -> RolloutEvidence:
    """Evidence that what is bound is served."""
    return RolloutEvidence(
        subject=bound.model,
        started_at=AT,
        finished_at=AT,
        target=bound.target,
        image=bound.image,
        objects=bound.objects,
        instances=(),
        restored=None,
        address="http://127.0.0.1",
    )


def roll_out(ledger: Ledger, promotion: Promotion) -> Promotion:
    """Let an approved promotion become live, in place of the champion."""
    with ledger.reading() as reading:
        champion = histories.champion(reading, promotion.model, promotion.environment)
    with ledger.writing() as writing:
        kept = writing.keep(encode(rollout(promotion.binding)))
    live = write(ledger, promotion, RolloutStarted(), RolledOut(kept))
    if champion:
        write(ledger, champion, Replaced(promotion.id))
    return live
