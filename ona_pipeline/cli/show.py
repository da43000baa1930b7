"""`ona show`: one release in full."""

from typing import TYPE_CHECKING

from ona_pipeline.cli import options, output
from ona_pipeline.cli.start import ledger

if TYPE_CHECKING:
    from ona_pipeline.records.actor import Actor
    from ona_pipeline.records.promotion import Promotion
    from ona_pipeline.records.release import Release

EXAMPLES = """Examples:

\b
  ona show digits-20261123-k7f3qa
  ona show digits-2026 --json | jq .evidence.validate.metrics
"""


def run(release: options.ReleaseId, json: options.Json = False) -> None:
    """Show one release: its gates, findings, digests and promotions."""
    from ona_pipeline import queries
    from ona_pipeline.cli.progress import summary

    shown = queries.show(ledger(), release)
    if json:
        output.json(shown)
        return
    _head(shown.release)
    for stage, evidence in shown.evidence.items():
        output.line(f"{stage:<10} {evidence.verdict:<13} {summary(evidence)}")
        for finding in evidence.findings:
            output.line(f"{'':<10} {finding.code}: {finding.subject}: {finding.sentence}")
    for promotion in shown.promotions:
        _promotion(promotion)


def _head(release: "Release") -> None:
    asked = release.requested
    output.line(f"{release.id}  {release.phase}")
    output.line(f"model      {asked.model} from {asked.origins.revision}, commit {asked.origins.commit}")
    output.line(f"requested  {release.at:%Y-%m-%d %H:%M:%S} UTC by {release.by.name}")
    if asked.note:
        output.line(f"note       {asked.note}")
    if release.error:
        output.line(f"error      {release.stage}: {release.error}")


def _promotion(promotion: "Promotion") -> None:
    output.line(f"{promotion.environment}  {promotion.phase}  {promotion.binding.image}")
    for said in promotion.endorsements:
        when, why = f"{said.at:%Y-%m-%d %H:%M:%S} UTC", f": {said.reason}" if said.reason else ""
        output.line(f"{'':<10} yes of {_whose(said.by, said.person)} at {when}{why}")
    if promotion.decided_by and promotion.decision:
        who = _whose(promotion.decided_by, promotion.decision.person)
        when = f"{promotion.decided_at:%Y-%m-%d %H:%M:%S} UTC"
        output.line(
            f"{'':<10} decided by {who} at {when}{', self-approved' if promotion.is_self_approved else ''}"
        )
    if promotion.reason:
        output.line(f"{'':<10} reason: {promotion.reason}")


def _whose(actor: "Actor", person: str) -> str:
    """The claim, and the person that the policy knew by it."""
    return f"{actor.name}, who is {person}," if person not in {"", actor.login} else actor.name
