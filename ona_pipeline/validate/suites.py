"""Tables against Great Expectations suites, which are plain JSON beside the code that they judge."""

from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import SuiteOutcome
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.quality import UnmetExpectation
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.validate import expectations

Scalar = str | int | float | bool | None
# Great Expectations has pandas evaluate row conditions: code from a commit, in this process.
TABLES = ("data", "predictions", "metrics", "slices", "drift")
_FORBIDDEN = ("row_condition", "condition_parser", "unexpected_rows_query")


class _Expectation(msgspec.Struct, frozen=True):
    type: str
    kwargs: dict[str, Scalar | list[Scalar]] = {}


class _Suite(msgspec.Struct, frozen=True):
    name: str
    expectations: tuple[_Expectation, ...]


class Judged(msgspec.Struct, frozen=True):
    """What all suites said, and in detail what was not as expected."""

    outcomes: tuple[SuiteOutcome, ...] = ()
    findings: tuple[Finding, ...] = ()
    unmet: tuple[UnmetExpectation, ...] = ()


def named(snapshot: Snapshot) -> tuple[str, ...]:
    """The file names of all suites of a release."""
    declared = snapshot.declaration.validation
    return tuple(name for table in TABLES for name in getattr(declared, table))


def judge(snapshot: Snapshot, tables: dict[str, Any], *, docs: Path | None = None) -> Judged:
    """Hold each table against the suites that the release names for it.

    Args:
        snapshot: its declaration names the suites, its folder holds them.
        tables: name to pandas DataFrame; None for one that the release does not fill.
        docs: an existing folder for a page of Data Docs of each suite; None for none.
    """
    judged = Judged()
    for table, frame in tables.items():
        names = getattr(snapshot.declaration.validation, table)
        batch = expectations.batch(frame) if names and frame is not None else None
        for name in names:
            found = _hold(snapshot.suites, name, table, batch, docs) if batch else _unfilled(name, table)
            judged = Judged(*(old + new for old, new in zip(_parts(judged), _parts(found), strict=True)))
    return judged


def _parts(judged: Judged) -> tuple[tuple[Any, ...], ...]:
    return judged.outcomes, judged.findings, judged.unmet


def _hold(folder: Path, name: str, table: str, batch: Any, docs: Path | None) -> Judged:
    try:
        content = _content(folder, name)
        suite = _parse(content)
        wanted = [expectations.expectation(each.type, dict(each.kwargs)) for each in suite.expectations]
        page = docs / f"{table}-{Path(name).stem}.html" if docs else None
        held = expectations.hold(batch, wanted, name=f"{name}: {table}", docs=page)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        return Judged(findings=(_broken(name, table, error),))
    unmet = tuple(UnmetExpectation(suite=name, table=table, **msgspec.structs.asdict(each)) for each in held)
    return Judged(
        (SuiteOutcome(name, table, Digest.of(content), len(wanted), len(unmet)),),
        tuple(_finding(each) for each in unmet),
        unmet,
    )


def _unfilled(name: str, table: str) -> Judged:
    fill = {"slices": "data.slices", "drift": "data.training"}[table]
    error = ValueError(f"an empty table: release.toml declares no {fill}")
    return Judged(findings=(_broken(name, table, error),))


def _finding(unmet: UnmetExpectation) -> Finding:
    sentence = f"{unmet.table}, {unmet.kind}({unmet.subject}): wanted {unmet.wanted}; found {unmet.found}"
    return Finding("expectation-unmet", f"{unmet.suite}: {unmet.subject}", sentence)


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
