"""Answers that no metric may be computed from, or that are not what the model signature promises."""

from collections.abc import Iterator
from typing import Any

from ona_pipeline.records.evidence import Signature, TensorSpec
from ona_pipeline.records.finding import Finding
from ona_pipeline.validate.answers import Answers

# With these there is nothing to measure.
UNMEASURABLE = frozenset({"data-one-class", "not-finite", "not-probabilities"})
_KINDS = {"FP64": "f", "FP32": "f", "INT64": "iu", "INT32": "iu", "BOOL": "b", "BYTES": "U"}
_SUM_TOLERANCE = 1e-3


def judge(answers: Answers, signature: Signature, subject: str) -> Iterator[Finding]:
    """Findings for answers that are no numbers, no probabilities, not as promised, or not always the same.

    Args:
        answers: of the candidate.
        signature: as it was prepared.
        subject: what findings call the model.
    """
    yield from _not_finite(answers, subject)
    yield from _not_probabilities(answers, subject)
    yield from _unlike(answers, signature)
    for asked, rows in (("alone", answers.single_differs), ("again", answers.repeat_differs)):
        if rows:
            sentence = f"{subject}: wanted the same answer {asked}, found another in {rows} rows"
            yield Finding("batch-differs", subject, sentence)


def _not_finite(answers: Answers, subject: str) -> Iterator[Finding]:
    import numpy as np

    for name, array in answers.outputs.items():
        wrong = int((~np.isfinite(array)).sum()) if array.dtype.kind == "f" else 0
        if wrong:
            sentence = f"{subject}: output {name}: wanted finite numbers, found {wrong} that are not"
            yield Finding("not-finite", subject, sentence)


def _not_probabilities(answers: Answers, subject: str) -> Iterator[Finding]:
    if (given := answers.outputs.get("probabilities")) is None:
        return
    is_wrong = (given < 0).any(axis=1) | (abs(given.sum(axis=1) - 1) > _SUM_TOLERANCE)
    if is_wrong.any():
        wanted = f"{subject}: output probabilities: wanted at least 0, adding up to 1 in each row"
        found = f"found otherwise in {int(is_wrong.sum())} rows, first in row {int(is_wrong.argmax())}"
        yield Finding("not-probabilities", subject, f"{wanted}, {found}")


def _unlike(answers: Answers, signature: Signature) -> Iterator[Finding]:
    """An output without a name of its own is the main one, as the server has it."""
    for number, spec in enumerate(signature.outputs):
        is_unnamed = spec.name == f"output-{number}" and len(signature.outputs) == 1
        array = answers.main if is_unnamed else answers.outputs.get(spec.name)
        if array is None:
            found = f"found {', '.join(answers.outputs)}"
        elif array.dtype.kind not in _KINDS[spec.datatype] or not _has_shape(array, spec):
            found = f"found elements of {array.dtype} in shape {array.shape}"
        else:
            continue
        wanted = f"wanted {spec.datatype} of shape {list(spec.shape)}, as the model signature says"
        yield Finding("output-unlike-signature", spec.name, f"output {spec.name}: {wanted}, {found}")


def _has_shape(array: Any, spec: TensorSpec) -> bool:
    """Whether rows have the declared shape; a table column is declared without the dimension of one."""
    wanted, found = spec.shape[1:], array.shape[1:]
    return found in {wanted, (*wanted, 1)} or (
        len(wanted) == len(found) and all(w in (-1, f) for w, f in zip(wanted, found, strict=True))
    )
