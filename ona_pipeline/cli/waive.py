"""`ona waive` and `ona unwaive`: a finding that is known and taken for granted, for a while."""

from typing import Annotated

import typer

from ona_pipeline.cli import options, output
from ona_pipeline.cli.start import start

EXAMPLES = """Examples:

\b
  ona waive digits --finding worse-than-champion --env production --for 7d --reason "new labels"
  ona waive digits --finding frozen --env production --for 2h --reason "mends an outage"
  ona unwaive digits --finding frozen --env production --reason "no longer needed"
"""

Finding = Annotated[
    str, typer.Option("--finding", metavar="CODE", help="The finding's code, as ona show prints it.")
]
Subject = Annotated[
    str, typer.Option("--subject", metavar="TEXT", help="Only of this subject; default: of every one.")
]


def waive(
    model: options.Model,
    finding: Finding,
    env: options.Environment,
    lasts: Annotated[str, typer.Option("--for", metavar="TIME", help="How long, such as 2h or 7d.")],
    reason: options.Reason = "",
    subject: Subject = "",
    json: options.Json = False,
) -> None:
    """Waive a finding, so that a person may decide about it."""
    from ona_pipeline.waivers import Waivable

    wanted = Waivable(model=model, environment=env, finding=finding, about=subject)
    waiver = start().waivers.waive(wanted, reason=reason, lasts=lasts)
    if json:
        output.json(waiver)
        return
    output.line(f"{waiver.name} is waived for {model} in {env} until {waiver.expires}")


def unwaive(
    model: options.Model,
    finding: Finding,
    env: options.Environment,
    reason: options.Reason = "",
    subject: Subject = "",
    json: options.Json = False,
) -> None:
    """Revoke waivers of a finding before they expire."""
    from ona_pipeline.waivers import Waivable

    wanted = Waivable(model=model, environment=env, finding=finding, about=subject)
    revoked = start().waivers.revoke(wanted, reason=reason)
    if json:
        output.json(revoked)
        return
    for waiver in revoked:
        output.line(f"{waiver.name} is no longer waived for {model} in {env}")
