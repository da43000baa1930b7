"""The one door to Great Expectations: imported in the background, quiet, without a project of its own."""

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.records.quality import Unexpected
from ona_pipeline.validate import pages
from ona_pipeline.validate.deferred import deferred, uncollected

# Charts, and tests of distributions: a third of what its import costs, for a handful of its expectations.
_FOR_FEW = ("altair", "scipy.stats")
_EXAMPLES = 20
_SAID = 5
_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": _EXAMPLES}


class Unmet(msgspec.Struct, frozen=True):
    """One expectation that was not met.

    Attributes:
        kind: its type.
        subject: the column, or ``table``.
        wanted: its arguments, as text.
        found: what was observed, as text.
        unexpected: rows that are otherwise; 0 where it is about the table as a whole.
        examples: the first of them.
    """

    kind: str
    subject: str
    wanted: str
    found: str
    unexpected: int = 0
    examples: tuple[Unexpected, ...] = ()


def warm_up() -> None:
    """Import what judging needs, which takes seconds; meant for a thread while the sandbox starts."""
    # Must be set before the import, which reads it; nothing that is judged here may be reported to anybody.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    if "great_expectations" in sys.modules:
        return
    with warnings.catch_warnings(), uncollected(), deferred(*_FOR_FEW):
        # Third-party warnings about its own dependencies; nothing of ours can answer them.
        warnings.simplefilter("ignore")
        import great_expectations  # noqa: F401


def batch(frame: Any) -> Any:
    """A pandas DataFrame as something that expectations can be held against."""
    warm_up()
    import great_expectations as gx
    from great_expectations.data_context.types import base

    # Its own defaults would leave a folder for a documentation site behind.
    stores = base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    settings = base.DataContextConfig(store_backend_defaults=stores, analytics_enabled=False)
    context = gx.get_context(mode="ephemeral", project_config=settings)
    context.variables.progress_bars = base.ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("ona").add_dataframe_asset("table")
    return asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": frame})


def expectation(kind: str, arguments: dict[str, Any]) -> Any:
    """One expectation.

    Raises:
        ValueError: there is none of that type, or it does not take these arguments.
    """
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    try:
        return ExpectationConfiguration(type=kind, kwargs=arguments).to_domain_obj()
    except (GreatExpectationsError, ValueError, TypeError, LookupError) as error:
        raise ValueError(f"{kind}: {_line(error)}") from error


def hold(table: Any, wanted: list[Any], *, name: str, docs: Path | None = None) -> list[Unmet]:
    """What is not as wanted; judged together, so that what several expectations need is computed once.

    Args:
        table: of `batch`.
        wanted: of `expectation`.
        name: of the suite, for people.
        docs: the HTML file to show it in; None for none.

    Raises:
        ValueError: an expectation could not be judged, for example because the table lacks its column.
    """
    from great_expectations.core.expectation_suite import ExpectationSuite

    for each in wanted:
        _require_columns(each, list(table.data.dataframe.columns))
    outcome = table.validate(ExpectationSuite(name=name, expectations=wanted), result_format=_FORMAT)
    if docs:
        pages.write(outcome, docs)
    found = [_unmet(each.to_json_dict()) for each in outcome.results]
    return [each for each in found if each is not None]


def _require_columns(wanted: Any, columns: list[str]) -> None:
    named = [getattr(wanted, name, None) for name in ("column", "column_A", "column_B")]
    missing = [name for name in named if isinstance(name, str) and name not in columns]
    if missing:
        kind = wanted.expectation_type
        raise ValueError(f"{kind}: no column is called {missing[0]!r}; there are {', '.join(columns[:60])}")


def _unmet(outcome: dict[str, Any]) -> Unmet | None:
    kind, arguments = outcome["expectation_config"]["type"], outcome["expectation_config"]["kwargs"]
    arguments.pop("batch_id", None)
    exceptions = outcome.get("exception_info") or {}
    for info in [exceptions] if "raised_exception" in exceptions else exceptions.values():
        if info.get("raised_exception"):
            raise ValueError(f"{kind}: {_line(info.get('exception_message'))}")
    if outcome["success"]:
        return None
    subject = str(arguments.pop("column", "table"))
    bounds = ", ".join(f"{name} {value}" for name, value in arguments.items() if value is not None)
    result = outcome.get("result") or {}
    count = int(result.get("unexpected_count") or 0)
    return Unmet(kind, subject, bounds or "otherwise", _found(result), count, _examples(result))


def _examples(found: dict[str, Any]) -> tuple[Unexpected, ...]:
    rows = found.get("partial_unexpected_index_list") or []
    values = found.get("partial_unexpected_list") or []
    return tuple(Unexpected(str(row), str(value)) for row, value in zip(rows, values, strict=False))


def _found(found: dict[str, Any]) -> str:
    if found.get("unexpected_count") is not None:
        said = ", ".join(f"{each.value} in {each.row}" for each in _examples(found)[:_SAID])
        return f"{found['unexpected_count']} of {found['element_count']} rows otherwise, such as {said}"
    if found.get("partial_missing_list"):
        return f"none of {found['partial_missing_list']}"
    details = found.get("details")
    return f"{found.get('observed_value')}" + (f" ({details})" if details else "")


def _line(error: object) -> str:
    return " ".join(str(error).split())[:500]
