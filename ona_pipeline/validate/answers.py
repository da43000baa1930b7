"""Answers read back from the sandbox: a hostile model may have written them, so nothing is believed."""

import os
import stat
import zipfile
from pathlib import Path
from typing import IO, Any

import msgspec

from ona_pipeline.records.finding import Finding

MAX_BYTES = 2**30
_KINDS = "biufU"
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
        arrays = _arrays(folder / "answers.npz")
        with _plain(folder / "model.json") as file:
            description = msgspec.json.decode(file.read(), type=_Description)
        extras = {name: arrays.pop(name) for name in _EXTRAS}
        return Answers(
            outputs=_with_rows(arrays, rows, len(description.classes)),
            classes=description.classes,
            single_differs=int(extras["single_differs"]),
            repeat_differs=int(extras["repeat_differs"]),
            seconds=float(_times(extras["seconds"]).sum()),
            single_seconds=_times(extras["single_seconds"]),
        )
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        zipfile.BadZipFile,
        msgspec.MsgspecError,
    ) as error:
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


def _arrays(path: Path) -> dict[str, Any]:
    with _plain(path) as file, zipfile.ZipFile(file) as archive:
        if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
        return {info.filename.removesuffix(".npy"): _array(archive, info) for info in archive.infolist()}


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Any:
    from numpy.lib import format as npy

    with archive.open(info) as member:
        if npy.read_magic(member) != (1, 0):
            raise ValueError(f"{info.filename} is in another version of the format")
        shape, _, dtype = npy.read_array_header_1_0(member)
        count = 1
        for length in shape:
            count *= length
        # A header may promise more than the file holds, and memory is taken by its word.
        if dtype.kind not in _KINDS or min((0, *shape)) < 0 or count * dtype.itemsize > info.file_size:
            raise ValueError(f"{info.filename} is no plain array")
    with archive.open(info) as member:
        return npy.read_array(member, allow_pickle=False)


def _plain(path: Path) -> IO[bytes]:
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
        file.close()
        raise ValueError(f"{path.name} is no plain file of at most {MAX_BYTES} bytes")
    return file
