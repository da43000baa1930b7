"""The auditor's question: is everything in a ledger still what was written, and may it have been written?"""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import msgspec

from ona_pipeline.ledger.chain import NOTHING, Head, Seal, linked
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Entry
from ona_pipeline.records.finding import Finding


class Judge(Protocol):
    """Somebody who is told all that a ledger holds, in this order, and says what is wrong with it."""

    def keeps(self, digest: Digest, content: bytes) -> None:
        """Evidence, which has that digest."""
        ...

    def hears(self, entry: Entry, digest: Digest) -> Iterable[Finding]:
        """An event, which has that digest."""
        ...

    def rests(self) -> Iterable[Finding]:
        """That was all."""
        ...


class Audit(msgspec.Struct, frozen=True):
    """What looking at a whole ledger found.

    Attributes:
        head: its end; noted elsewhere, it shows a later auditor what was cut off or rewritten.
        genesis: digest of the first event, which this ledger is known by; of nothing, where it is empty.
        evidence: how many pieces of evidence it holds.
        findings: what is wrong with it; empty where nothing is.
    """

    head: Head
    genesis: Digest
    evidence: int
    findings: tuple[Finding, ...]


def audit(
    seals: Iterable[Seal],
    contents: Iterable[tuple[str, bytes]],
    *,
    known: Iterable[Head] = (),
    judges: Sequence[Judge] = (),
) -> Audit:
    """Look at all evidence and at the whole chain.

    Args:
        seals: every event, as it was found.
        contents: all evidence, with the digest that it is kept under.
        known: ends of this chain that were noted earlier, elsewhere.
        judges: who look at it too.
    """
    known = tuple(known)
    looking = _Looking(judges, {0, 1, *(head.sequence for head in known)})
    with _no_search_for_cycles():
        findings = [*looking.evidence(contents), *looking.chain(seals), *looking.beyond(known)]
        findings += [finding for judge in judges for finding in judge.rests()]
    first = looking.heads.get(1, looking.heads[0])
    return Audit(looking.head, first.digest, len(looking.kept), tuple(findings))


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Judges keep objects for each event, and none in a cycle: the search takes a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Looking:
    """One pass over everything, evidence first.

    Args:
        judges: who look at it too.
        noted: the events whose digests are compared at the end.
    """

    def __init__(self, judges: Sequence[Judge], noted: set[int]) -> None:
        self._judges = judges
        self._noted = noted
        self.head = Head(0, NOTHING)
        self.heads = {0: self.head}
        self.kept: set[str] = set()

    def evidence(self, contents: Iterable[tuple[str, bytes]]) -> Iterator[Finding]:
        for text, content in contents:
            self.kept.add(text)
            digest = Digest.of(content)
            if digest != text:
                yield Finding("evidence-changed", f"evidence {text}", f"its digest is now {digest}")
                continue
            for judge in self._judges:
                judge.keeps(digest, content)

    def chain(self, seals: Iterable[Seal]) -> Iterator[Finding]:
        last = None
        for last, misplaced in linked(seals):
            if last.sequence in self._noted:
                self.heads[last.sequence] = _head(last)
            yield from (finding for finding in (misplaced, last.finding) if finding)
            if last.entry:
                yield from self._heard(last.entry, last.digest)
        self.head = _head(last) if last else self.head

    def beyond(self, known: Iterable[Head]) -> Iterator[Finding]:
        for head in known:
            found = self.heads.get(head.sequence)
            if found is None or found.digest != head.digest or head.at not in {None, found.at}:
                yield self._rewritten(head, found)

    def _heard(self, entry: Entry, digest: Digest) -> Iterator[Finding]:
        named = getattr(entry.fact, "evidence", None)
        if named and named not in self.kept:
            sentence = f"wanted evidence {named}, and it is not there"
            yield Finding("evidence-missing", f"event {entry.sequence}", sentence)
        for judge in self._judges:
            yield from judge.hears(entry, digest)

    def _rewritten(self, known: Head, found: Head | None) -> Finding:
        subject = f"event {known.sequence}"
        if found is None:
            sentence = f"the ledger was known to reach it, and ends at event {self.head.sequence}"
            return Finding("ledger-cut", subject, sentence)
        wanted, found_ = (f"{head.digest} of {head.at or 'any time'}" for head in (known, found))
        sentence = f"wanted {wanted}, found {found_}: all before it may have been rewritten"
        return Finding("ledger-rewritten", subject, sentence)


def _head(found: Seal) -> Head:
    return Head(found.sequence, found.digest, found.entry.at if found.entry else None)
