"""The chain, pure: an event is sealed with the digest of the one before, so no line can be changed unseen."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from ona_pipeline.records.canonical import decode, encode, to_plain
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Entry, Event
from ona_pipeline.records.finding import Finding

NOTHING = Digest.of(b"")


class Row(NamedTuple):
    """An event as it is kept: `body` is what was sealed, the other columns repeat parts of it for queries.

    Attributes:
        sequence: the event's number.
        at: RFC 3339, UTC.
        model: the model's name.
        subject: what the fact is about.
        kind: the fact's tag, such as ``approved``.
        body: canonical JSON of the `Entry`.
        previous: digest of the row before.
        digest: of `body`.
    """

    sequence: int
    at: str
    model: str
    subject: str
    kind: str
    body: str
    previous: str
    digest: str


class Head(msgspec.Struct, frozen=True):
    """The end of a chain; noted elsewhere, it shows later that nothing before it was rewritten or cut off.

    Attributes:
        sequence: of the last event; 0 where there is none.
        digest: of the last event.
        at: its time, UTC; None where it is not known.
    """

    sequence: int
    digest: Digest
    at: datetime | None = None


class ChainError(ValueError):
    """A row is not what was sealed; `finding` says how."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


def seal(entry: Entry) -> tuple[Event, Row]:
    """The event with its digest, and the row to keep it in."""
    body = encode(entry)
    digest = Digest.of(body)
    event = Event(**{name: getattr(entry, name) for name in Entry.__struct_fields__}, digest=digest)
    return event, _row(entry, body.decode(), digest)


def unseal(row: Row) -> Event:
    """The event that a row keeps.

    Raises:
        ChainError: the row was changed after it was written, or a newer version of ona wrote it.
    """
    entry, digest = _entry(row)
    fields = {name: getattr(entry, name) for name in Entry.__struct_fields__}
    return Event(**fields, digest=digest)


class Seal(NamedTuple):
    """An event as it was found, opened where that could be done.

    Attributes:
        sequence: where it stands.
        previous: the digest that it names as that of the event before; None where that cannot be said.
        digest: of its text.
        entry: what it keeps; None where that cannot be said.
        finding: what is wrong with it alone; None where nothing is.
    """

    sequence: int
    previous: str | None
    digest: Digest
    entry: Entry | None
    finding: Finding | None


def opened(row: Row) -> Seal:
    """Look at a row of a ledger."""
    if not isinstance(row.body, str):
        finding = _finding("column-changed", row.sequence, "body: wanted text, found other bytes")
        return Seal(row.sequence, row.previous, Digest.of(bytes(row.body)), None, finding)
    try:
        entry, digest = _entry(row)
    except ChainError as error:
        digest = Digest.of(row.body.encode())
        return Seal(row.sequence, row.previous, digest, None, error.finding)
    return Seal(row.sequence, row.previous, digest, entry, None)


def opened_text(place: int, body: str, digest: str) -> Seal:
    """Look at an event that is kept as its text and digest alone.

    Args:
        place: where it stands, from 1.
        body: canonical JSON of the `Entry`.
        digest: that it is kept under.
    """
    try:
        entry, found = _sealed(place, body, digest)
    except ChainError as error:
        return Seal(place, None, Digest.of(body.encode()), None, error.finding)
    return Seal(entry.sequence, entry.previous, found, entry, None)


def linked(seals: Iterable[Seal]) -> Iterator[tuple[Seal, Finding | None]]:
    """Each event of a chain, and what is wrong with its place after the one before."""
    sequence, digest = 0, NOTHING
    for found in seals:
        yield found, _break(found, sequence + 1, digest)
        sequence, digest = found.sequence, found.digest


def _break(found: Seal, sequence: int, previous: Digest) -> Finding | None:
    if found.sequence != sequence:
        return _finding("event-missing", found.sequence, f"wanted event {sequence} in its place")
    if found.previous != previous and found.previous is not None:
        sentence = f"wanted to follow {previous}, found {found.previous}"
        return _finding("chain-broken", found.sequence, sentence)
    return None


def _sealed(place: int, body: str, digest: str) -> tuple[Entry, Digest]:
    if (found := Digest.of(body.encode())) != digest:
        raise ChainError(_finding("event-changed", place, f"wanted digest {digest}, found {found}"))
    try:
        return decode(body, Entry), found
    except msgspec.DecodeError as error:
        sentence = f"this version cannot read it: {error}"
        raise ChainError(_finding("event-unknown", place, sentence)) from error


def _entry(row: Row) -> tuple[Entry, Digest]:
    entry, digest = _sealed(row.sequence, row.body, row.digest)
    if (wanted := _row(entry, row.body, digest)) != row:
        raise ChainError(_finding("column-changed", row.sequence, _difference(wanted, row)))
    return entry, digest


def _finding(code: str, place: int, sentence: str) -> Finding:
    return Finding(code, f"event {place}", sentence)


def _row(entry: Entry, body: str, digest: Digest) -> Row:
    kind = entry.fact.__struct_config__.tag
    at = to_plain(entry.at)
    return Row(entry.sequence, at, entry.model, entry.subject, str(kind), body, entry.previous, digest)


def _difference(wanted: Row, found: Row) -> str:
    pairs = zip(Row._fields, wanted, found, strict=True)
    return "; ".join(f"{name}: wanted {w!r}, found {f!r}" for name, w, f in pairs if w != f)
