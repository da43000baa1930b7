"""Can the suites fail? The release judged as it is, and again with the answers of bad candidates."""

from collections.abc import Iterator

import msgspec

from ona_pipeline.records.finding import Verdict, verdict_of
from ona_pipeline.records.quality import Proof
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.sandbox.interface import Sandbox
from ona_pipeline.validate import bad
from ona_pipeline.validate.holding import hold
from ona_pipeline.validate.validate import ValidateInput
from ona_pipeline.validate.weighing import Judgement, Round, weigh

ITSELF = "the model itself"
_MOST = 3


def prove(request: ValidateInput, *, sandbox: Sandbox) -> tuple[Proof, ...]:
    """What the suites say of the model itself, and of each bad candidate.

    The champion has no part in it: a first release has none, and the suites stand alone.

    Args:
        request: the snapshot, and what was prepared of it.
        sandbox: where the model answers, once.

    Raises:
        BackendError: the sandbox could not be made, or the server of the data does not answer.
    """
    held = hold(request.snapshot, request.prepared, sandbox=sandbox)
    if isinstance(held, Judgement):
        return (Proof(ITSELF, Verdict.REFUSED, held.findings),)
    return tuple(_proofs(request.snapshot, held))


def _proofs(snapshot: Snapshot, held: Round) -> Iterator[Proof]:
    yield _proof(ITSELF, snapshot, held)
    about_answers = _without_data_suites(snapshot)
    for name, answers in bad.candidates(held.candidate, held.evaluation.truth):
        # Noise leaves a bad candidate as it is: it must be refused for what it answers.
        moved = None if held.moved is None else answers.at(held.moved_rows)
        yield _proof(name, about_answers, msgspec.structs.replace(held, candidate=answers, moved=moved))


def _proof(name: str, snapshot: Snapshot, held: Round) -> Proof:
    findings = weigh(snapshot, held, None).findings
    return Proof(name, verdict_of(findings), findings[:_MOST])


def _without_data_suites(snapshot: Snapshot) -> Snapshot:
    """The rows are the same for every candidate, and say nothing against any of them."""
    declared = snapshot.declaration
    suites = msgspec.structs.replace(declared.validation, data=(), drift=())
    data = msgspec.structs.replace(declared.data, training=None)
    changed = msgspec.structs.replace(declared, validation=suites, data=data)
    return msgspec.structs.replace(snapshot, declaration=changed)
