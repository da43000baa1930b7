"""Releases, promotions, champions and holds: always what the events in a ledger add up to."""

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime

from ona_pipeline.errors import UsageError
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.records import environment as environments
from ona_pipeline.records import promotion as promoting
from ona_pipeline.records import release as releasing
from ona_pipeline.records.event import Event
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import PromotionRequested
from ona_pipeline.records.release import Release
from ona_pipeline.records.release_facts import ReleaseRequested
from ona_pipeline.records.waiver import Waiver
from ona_pipeline.records.waiver import waivers as standing_waivers


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


def champion(reading: Reading, model: str, environment: str) -> Promotion | None:
    """The promotion whose release the environment serves now; None where it serves nothing yet."""
    return environments.champion(promotions(reading, model, environment))


def hold(reading: Reading, model: str, environment: str) -> str | None:
    """Why, and by whose word, the environment is on hold; None where it is not."""
    return environments.hold(reading.events(subject=environments.place(model, environment)))


def waivers(reading: Reading, model: str, environment: str, now: datetime) -> tuple[Waiver, ...]:
    """The waivers that are in force there at `now`, which is aware UTC."""
    return standing_waivers(reading.events(subject=environments.place(model, environment)), now)


def find_release(reading: Reading, text: str) -> Release:
    """The one release whose id is, or begins with, `text`.

    Raises:
        UsageError: there is none, or more than one; the message names those that may have been meant.
    """
    known = {found.id: found for found in releases(reading)}
    matches = [text] if text in known else [name for name in known if text and name.startswith(text)]
    if len(matches) == 1:
        return known[matches[0]]
    if matches:
        raise UsageError(
            f"{text!r} may mean any of {', '.join(matches)}", hint="write more of the release id"
        )
    raise UsageError(f"no release is called {text!r}", hint=_did_you_mean(text, known))


def _did_you_mean(text: str, known: Mapping[str, object]) -> str:
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
