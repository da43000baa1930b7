"""Tables against Great Expectations suites, which are plain JSON beside the code that they judge."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import SuiteOutcome
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.validate import expectations

Scalar = str | int | float | bool | None
# Great Expectations has pandas evaluate row conditions: code from a commit, in this process.
_FORBIDDEN = ("row_condition", "condition_parser", "unexpected_rows_query")


class _Expectation(msgspec.Struct, frozen=True):
    type: str
    kwargs: dict[str, Scalar | list[Scalar]] = {}


class _Suite(msgspec.Struct, frozen=True):
    name: str
    expectations: tuple[_Expectation, ...]


class Judged(msgspec.Struct, frozen=True):
    """What all suites said."""

    outcomes: tuple[SuiteOutcome, ...]
    findings: tuple[Finding, ...]


def named(snapshot: Snapshot) -> tuple[str, ...]:
    """The file names of all suites of a release."""
    declared = snapshot.declaration.validation
    return (*declared.data, *declared.predictions, *declared.metrics)


def judge(snapshot: Snapshot, tables: dict[str, Any]) -> Judged:
    """Hold each table against the suites that the release names for it.

    Args:
        snapshot: its declaration names the suites, its folder holds them.
        tables: data, predictions and metrics, as pandas DataFrames.
    """
    outcomes: list[SuiteOutcome] = []
    findings: list[Finding] = []
    for table, frame in tables.items():
        names = getattr(snapshot.declaration.validation, table)
        batch = expectations.batch(frame) if names else None
        for name in names:
            found = list(_hold(snapshot.suites, name, table, batch))
            findings += [each for each in found if isinstance(each, Finding)]
            outcomes += [each for each in found if isinstance(each, SuiteOutcome)]
    return Judged(tuple(outcomes), tuple(findings))


def _hold(folder: Path, name: str, table: str, batch: Any) -> Iterator[Finding | SuiteOutcome]:
    try:
        content = _content(folder, name)
        suite = _parse(content)
        wanted = [expectations.expectation(each.type, dict(each.kwargs)) for each in suite.expectations]
        unmet = expectations.hold(batch, wanted)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        yield _broken(name, table, error)
        return
    yield SuiteOutcome(name, table, Digest.of(content), len(wanted), len(unmet))
    for found in unmet:
        sentence = f"{table}, {found.kind}({found.subject}): wanted {found.wanted}; found {found.found}"
        yield Finding("expectation-unmet", f"{name}: {found.subject}", sentence)


def _content(folder: Path, name: str) -> bytes:
    path = folder / name
    if folder.resolve() not in path.resolve().parents or not path.is_file():
        raise ValueError(f"no such file in validation/{folder.name}/")
    return path.read_bytes()


def _parse(content: bytes) -> _Suite:
    suite = msgspec.json.decode(content, type=_Suite)
    if not suite.expectations:
        raise ValueError("it expects nothing, so that everything would pass")
    for each in suite.expectations:
        forbidden = [name for name in _FORBIDDEN if each.kwargs.get(name)]
        if forbidden:
            raise ValueError(f"{each.type}: {forbidden[0]} is not allowed: it would be run as code")
    return suite


def _broken(name: str, table: str, error: Exception) -> Finding:
    return Finding(
        "suite-broken",
        name,
        f"{name}: wanted a suite that can judge the table of {table}, found: {error}",
        hint="mend the suite in validation/, or its name in release.toml",
    )
