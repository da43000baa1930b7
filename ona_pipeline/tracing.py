"""Where an image came from: what its attestations say, and what the ledger says of the same release."""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from ona_pipeline.attestation.judge import ImageVerdict, judge_image, pinned
from ona_pipeline.attestation.keys import public_key
from ona_pipeline.errors import UsageError
from ona_pipeline.image.registry import Attachments, Registry
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Reading
from ona_pipeline.records.finding import Finding, verdict_of
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import Approved
from ona_pipeline.records.release import Release


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A yes to this image, for one environment.

    Attributes:
        promotion: its id.
        environment: the environment's name.
        phase: where the promotion stands now.
        by: who said it, the deciding one last: people, or the policy.
        at: when, UTC.
        reason: in which words; may be empty.
    """

    promotion: str
    environment: str
    phase: str
    by: tuple[str, ...]
    at: datetime
    reason: str


class TracedImage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that could be found out about an image.

    Attributes:
        origin: what its attestations say; its findings and verdict count the ledger's words too.
        approvals: who let it go where, by the ledger that is set here, oldest first.
        ledger: why the ledger says nothing; empty where it does.
    """

    origin: ImageVerdict
    approvals: tuple[Said, ...] = ()
    ledger: str = ""


class Tracing:
    """Traces images.

    Args:
        registry: where images are.
        attachments: what lies beside them.
        ledger: opens the ledger that is set here, or raises UsageError.
    """

    def __init__(self, registry: Registry, attachments: Attachments, ledger: Callable[[], Ledger]) -> None:
        self._registry = registry
        self._attachments = attachments
        self._ledger = ledger

    def trace(self, text: str, keys: tuple[str, ...], *, where: str) -> TracedImage:
        """Find out where an image came from.

        Args:
            text: ``repository:tag`` or ``repository@sha256:…``.
            keys: public keys, PEM, of those whose word counts.
            where: what holds the keys, for messages.

        Raises:
            UsageError: there is no such image, or no key.
            BackendError: the image registry, or the ledger, is not there.
        """
        if not keys:
            raise UsageError(
                f"no key says whose word about {text} counts",
                hint="name a public key with --key, or signing_keys in [tool.ona.images] at the trusted ref",
            )
        known = tuple(public_key(key, where=where) for key in keys)
        origin = judge_image(
            pinned(text, self._registry), known, registry=self._registry, attachments=self._attachments
        )
        return self._asked(origin)

    def _asked(self, origin: ImageVerdict) -> TracedImage:
        if not origin.release:
            return TracedImage(origin=origin, ledger="nobody whose word counts says which release it is")
        try:
            with self._ledger().reading() as reading:
                release = histories.release(reading, origin.release)
                return _compared(reading, origin, release)
        except UsageError as error:
            return TracedImage(origin=origin, ledger=error.message)


def _compared(reading: Reading, origin: ImageVerdict, release: Release) -> TracedImage:
    promotions = histories.promotions_of(reading, release.id)
    findings = (*origin.findings, *_mismatches(origin, release))
    told = msgspec.structs.replace(origin, findings=findings, verdict=verdict_of(findings))
    said = tuple(_said(one) for one in promotions if one.binding.image == origin.image)
    return TracedImage(origin=told, approvals=tuple(one for one in said if one))


def _mismatches(origin: ImageVerdict, release: Release) -> Iterator[Finding]:
    """Where the ledger has other evidence than was signed, or another image for the release."""
    for stage, wanted in release.evidence.items():
        name = f"evidence/{stage}"
        if name in origin.digests and origin.digests[name] != wanted:
            sentence = f"{name} of {release.id}: the ledger has {wanted}, signed was {origin.digests[name]}"
            yield Finding("ledger-mismatch", origin.image, sentence)


def _said(promotion: Promotion) -> Said | None:
    decision, by = promotion.decision, promotion.decided_by
    if not isinstance(decision, Approved) or by is None or promotion.decided_at is None:
        return None
    return Said(
        promotion=promotion.id,
        environment=promotion.environment,
        phase=promotion.phase,
        by=(*(one.who for one in promotion.endorsements), decision.person or by.acting),
        at=promotion.decided_at,
        reason=decision.reason,
    )
