"""A ledger in memory, held to the same contract as the real ones."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from ona_pipeline.ledger.audit import Audit, Judge, audit
from ona_pipeline.ledger.chain import NOTHING, Head, Row, opened, seal, unseal
from ona_pipeline.ledger.empty import no_evidence
from ona_pipeline.ledger.following import must_follow
from ona_pipeline.ledger.lease import Lease, must_stand
from ona_pipeline.ledger.search import Subject
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Entry, Event, Fact


class FakeReading:
    def __init__(self, rows: list[Row], contents: dict[Digest, bytes], lent: dict[str, Lease]) -> None:
        self._rows = rows
        self._contents = contents
        self.lent = lent
        self.cursors: dict[str, int] = {}

    def events(self, *, subject: str = "", model: str = "") -> list[Event]:
        return [
            unseal(row) for row in self._rows if subject in {"", row.subject} and model in {"", row.model}
        ]

    def since(self, sequence: int) -> list[Event]:
        return [unseal(row) for row in self._rows if row.sequence >= sequence]

    def latest(self) -> Event | None:
        return unseal(self._rows[-1]) if self._rows else None

    def subjects(
        self, fact: type, *, unless: Sequence[type] = (), model: str = "", beginning: str = ""
    ) -> list[Subject]:
        ended = {event.subject for event in self.events() if isinstance(event.fact, tuple(unless))}
        found = [
            Subject(event.subject, event.model)
            for event in self.events(model=model)
            if isinstance(event.fact, fact) and event.subject.startswith(beginning)
        ]
        return [subject for subject in dict.fromkeys(found) if subject.id not in ended]

    def lasting(
        self, begins: Sequence[type], ends: Sequence[type], *, model: str = "", at: datetime | None = None
    ) -> list[Subject]:
        chosen = [event for event in self.events(model=model) if isinstance(event.fact, (*begins, *ends))]
        found: dict[Subject, None] = {}
        for number, event in enumerate(chosen):
            until = next((later.at for later in chosen[number + 1 :] if later.subject == event.subject), None)
            lasts = until is None if at is None else event.at <= at and (until is None or at <= until)
            if isinstance(event.fact, tuple(begins)) and lasts:
                found[Subject(event.subject, event.model)] = None
        return list(found)

    def evidence(self, digest: Digest) -> bytes:
        if digest not in self._contents:
            raise no_evidence("fake", digest)
        return self._contents[digest]

    def rows(self) -> list[Row]:
        return self._rows

    def contents(self) -> list[tuple[str, bytes]]:
        return list(self._contents.items())

    def leases(self) -> list[Lease]:
        return [lease for _, lease in sorted(self.lent.items())]

    def cursor(self, name: str) -> int:
        return self.cursors.get(name, 0)

    def lease(self, subject: str) -> Lease | None:
        return self.lent.get(subject)


class FakeWriting(FakeReading):
    def __init__(self, before: FakeReading, clock: Callable[[], datetime]) -> None:
        super().__init__(list(before._rows), dict(before._contents), dict(before.lent))
        self.cursors = dict(before.cursors)
        self._clock = clock

    def append(self, fact: Fact, *, model: str, subject: str, actor: Actor) -> Event:
        previous = Digest(self._rows[-1].digest) if self._rows else NOTHING
        entry = Entry(
            sequence=len(self._rows) + 1,
            at=self._clock(),
            actor=actor,
            model=model,
            subject=subject,
            fact=fact,
            previous=previous,
        )
        must_follow(self.events(subject=subject), entry)
        event, row = seal(entry)
        self._rows.append(row)
        return event

    def keep(self, content: bytes) -> Digest:
        digest = Digest.of(content)
        self._contents[digest] = content
        return digest

    def lend(self, lease: Lease) -> None:
        self.lent[lease.subject] = lease

    def move(self, name: str, sequence: int) -> None:
        self.cursors[name] = sequence

    def take_back(self, lease: Lease) -> None:
        found = self.lent.get(lease.subject)
        if found and found.token == lease.token:
            del self.lent[lease.subject]


class FakeLedger:
    subject = "a ledger in memory"
    place = "memory"

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._kept = FakeReading([], {}, {})
        self._writer = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[FakeReading]:
        yield self._kept

    @contextmanager
    def writing(self, lease: Lease | None = None) -> Iterator[FakeWriting]:
        with self._writer:
            writing = FakeWriting(self._kept, self._clock)
            if lease:
                must_stand(lease, writing.lease(lease.subject))
            yield writing
            self._kept = FakeReading(writing._rows, writing._contents, writing.lent)
            self._kept.cursors = writing.cursors

    def verify(self, *, known: Iterable[Head] = (), judges: Sequence[Judge] = ()) -> Audit:
        with self.reading() as reading:
            seals = map(opened, reading.rows())
            return audit(seals, reading.contents(), known=known, judges=judges)
