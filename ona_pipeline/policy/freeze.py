"""The times at which nothing is rolled out."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Windows that touch are one freeze; two weeks of them in a row have to end the search somewhere.
_MOST_IN_A_ROW = 14


class Freeze(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from"}):
    """One window: once, or on days of every week.

    Attributes:
        start: once: local date and time such as ``2026-12-20 18:00``; weekly: a time such as ``16:00``.
        until: likewise; the window ends a moment before it. A weekly one without it lasts all day.
        days: of the week; empty for a window that comes once.
        zone: the IANA time zone that its times are in.
        reason: for whoever is kept waiting.
    """

    start: str = ""
    until: str = ""
    days: tuple[Day, ...] = ()
    zone: str = "UTC"
    reason: str = ""

    def __post_init__(self) -> None:
        """Read it once, so that a window that cannot be meant is refused when the policy is read."""
        begins, ends = self._on(datetime(2026, 1, 1, tzinfo=self._zone))
        if ends <= begins:
            raise ValueError(f"wanted until after from, found {self.start or '00:00'} to {self.until}")
        if set(self.days) == set(_DAYS) and not self.start and not self.until:
            raise ValueError("wanted a day of the week on which something may be rolled out, found none")

    @property
    def name(self) -> str:
        """The reason; where none is given, the window itself."""
        span = f"{self.start or '00:00'} to {self.until or '24:00'} {self.zone}"
        return self.reason or " ".join((*self.days, span))

    def end(self, now: datetime) -> datetime | None:
        """When the window that `now` is in ends, UTC; None where `now` is in none."""
        local = now.astimezone(self._zone)
        if self.days and _DAYS[local.weekday()] not in self.days:
            return None
        begins, ends = self._on(local)
        return ends if begins <= now < ends else None

    @property
    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.zone)
        except (ValueError, KeyError, OSError) as error:
            raise ValueError(
                f"wanted an IANA time zone such as Europe/Berlin, found {self.zone!r}"
            ) from error

    def _on(self, local: datetime) -> tuple[datetime, datetime]:
        """Begin and end, UTC; of a weekly window: on that day."""
        if not self.days:
            return _moment(self.start, self._zone), _moment(self.until, self._zone)
        day = local.date()
        begins = datetime.combine(day, _time(self.start or "00:00"), self._zone)
        ends = (
            datetime.combine(day, _time(self.until), self._zone)
            if self.until
            else datetime.combine(day + timedelta(days=1), time(), self._zone)
        )
        return begins.astimezone(UTC), ends.astimezone(UTC)


class Frozen(msgspec.Struct, frozen=True):
    """A freeze as it is met: the window, and when it and all that touch it are over, UTC."""

    window: Freeze
    until: datetime


def frozen(windows: Iterable[Freeze], now: datetime) -> Frozen | None:
    """The window that `now` is in; None where it is in none."""
    known = tuple(windows)
    first = next((window for window in known if window.end(now)), None)
    if first is None:
        return None
    until = now
    for _ in range(_MOST_IN_A_ROW):
        further = [end for window in known if (end := window.end(until))]
        if not further:
            break
        until = max(further)
    return Frozen(first, until)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"wanted a date and time such as 2026-12-20 18:00, found {text!r}") from error
    if found.tzinfo:
        raise ValueError(f"wanted a local time, and its zone in zone, found {text!r}")
    return found.replace(tzinfo=zone).astimezone(UTC)


def _time(text: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"wanted a time such as 16:00, found {text!r}") from error
    if found.tzinfo:
        raise ValueError(f"wanted a local time, and its zone in zone, found {text!r}")
    return found
