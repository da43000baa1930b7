"""The policies that a ledger keeps, for judges of it: what was decided is judged by what was allowed then."""

from collections.abc import Iterable, Iterator

import msgspec

from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.canonical import decode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Entry
from ona_pipeline.records.finding import Finding, Severity


class KeptPolicies:
    """A judge that only remembers, told before those that ask it."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._read: dict[Digest, EnvironmentPolicy | None] = {}
        self._missed: dict[Digest, str] = {}

    def keeps(self, digest: Digest, content: bytes) -> None:
        """See `Judge.keeps`; of evidence, policies are those that no stage made."""
        if b'"stage":' not in content:
            self._kept[digest] = content

    def hears(self, entry: Entry, digest: Digest) -> Iterable[Finding]:
        """See `Judge.hears`."""
        del entry, digest
        return ()

    def rests(self) -> Iterator[Finding]:
        """See `Judge.rests`: what could not be judged, for the first event that it was about."""
        for name, subject in self._missed.items():
            sentence = f"what names it cannot be judged: this version cannot read {name}, or it was not kept"
            yield Finding("policy-not-kept", subject, sentence, severity=Severity.NOTE)

    def named(self, name: Digest, subject: str) -> EnvironmentPolicy | None:
        """The policy of that digest; None where it was not kept, or is of a newer version.

        Args:
            name: its digest.
            subject: which event names it, for `rests`.
        """
        if name not in self._read:
            self._read[name] = self._decoded(name)
        if self._read[name] is None:
            self._missed.setdefault(name, subject)
        return self._read[name]

    def _decoded(self, name: Digest) -> EnvironmentPolicy | None:
        try:
            return decode(self._kept.get(name, b""), EnvironmentPolicy)
        except msgspec.DecodeError:
            return None
