"""The stage: quality of the form that will serve."""

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from ona_pipeline.records.evidence import PreparedModel, ValidationEvidence
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.interface import Sandbox
from ona_pipeline.validate.ahead import Ahead
from ona_pipeline.validate.champion import Champion
from ona_pipeline.validate.holding import hold
from ona_pipeline.validate.weighing import Judgement, weigh

_TOOLS = ("great_expectations", "numpy", "pandas", "scipy")


class ValidateInput(msgspec.Struct, frozen=True):
    """What the gate looks at.

    Attributes:
        snapshot: the model version as it was committed.
        prepared: its runtime and form; passed, so that both are there.
    """

    snapshot: Snapshot
    prepared: PreparedModel


def validate(
    request: ValidateInput,
    *,
    sandbox: Sandbox,
    clock: Callable[[], datetime],
    champion: Champion | None = None,
    ahead: Ahead | None = None,
    docs: Path | None = None,
) -> ValidationEvidence:
    """Judge how good the form that will serve is, on held-out rows.

    Args:
        request: the snapshot, and what was prepared of it.
        sandbox: where candidate and champion answer.
        clock: gives the time, UTC.
        champion: what the environment serves now; None for a first release, which has none.
        ahead: what the candidate may have answered already, in the run of `prepare`.
        docs: an existing folder for pages of Data Docs; None for none.

    Returns:
        Evidence for passed, inconclusive and refused alike.

    Raises:
        BackendError: the sandbox could not be made, or the server of the evaluation data does not answer.
        ValueError: `prepared` was refused, so that it has no runtime.
    """
    started_at = clock()
    held = hold(request.snapshot, request.prepared, sandbox=sandbox, champion=champion, ahead=ahead)
    judgement = held if isinstance(held, Judgement) else weigh(request.snapshot, held, champion, docs=docs)
    return ValidationEvidence(
        subject=request.prepared.subject,
        started_at=started_at,
        finished_at=clock(),
        tools={name: version(name) for name in _TOOLS},
        form_digest=request.prepared.form_digest,
        data=request.snapshot.declaration.data.digest,
        **msgspec.structs.asdict(judgement),
    )
