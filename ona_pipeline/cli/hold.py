"""`ona hold` and `ona unhold`: keep automation from an environment, and let it in again."""

from ona_pipeline.cli import options, output
from ona_pipeline.cli.start import start
from ona_pipeline.errors import UsageError

EXAMPLES = """Examples:

\b
  ona hold digits --env production --reason "audit this week"
  ona unhold digits --env production --reason "cause found and mended"
"""


def hold(model: options.Model, env: options.Environment, reason: options.Reason = "") -> None:
    """Hold an environment: no rollouts until a person lifts it."""
    _set(model, env, reason, held=True)


def unhold(model: options.Model, env: options.Environment, reason: options.Reason = "") -> None:
    """Lift the hold of an environment."""
    _set(model, env, reason, held=False)


def _set(model: str, env: str, reason: str, *, held: bool) -> None:
    if not reason:
        raise UsageError("this needs a reason", hint="--reason TEXT")
    ona = start()
    ona.promotions.set_hold(model, env, reason=reason, held=held)
    output.line(f"{model} in {env} is {'on hold' if held else 'no longer on hold'}")
