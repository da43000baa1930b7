"""`ona adopt`: take over a Deployment that is there already, without making a pod anew."""

from ona_pipeline.cli import options, output
from ona_pipeline.cli.start import start

EXAMPLES = """Examples:

\b
  ona adopt digits --env production     the Deployment that [tool.ona.targets.production] names

Only the image of one container, ona's annotations and minReadySeconds are ona's afterwards.
"""


def run(model: options.Model, env: options.Environment, json: options.Json = False) -> None:
    """Take over a Deployment that is there; no pod is made anew."""
    from ona_pipeline.rollout.adopted import LET_GO

    found = start().adopting.adopt(model, env)
    if json:
        output.json(found)
        return
    said = "adopted" if found.changed else "adopted before, and left as it is"
    output.line(f"{said}: {found.target}, container {found.container}, which runs {found.image}")
    if found.held_by:
        output.note(
            f"{', '.join(found.held_by)} sets that image too, and a rollout is refused until then: {LET_GO}"
        )
