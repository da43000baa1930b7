"""Answers read back from the sandbox: a hostile model may have written them, so nothing is believed."""

from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.records.finding import Finding
from ona_pipeline.sandbox.left import UNREADABLE, read_arrays, read_json

MAX_BYTES = 2**30
_MOST_SAID_BYTES = 64 * 2**20  # of which classes are most
_EXTRAS = ("seconds", "single_seconds", "single_differs", "repeat_differs")


class Answers(msgspec.Struct, frozen=True):
    """What a model answered.

    Attributes:
        outputs: one array for each output, rows first.
        classes: the labels in the order of the probabilities; empty for regression.
        single_differs: rows that are answered otherwise alone than among others.
        repeat_differs: rows that are answered otherwise the second time.
        seconds: for all rows in one batch; of a part, its share.
        single_seconds: for each of the first rows, asked alone; shape (m,).
    """

    outputs: dict[str, Any]
    classes: tuple[Any, ...]
    single_differs: int
    repeat_differs: int
    seconds: float
    single_seconds: Any

    @property
    def main(self) -> Any:
        """The output that is compared with the truth: labels, or values."""
        return self.outputs["label" if "label" in self.outputs else "value"]

    def at(self, rows: Any) -> "Answers":
        """The answers to some of the rows: a mask, indices or a slice."""
        some = {name: array[rows] for name, array in self.outputs.items()}
        share = len(next(iter(some.values()))) / len(self.main)
        return msgspec.structs.replace(self, outputs=some, seconds=self.seconds * share)


class _Description(msgspec.Struct, frozen=True):
    classes: tuple[int | float | str | bool, ...] = ()


def read(folder: Path, subject: str, *, rows: int) -> Answers | Finding:
    """The answers in `folder`, or why they are none.

    Args:
        folder: what the sandbox could write to.
        subject: what a finding calls the model.
        rows: how many there must be.
    """
    try:
        arrays = read_arrays(folder / "answers.npz", MAX_BYTES)
        description = read_json(folder / "model.json", _MOST_SAID_BYTES, _Description)
        extras = {name: arrays.pop(name) for name in _EXTRAS}
        return Answers(
            outputs=_with_rows(arrays, rows, len(description.classes)),
            classes=description.classes,
            single_differs=int(extras["single_differs"]),
            repeat_differs=int(extras["repeat_differs"]),
            seconds=float(_times(extras["seconds"]).sum()),
            single_seconds=_times(extras["single_seconds"]),
        )
    except (*UNREADABLE, KeyError, TypeError) as error:
        what = f"wanted one answer for each of {rows} rows, found {type(error).__name__}: {error}"
        return Finding("answers-malformed", subject, f"{subject}: {what}")


def _with_rows(outputs: dict[str, Any], rows: int, classes: int) -> dict[str, Any]:
    if not outputs.keys() & {"label", "value"}:
        raise ValueError("neither label nor value")
    for name, array in outputs.items():
        if array.shape[:1] != (rows,):
            raise ValueError(f"{name} of shape {array.shape}")
    if "probabilities" in outputs and outputs["probabilities"].shape != (rows, classes):
        raise ValueError(f"probabilities of shape {outputs['probabilities'].shape} for {classes} classes")
    return outputs


def _times(array: Any) -> Any:
    """Seconds as a flat array of finite numbers, at least one and none below zero."""
    import numpy as np

    times = array.astype(float).reshape(-1)
    if not len(times) or not (np.isfinite(times) & (times >= 0)).all():
        raise ValueError("times that are none")
    return times
