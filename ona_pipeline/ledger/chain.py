"""The chain, pure: an event is sealed with the digest of the one before, so no line can be changed unseen."""

from collections.abc import Iterable, Iterator
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
    """The end of a chain; kept elsewhere, it shows later that nothing before it was rewritten or cut off."""

    sequence: int
    digest: Digest


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
    entry = _entry(row)
    fields = {name: getattr(entry, name) for name in Entry.__struct_fields__}
    return Event(**fields, digest=Digest(row.digest))


class Audit(msgspec.Struct, frozen=True):
    """What looking at a whole chain found.

    Attributes:
        head: its end; noted elsewhere, it shows a later auditor what was cut off or rewritten.
        findings: what is wrong with it; empty where nothing is.
        evidence: digests that its events name.
    """

    head: Head
    findings: tuple[Finding, ...]
    evidence: frozenset[Digest]


def verify(rows: Iterable[Row], *, known: Head | None = None) -> Audit:
    """Look at a whole chain.

    Args:
        rows: all of them, by sequence.
        known: an end of this chain that was noted earlier, elsewhere.
    """
    findings: list[Finding] = []
    named: set[Digest] = set()
    head = Head(0, NOTHING)
    at_known = head.digest if known and not known.sequence else None
    for row in rows:
        findings += _breaks(row, head)
        head = Head(row.sequence, _look_into(row, findings, named))
        if known and head.sequence == known.sequence:
            at_known = head.digest
    if known and at_known != known.digest:
        findings.append(_rewritten(known, head, at_known))
    return Audit(head, tuple(findings), frozenset(named))


def _breaks(row: Row, last: Head) -> Iterator[Finding]:
    if row.sequence != last.sequence + 1:
        yield _finding("event-missing", row, f"wanted event {last.sequence + 1} in its place")
    elif row.previous != last.digest:
        yield _finding("chain-broken", row, f"wanted to follow {last.digest}, found {row.previous}")


def _look_into(row: Row, findings: list[Finding], named: set[Digest]) -> Digest:
    try:
        fact = _entry(row).fact
    except ChainError as error:
        findings.append(error.finding)
        return Digest.of(row.body.encode())
    if evidence := getattr(fact, "evidence", None):
        named.add(evidence)
    return Digest(row.digest)


def _entry(row: Row) -> Entry:
    digest = Digest.of(row.body.encode())
    if digest != row.digest:
        raise ChainError(_finding("event-changed", row, f"wanted digest {row.digest}, found {digest}"))
    try:
        entry = decode(row.body, Entry)
    except msgspec.ValidationError as error:
        raise ChainError(_finding("event-unknown", row, f"this version cannot read it: {error}")) from error
    if (wanted := _row(entry, row.body, digest)) != row:
        raise ChainError(_finding("column-changed", row, _difference(wanted, row)))
    return entry


def _row(entry: Entry, body: str, digest: Digest) -> Row:
    kind = entry.fact.__struct_config__.tag
    at = to_plain(entry.at)
    return Row(entry.sequence, at, entry.model, entry.subject, str(kind), body, entry.previous, digest)


def _rewritten(known: Head, last: Head, found: Digest | None) -> Finding:
    if last.sequence < known.sequence:
        sentence = f"the ledger ends at event {last.sequence}, and was known to reach event {known.sequence}"
        return Finding("ledger-cut", f"event {known.sequence}", sentence)
    sentence = f"wanted digest {known.digest}, found {found}: everything up to it may have been rewritten"
    return Finding("ledger-rewritten", f"event {known.sequence}", sentence)


def _difference(wanted: Row, found: Row) -> str:
    pairs = zip(Row._fields, wanted, found, strict=True)
    return "; ".join(f"{name}: wanted {w!r}, found {f!r}" for name, w, f in pairs if w != f)


def _finding(code: str, row: Row, sentence: str) -> Finding:
    return Finding(code, f"event {row.sequence}", sentence)
