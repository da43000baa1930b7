"""What git's post-receive hook sets off: a release of each model that a push changed."""

from ona_pipeline.cli import output
from ona_pipeline.cli.outcome import render
from ona_pipeline.cli.start import start
from ona_pipeline.errors import OnaError


def release_pushed(lines: list[str]) -> None:
    """Release each model that the pushed commits change on the protected branch.

    Policy is read at the branch as it was before the push, so that no commit widens what judges it.

    Args:
        lines: of git's standard input to the hook: old commit, new commit, ref.

    Raises:
        OnaError: the worst of what was refused or failed, after every model had its turn.
    """
    from ona_pipeline.pipeline import ReleaseRequest

    ona = start(via="hook")
    failures: list[OnaError] = []
    for trusted, commit, model in ona.pushed(lines):
        output.note(f"ona: {model} at {commit[:12]}, judged by the policy at {trusted[:12]}")
        request = ReleaseRequest(model=model, revision=commit, upto=ona.last_environment(trusted))
        try:
            outcome = ona.journey.begin(request, trusted=trusted)
        except OnaError as error:
            output.note(f"ona: {error.message}")
            failures.append(error)
        else:
            render(outcome, as_json=False)
    if failures:
        raise max(failures, key=lambda error: error.exit_code)
