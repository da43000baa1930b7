"""The auditor's questions: is everything in the ledger still what was written, and may I have a copy?"""

from collections.abc import Iterator

import msgspec

from ona_pipeline.ledger import chain
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.ledger.transaction import SqlReading
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding


def audit(reading: SqlReading, *, known: chain.Head | None = None) -> chain.Audit:
    """Look at the whole chain, at each piece of evidence, and for what events name.

    Args:
        reading: of the ledger.
        known: an end of the chain that was noted earlier, elsewhere.
    """
    audited = chain.verify(reading.rows(), known=known)
    evidence = _evidence(reading, audited.evidence)
    return msgspec.structs.replace(audited, findings=(*audited.findings, *evidence))


def export(reading: Reading) -> Iterator[bytes]:
    """Every event as one line of canonical JSON."""
    for event in reading.events():
        yield encode(event) + b"\n"


def _evidence(reading: SqlReading, named: frozenset[Digest]) -> Iterator[Finding]:
    kept = set()
    for digest, content in reading.contents():
        kept.add(digest)
        if (found := Digest.of(content)) != digest:
            yield Finding("evidence-changed", f"evidence {digest}", f"its digest is now {found}")
    for digest in sorted(named - kept):
        yield Finding("evidence-missing", f"evidence {digest}", "an event names it, and it is not there")
