"""`ona status`: what is served where, and what waits for whom."""

from typing import TYPE_CHECKING, Annotated

import typer

from ona_pipeline.cli import options, output
from ona_pipeline.cli.start import ledger

if TYPE_CHECKING:
    from ona_pipeline.drift import LiveStatus
    from ona_pipeline.ledger.leases import Work
    from ona_pipeline.queries import Place, Status
    from ona_pipeline.records.promotion import Promotion

EXAMPLES = """Examples:

\b
  ona status
  ona status --json
  ona status --live     exit code 3: something is not as the ledger has it
"""


def run(
    live: Annotated[
        bool, typer.Option("--live", help="Compare with targets, image registry and MLflow.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Show what is served where, and what waits for whom."""
    from ona_pipeline import queries

    status = queries.status(ledger())
    if live:
        _run_live(status, as_json=json)
    elif json:
        output.json(status)
    else:
        _show(status)


def _run_live(status: "Status", *, as_json: bool) -> None:
    from ona_pipeline import project
    from ona_pipeline.errors import BackendError, RefusedError
    from ona_pipeline.ona import open_survey

    found = open_survey(project.here()).of(status)
    if as_json:
        output.json(found)
    else:
        _show(found)
        _show_drift(found)
    # Refused is not errored: something is otherwise, or that could not be found out.
    if found.drifts:
        raise typer.Exit(RefusedError.exit_code)
    if found.unknown:
        raise typer.Exit(BackendError.exit_code)


def _show_drift(found: "LiveStatus") -> None:
    for drift in found.drifts:
        output.line(f"{drift.code}: {drift.model} in {drift.environment}: {drift.sentence}; {drift.settle}")
    for part in found.unknown:
        output.line(f"unknown: {part.part} of {part.model} in {part.environment}: {part.reason}")
    if not found.drifts and not found.unknown:
        output.note("targets, image registry and MLflow are as the ledger has them")


def _show(status: "Status") -> None:
    rows = [(p.model, p.environment, p.serving or "nothing", _since(p), p.by, p.hold) for p in status.places]
    output.table(("model", "environment", "serving", "since", "by", "on hold"), rows)
    for promotion in status.waiting:
        output.line(
            f"{promotion.phase}: {promotion.release} --to {promotion.environment}, {_next(promotion, status)}"
        )
    for release in status.unfinished:
        error = f" ({release.error})" if release.error else ""
        goes_on = _goes_on(release.id, status.work(release.id))
        output.line(f"unfinished: {release.id} at {release.stage or 'the start'}{error}, {goes_on}")
    if not rows and not status.unfinished and not status.waiting:
        output.note("nothing was released yet; start with: ona release MODEL")


def _since(place: "Place") -> str:
    return f"{place.since:%Y-%m-%d %H:%M:%S}" if place.since else ""


def _next(promotion: "Promotion", status: "Status") -> str:
    from ona_pipeline.records.environment import place
    from ona_pipeline.records.promotion import PromotionPhase

    if promotion.phase is PromotionPhase.AWAITING:
        said = f", {promotion.said_yes}" if promotion.said_yes else ""
        return f"asked by {promotion.by.name}, until {promotion.expires}{said}"
    if promotion.is_in_line:
        return f"{promotion.reason}; ona resume {promotion.release} asks once it is its turn"
    work = status.work(place(promotion.model, promotion.environment)) or status.work(promotion.release)
    if promotion.has_undecided_canary and not (work and work.living):
        return _too_quiet(promotion)
    return f"{_goes_on(promotion.release, work)}{f' ({promotion.error})' if promotion.error else ''}"


def _too_quiet(promotion: "Promotion") -> str:
    model, where = promotion.model, f"--env {promotion.environment}"
    return (
        f"its canary serves, with too few requests to be judged: ona resume {promotion.release} looks on;"
        f" ona waive {model} --finding canary-undecided {where} --for 1d --reason TEXT, then ona resume, lets"
        f" the others follow; ona rollback {model} {where} --reason TEXT ends it"
    )


def _goes_on(release: str, work: "Work | None") -> str:
    """Who goes on with it: the process that is at work, or whoever says so."""
    if work is None:
        return f"ona resume {release}"
    return (
        f"{work.holder} is at work on it" if work.living else f"left by {work.holder}: ona resume {release}"
    )
