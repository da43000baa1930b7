"""`release.json`: what the releaser says about the model in this image. The model itself has no say in it."""

from pathlib import Path
from typing import Any, Literal

import msgspec

from .errors import NotServableError

Datatype = Literal["BOOL", "INT32", "INT64", "FP32", "FP64", "BYTES"]
UNKNOWN = "unknown"


class TensorSpec(msgspec.Struct, frozen=True):
    """One input or output of the model.

    Attributes:
        name: as in the model signature.
        datatype: the protocol's name of the element type.
        shape: rows first; -1 is any number. `[-1]` is a column of a table, `[-1, 64]` a tensor of rows.
    """

    name: str
    datatype: Datatype
    shape: tuple[int, ...]


class Signature(msgspec.Struct, frozen=True):
    """Inputs and outputs, with an `outputs` that may be empty: the server reads them off the first answer.

    Attributes:
        inputs: what the model is asked with.
        outputs: what the model signature says of answers; kept for readers, not used.
        layout: whether the model takes one array or a table; empty: a single input of two or more
            dimensions is an array, all else a table.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...] = ()
    layout: Literal["", "tensor", "columns"] = ""

    @property
    def is_table(self) -> bool:
        """Whether the model takes a table with named columns."""
        if self.layout:
            return self.layout == "columns"
        return len(self.inputs) != 1 or len(self.inputs[0].shape) < 2  # noqa: PLR2004  rows and columns


class Question(msgspec.Struct, frozen=True):
    """The known question.

    Attributes:
        inputs: inputs of an Open Inference Protocol v2 request, as they stand.
        answer: output name to the flat list of values that is right; other outputs are not compared.
        tolerance: largest absolute difference of a number that still counts as the same.
    """

    inputs: msgspec.Raw
    answer: dict[str, list[Any]]
    tolerance: float = 1e-6


class Release(msgspec.Struct, frozen=True):
    """The content of `release.json`. Unknown keys are for other readers and pass.

    Attributes:
        release: release id.
        model: model name, as in `/v2/models/<name>`.
        revision: what the model was read at; the model version in the protocol.
        model_digest: digest of the model manifest, by which the version is known everywhere.
        form: how the model is stored that serves; `skops` or `onnx`.
        form_digest: digest of the manifest of that form's files; empty: of the model's own.
        trusted_types: full names of types that the releaser's policy allows beyond what skops trusts itself.
        signature: inputs and outputs.
        question: the known question; needed to become ready, not to answer a batch.
    """

    model: str
    model_digest: str
    signature: Signature
    release: str = UNKNOWN
    revision: str = UNKNOWN
    form: str = "skops"
    form_digest: str = ""
    trusted_types: tuple[str, ...] = ()
    question: Question | None = None


class Identity(msgspec.Struct, frozen=True):
    """Who answers: release id and model digest, or `unknown` where `release.json` cannot be read."""

    release: str = UNKNOWN
    model_digest: str = UNKNOWN
    model: str = UNKNOWN


def read_release(path: Path) -> Release:
    """Read `release.json`.

    Raises:
        NotServableError: it is missing, or a field has another type than wanted.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Release)
    except OSError as error:
        raise NotServableError(f"{path.name}: cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise NotServableError(f"{path.name}: {error}") from error
