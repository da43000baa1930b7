"""Releases, promotions, champions and holds: always what the events in a ledger add up to."""

import difflib
from collections.abc import Container, Iterable, Sequence
from datetime import datetime

from ona_pipeline.errors import UsageError
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.ledger.search import Subject
from ona_pipeline.records import environment as environments
from ona_pipeline.records import promotion as promoting
from ona_pipeline.records import release as releasing
from ona_pipeline.records.event import Event
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import (
    Expired,
    PromotionRequested,
    Rejected,
    Replaced,
    Restored,
    RolledBack,
    RolledOut,
    Superseded,
    Voided,
    Withdrawn,
)
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release import Release
from ona_pipeline.records.release_facts import ReleasePublished, ReleaseRequested, StageRefused
from ona_pipeline.records.waiver import Waiver
from ona_pipeline.records.waiver import waivers as standing_waivers

_NOT_OPEN_AFTER = (RolledOut, Superseded, Expired, Rejected, RolledBack, Withdrawn, Voided)
"""A promotion is open until one of these was written about it, and never again; the likeliest come first."""
_NAMED = 5
_DOTS = 2
"""In ``RELEASE.ENVIRONMENT.NUMBER``, where neither name has one itself."""


def release(reading: Reading, release_id: str) -> Release:
    """The release of exactly that id.

    Raises:
        UsageError: there is none.
    """
    found = releasing.replay(release_id, reading.events(subject=release_id))
    if found is None:
        raise UsageError(f"no release is called {release_id!r}", hint="ona history lists them")
    return found


def promotion(reading: Reading, promotion_id: str) -> Promotion:
    """The promotion of exactly that id.

    Raises:
        UsageError: there is none.
    """
    found = promoting.replay(promotion_id, reading.events(subject=promotion_id))
    if found is None:
        raise UsageError(f"no promotion is called {promotion_id!r}", hint="ona status lists those that wait")
    return found


def releases(reading: Reading, model: str = "") -> list[Release]:
    """All releases, of one model or of every model, in the order in which they were asked for."""
    histories = _by_subject(reading.events(model=model), ReleaseRequested)
    replayed = (releasing.replay(subject, events) for subject, events in histories.items())
    return [found for found in replayed if found]


def promotions(reading: Reading, model: str = "", environment: str = "") -> list[Promotion]:
    """All promotions in the order of the requests; of one model, to one environment, where named."""
    histories = _by_subject(reading.events(model=model), PromotionRequested)
    replayed = (promoting.replay(subject, events) for subject, events in histories.items())
    return [found for found in replayed if found and environment in {"", found.environment}]


def unfinished_releases(reading: Reading) -> list[Release]:
    """Releases that are neither published nor refused."""
    found = reading.subjects(ReleaseRequested, unless=(ReleasePublished, StageRefused))
    return [release(reading, subject.id) for subject in found]


def open_promotions(reading: Reading, model: str = "", environment: str = "") -> list[Promotion]:
    """Promotions that somebody, or a process, has still something to do for."""
    found = reading.subjects(PromotionRequested, unless=_NOT_OPEN_AFTER, model=model)
    return _replayed(reading, found, environment)


def being_set(reading: Reading, model: str, environment: str) -> frozenset[PinnedReference]:
    """The images of rollouts that were begun there and have not come to an end: their hand is ona's."""
    known = open_promotions(reading, model, environment)
    return frozenset(one.binding.image for one in known if one.phase is promoting.PromotionPhase.ROLLING_OUT)


def promotions_of(reading: Reading, release_id: str, environment: str = "") -> list[Promotion]:
    """The promotions of one release, to one environment where it is named."""
    found = reading.subjects(PromotionRequested, beginning=f"{release_id}.")
    return [known for known in _replayed(reading, found, environment) if known.release == release_id]


def served(
    reading: Reading, model: str = "", environment: str = "", at: datetime | None = None
) -> list[Promotion]:
    """Promotions that are live, or may have been within a second of `at`."""
    found = reading.lasting((RolledOut, Restored), (Replaced, RolledBack), model=model, at=at)
    return _replayed(reading, found, environment)


def places(reading: Reading) -> list[tuple[str, str]]:
    """Model and environment of everything that was ever to be promoted, in that order."""
    found = reading.subjects(PromotionRequested)
    is_plain = all(subject.id.count(".") == _DOTS for subject in found)
    known = set() if is_plain else {subject.id for subject in reading.subjects(ReleaseRequested)}
    return list(dict.fromkeys((subject.model, _environment(subject.id, known)) for subject in found))


def champion(reading: Reading, model: str, environment: str) -> Promotion | None:
    """The promotion whose release the environment serves now; None where it serves nothing yet."""
    return environments.champion(served(reading, model, environment))


def hold(reading: Reading, model: str, environment: str) -> str | None:
    """Why, and by whose word, the environment is on hold; None where it is not."""
    return environments.hold(reading.events(subject=environments.place(model, environment)))


def unfinished_rollback(reading: Reading, model: str, environment: str) -> environments.AskedRollback | None:
    """The rollback there that was neither carried out nor refused; None where there is none."""
    wanted = environments.last_rollback(reading.events(subject=environments.place(model, environment)))
    if wanted is None:
        return None
    still_there = promotion(reading, wanted.asked.promotion).phase in environments.PRESENT
    return wanted if still_there else None


def waivers(reading: Reading, model: str, environment: str, now: datetime) -> tuple[Waiver, ...]:
    """The waivers that are in force there at `now`, which is aware UTC."""
    return standing_waivers(reading.events(subject=environments.place(model, environment)), now)


def find_release(reading: Reading, text: str) -> Release:
    """The one release whose id is, or begins with, `text`.

    Raises:
        UsageError: there is none, or more than one; the message names those that may have been meant.
    """
    found = reading.subjects(ReleaseRequested, beginning=text) if text else []
    matches = [subject.id for subject in found]
    if text in matches or len(matches) == 1:
        return release(reading, text if text in matches else matches[0])
    if matches:
        raise UsageError(f"{text!r} may mean any of {_some(matches)}", hint="write more of the release id")
    known = [subject.id for subject in reading.subjects(ReleaseRequested)]
    raise UsageError(f"no release is called {text!r}", hint=_did_you_mean(text, known))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _environment(promotion_id: str, releases: Container[str]) -> str:
    """The middle of ``RELEASE.ENVIRONMENT.NUMBER``; release and environment may have dots themselves."""
    if promotion_id.count(".") == _DOTS:
        return promotion_id.split(".")[1]
    head = promotion_id.rpartition(".")[0]
    dots = (place for place, character in enumerate(head) if character == ".")
    return next((head[dot + 1 :] for dot in dots if head[:dot] in releases), head)


def _replayed(reading: Reading, found: Iterable[Subject], environment: str = "") -> list[Promotion]:
    replayed = (promotion(reading, subject.id) for subject in found)
    return [known for known in replayed if environment in {"", known.environment}]


def _did_you_mean(text: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(text, known, n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return "ona history lists them" if known else "nothing was released yet: ona release MODEL"


def _by_subject(events: Iterable[Event], first: type) -> dict[str, list[Event]]:
    histories: dict[str, list[Event]] = {}
    for event in events:
        if isinstance(event.fact, first) or event.subject in histories:
            histories.setdefault(event.subject, []).append(event)
    return histories
