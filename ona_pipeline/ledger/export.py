"""A ledger as JSON Lines that any program can verify, written and read.

The form is described, for those programs, in docs/ledger-format.md.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.ledger.chain import NOTHING, Seal, opened_text
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.records.canonical import decode, encode
from ona_pipeline.records.finding import Finding

FORMAT = "ona-ledger"
VERSION = 1


class End(msgspec.Struct, frozen=True):
    """What the last line says of all before it.

    Attributes:
        digest: of the last event; of nothing, where there is none.
        events: their number.
        evidence: the number of its pieces.
    """

    digest: str
    events: int
    evidence: int


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line; which fields it has says what it is.

    Attributes:
        format: with `version`, the first line.
        version: of the form.
        digest: of what the line keeps.
        event: the exact text that was sealed.
        evidence: the exact text of a piece of evidence.
        base64: the same, where its bytes are not UTF-8.
        end: the last line.
    """

    format: str | None = None
    version: int | None = None
    digest: str | None = None
    event: str | None = None
    evidence: str | None = None
    base64: str | None = None
    end: End | None = None


def lines(reading: Reading) -> Iterator[bytes]:
    """Everything in a ledger as it is kept, in whatever state; who reads it verifies it."""
    last, events, pieces = str(NOTHING), 0, 0
    yield _first()
    for row in reading.rows():
        last, events = row.digest, events + 1
        yield _text(Line(digest=row.digest, event=row.body))
    for digest, content in reading.contents():
        pieces += 1
        yield _text(_evidence(digest, content))
    yield _text(Line(end=End(last, events, pieces)))


class Exported:
    """An export that was read.

    Args:
        path: of the file.

    Raises:
        UsageError: there is no such file, or it is not an export.
        BackendError: a newer version of ona wrote it.

    Attributes:
        findings: what is wrong with the lines themselves; empty where nothing is.
    """

    def __init__(self, path: Path) -> None:
        found = _read(path).split(b"\n")
        _must_be_known(found[0], path)
        self.findings: list[Finding] = []
        self._events: list[tuple[int, str, str]] = []
        self._contents: list[tuple[str, bytes]] = []
        self._end: End | None = None
        for number, text in enumerate(found[1:-1], start=2):
            self._take(number, text)
        self._must_be_whole(found[-1])

    def seals(self) -> Iterator[Seal]:
        """Every event, opened."""
        return (opened_text(*event) for event in self._events)

    def contents(self) -> Iterable[tuple[str, bytes]]:
        """All evidence, with the digest that it is kept under."""
        return self._contents

    def _take(self, number: int, text: bytes) -> None:
        try:
            line = decode(text, Line)
            content = None if line.base64 is None else b64decode(line.base64, validate=True)
        except (msgspec.DecodeError, ValueError) as error:
            self._find("line-unreadable", number, f"wanted a line of an export, found {error}")
            return
        if encode(line) != text or self._end:
            self._find("line-changed", number, "it is not as it was written, or stands after the end")
        if line.event is not None and line.digest is not None:
            self._events.append((len(self._events) + 1, line.event, line.digest))
        elif line.digest is not None and (content is not None or line.evidence is not None):
            self._contents.append((line.digest, content or (line.evidence or "").encode()))
        elif line.end:
            self._end = line.end
        else:
            self._find(
                "line-unreadable", number, "wanted an event, evidence or the end, found something else"
            )

    def _must_be_whole(self, rest: bytes) -> None:
        last = self._events[-1][2] if self._events else str(NOTHING)
        found = End(last, len(self._events), len(self._contents))
        if self._end is None or rest:
            self.findings.append(
                Finding("export-cut", "the last line", "wanted the end, and it is not there")
            )
        elif found != self._end:
            sentence = f"wanted {encode(self._end).decode()}, found {encode(found).decode()}"
            self.findings.append(Finding("export-cut", "the last line", sentence))

    def _find(self, code: str, number: int, sentence: str) -> None:
        self.findings.append(Finding(code, f"line {number}", sentence))


def _first() -> bytes:
    return _text(Line(format=FORMAT, version=VERSION))


def _evidence(digest: str, content: bytes) -> Line:
    try:
        return Line(digest=digest, evidence=content.decode())
    except UnicodeDecodeError:
        return Line(digest=digest, base64=b64encode(content).decode())


def _text(line: Line) -> bytes:
    return encode(line) + b"\n"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="ona ledger export --out FILE"
        ) from error


def _must_be_known(text: bytes, path: Path) -> None:
    try:
        line = decode(text, Line)
    except (msgspec.DecodeError, ValueError):
        line = Line()
    if line.format != FORMAT or line.version is None:
        raise UsageError(
            f"{path} is not an export of a ledger: wanted {_first().decode().strip()} as its first line",
            hint="ona ledger export --out FILE writes one",
        )
    if line.version != VERSION:
        raise BackendError(
            f"{path} was written by a newer version of ona: its form is {line.version}, known is {VERSION}",
            hint="install that version, or a later one",
        )
