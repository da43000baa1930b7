"""`ona withdraw`: takes a request back before it is acted on."""

from ona_pipeline.cli import options
from ona_pipeline.cli.decision import waiting
from ona_pipeline.cli.outcome import render
from ona_pipeline.cli.start import start

EXAMPLES = """Examples:

\b
  ona withdraw digits-20261123-k7f3qa --reason "wrong branch"
"""


def run(
    release: options.MaybeRelease = "",
    to: options.To = "",
    reason: options.Reason = "",
    json: options.Json = False,
) -> None:
    """Withdraw a request, or an approval that was not acted on."""
    from ona_pipeline.journey import Outcome

    ona = start()
    withdrawn = ona.promotions.withdraw(waiting(ona, release, to), reason=reason)
    render(Outcome(ona.find(withdrawn.release), (withdrawn,)), as_json=json)
