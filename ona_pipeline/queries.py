"""Questions that the ledger alone can answer: what is served, what waits, what was when."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Reading
from ona_pipeline.ledger.leases import Work, works
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import AnyEvidence, read_evidence
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.release import REJUDGED, Release
from ona_pipeline.records.service import Span, spans


class Place(msgspec.Struct, frozen=True):
    """One model's environment.

    Attributes:
        model: the model's name.
        environment: the environment's name.
        serving: the release that is live; empty for none.
        image: its pinned reference; empty for none.
        since: since when, UTC.
        by: by whose word.
        hold: why the environment is on hold; empty where it is not.
    """

    model: str
    environment: str
    serving: str = ""
    image: str = ""
    since: datetime | None = None
    by: str = ""
    hold: str = ""


class Status(msgspec.Struct, frozen=True):
    """All environments, and all that is unfinished.

    Attributes:
        places: every model's environment that something was ever meant for.
        waiting: promotions that await a person or a rollout.
        unfinished: releases that are not published yet, nor refused.
        works: what processes are at work on, or were when they ended.
    """

    places: tuple[Place, ...]
    waiting: tuple[Promotion, ...]
    unfinished: tuple[Release, ...]
    works: tuple[Work, ...] = ()

    def work(self, subject: str) -> Work | None:
        """Who is, or was, at work on a release or ``model@environment``."""
        return next((work for work in self.works if work.subject == subject), None)


class Shown(msgspec.Struct, frozen=True):
    """Everything about one release.

    Attributes:
        release: its state.
        evidence: stage name to evidence; that of rollouts under the promotion's id, of canaries under
            ``canary for`` and that; that of a gate that was asked again later, under ``verify for`` or
            ``validate for`` and the promotion's id.
        promotions: to every environment, oldest first.
    """

    release: Release
    evidence: dict[str, AnyEvidence]
    promotions: tuple[Promotion, ...]


def status(ledger: Ledger, *, sleep: Callable[[float], None] = time.sleep) -> Status:
    """What is served where, what waits for whom, and what is being worked on.

    Args:
        ledger: where to look.
        sleep: waits so many seconds, to see whether who has a lease still lives.
    """
    at_work = works(ledger, sleep=sleep)
    with ledger.reading() as reading:
        champions = {(live.model, live.environment): live for live in histories.served(reading)}
        return Status(
            places=tuple(
                _place(reading, *place, champions.get(place)) for place in histories.places(reading)
            ),
            waiting=tuple(histories.open_promotions(reading)),
            unfinished=tuple(histories.unfinished_releases(reading)),
            works=at_work,
        )


def show(ledger: Ledger, text: str) -> Shown:
    """One release in full.

    Args:
        ledger: where to look.
        text: the release id, or its unambiguous beginning.

    Raises:
        UsageError: there is no such release.
    """
    with ledger.reading() as reading:
        release = histories.find_release(reading, text)
        promotions = tuple(histories.promotions_of(reading, release.id))
        digests = release.evidence | {p.id: p.rollout for p in promotions if p.rollout}
        digests |= {f"canary for {p.id}": p.canary.evidence for p in promotions if p.canary}
        digests |= _judged_later(release, promotions)
        evidence = {name: read_evidence(reading.evidence(digest)) for name, digest in digests.items()}
    return Shown(release, evidence, promotions)


def history(
    ledger: Ledger, *, model: str = "", environment: str = "", at: datetime | None = None
) -> list[Span]:
    """What was served when, oldest first.

    Args:
        ledger: where to look.
        model: only this one; empty for all.
        environment: only this one; empty for all.
        at: only what was served at this time, UTC; None for all times.
    """
    with ledger.reading() as reading:
        if at is None:
            promotions = histories.promotions(reading, model, environment)
        else:
            promotions = histories.served(reading, model, environment, at)
        found = [
            span
            for promotion in promotions
            for span in spans(promotion, reading.events(subject=promotion.id))
            if at is None or span.covers(at)
        ]
    return sorted(found, key=lambda span: span.since)


def resumable(ledger: Ledger) -> list[Release]:
    """Releases with something to do that needs no person: unfinished, approved, in line, or to be left."""
    with ledger.reading() as reading:
        found = {release.id: release for release in histories.unfinished_releases(reading)}
        for promotion in histories.open_promotions(reading):
            goes_on = promotion.is_under_way or promotion.is_in_line
            if goes_on and promotion.release not in found:
                found[promotion.release] = histories.release(reading, promotion.release)
        for place in histories.places(reading):
            if wanted := histories.unfinished_rollback(reading, *place):
                left = histories.promotion(reading, wanted.asked.promotion).release
                found[left] = histories.release(reading, left)
    return sorted(found.values(), key=lambda release: release.at)


def release_of(ledger: Ledger, model: str, revision: str) -> Release | None:
    """The last release of a revision such as ``models:/digits/4``; None where nobody asked for one."""
    with ledger.reading() as reading:
        found = histories.releases(reading, model)
    return next((one for one in reversed(found) if one.requested.origins.revision == revision), None)


def _judged_later(release: Release, promotions: Iterable[Promotion]) -> dict[str, Digest]:
    return {
        f"{stage} for {one.id}": one.binding.evidence[stage]
        for one in promotions
        for stage in REJUDGED
        if one.binding.evidence[stage] != release.evidence[stage]
    }


def _place(reading: Reading, model: str, environment: str, champion: Promotion | None) -> Place:
    held = histories.hold(reading, model, environment) or ""
    if champion is None:
        return Place(model, environment, hold=held)
    span = spans(champion, reading.events(subject=champion.id))[-1]
    return Place(model, environment, champion.release, span.image, span.since, span.by, held)
