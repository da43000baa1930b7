"""Options that several commands share, each defined once."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the record as JSON.")]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="Name of the model: a folder of models/.")]
ReleaseId = Annotated[
    str, typer.Argument(metavar="RELEASE", help="Release id, or its unambiguous beginning.")
]
MaybeRelease = Annotated[
    str,
    typer.Argument(metavar="RELEASE", help="Release id; may be left out where just one is waiting."),
]
Environment = Annotated[str, typer.Option("--env", metavar="ENV", help="The environment.")]
To = Annotated[str, typer.Option("--to", metavar="ENV", help="The environment to go to.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the ledger.")]
Yes = Annotated[bool, typer.Option("--yes", help="Answer the question with yes; needs --reason.")]
