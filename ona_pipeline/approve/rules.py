"""What an environment wants beside a yes: no freeze, and the same release well elsewhere for so long."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ona_pipeline.approve.waived import in_force
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.policy import EnvironmentPolicy, duration
from ona_pipeline.policy.freeze import frozen
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.service import Span, spans
from ona_pipeline.records.waiver import Waiver

_WELL = {PromotionPhase.LIVE, PromotionPhase.REPLACED}


def unmet(
    reading: Reading, promotion: Promotion, policy: EnvironmentPolicy, now: datetime
) -> tuple[Finding, ...]:
    """What keeps `promotion` from being rolled out at `now`, waived or not; empty where nothing does."""
    return (*_frozen(promotion, policy, now), *_not_proven(reading, promotion, policy, now))


def must_be_met(
    reading: Reading, promotion: Promotion, policy: EnvironmentPolicy, now: datetime
) -> tuple[Digest, ...]:
    """Refuse a rollout for which it is not the time yet.

    Returns:
        Digests of the waivers without which it would have been refused.

    Raises:
        RefusedError: something keeps it, and no waiver covers that; or a waiver that it is bound to is over.
    """
    standing = in_force(reading, promotion.model, promotion.environment, policy, now)
    _must_stand(promotion, standing)
    left, used = [], set[Digest]()
    for finding in unmet(reading, promotion, policy, now):
        covering = next((one for one in standing if one.covers(finding.code, finding.subject)), None)
        if covering is None:
            left.append(finding)
        else:
            used.add(covering.digest)
    if left:
        said = "".join(f"\n  {one.code}: {one.sentence}" for one in left)
        raise RefusedError(
            f"{promotion.id} is approved, and not rolled out yet:{said}",
            hint=f"then: ona resume {promotion.release}",
        )
    return tuple(sorted(used))


def _must_stand(promotion: Promotion, standing: tuple[Waiver, ...]) -> None:
    over = set(promotion.binding.waivers) - {waiver.digest for waiver in standing}
    if over:
        raise RefusedError(
            f"{promotion.id} was approved with a waiver that is over: {', '.join(sorted(over))}",
            hint=f"ona resume {promotion.release} says what it was about",
        )


def _frozen(promotion: Promotion, policy: EnvironmentPolicy, now: datetime) -> Iterator[Finding]:
    if met := frozen(policy.freeze, now):
        yield Finding(
            "frozen",
            met.window.name,
            f"{promotion.environment} is frozen until {_stamp(met.until)}: {met.window.name}",
        )


def _not_proven(
    reading: Reading, promotion: Promotion, policy: EnvironmentPolicy, now: datetime
) -> Iterator[Finding]:
    for environment, text in policy.requires.items():
        found, wanted = _served(reading, promotion, environment, now), duration(text)
        longest = max(found, key=lambda span: _length(span, now), default=None)
        if longest is None or _length(longest, now) < wanted:
            sentence = f"wanted {promotion.release} well in {environment} for {text}, found"
            yield Finding("not-proven", environment, f"{sentence} {_how_long(longest, wanted, now)}")


def _served(reading: Reading, promotion: Promotion, environment: str, now: datetime) -> list[Span]:
    """When the same image of the same release served there, and was not rolled back."""
    return [
        span
        for other in histories.promotions_of(reading, promotion.release, environment)
        if other.binding.image == promotion.binding.image and other.phase in _WELL
        for span in spans(other, reading.events(subject=other.id))
        if span.since <= now
    ]


def _how_long(span: Span | None, wanted: timedelta, now: datetime) -> str:
    if span is None:
        return "it not live there"
    if span.until:
        return f"it there from {_stamp(span.since)} to {_stamp(span.until)}"
    well = span.since + wanted
    return f"it there since {_stamp(span.since)}: {_rounded(well - now)} yet, until {_stamp(well)}"


def _length(span: Span, now: datetime) -> timedelta:
    return (span.until or now) - span.since


def _rounded(left: timedelta) -> str:
    """Whole seconds, upwards, so that who waits that long does not come too early."""
    return str(timedelta(seconds=-(-left // timedelta(seconds=1))))


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
