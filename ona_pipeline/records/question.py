"""The known question: one request whose right answer was written down beside the model."""

import math
from typing import Any, Literal

import msgspec

Datatype = Literal["BOOL", "INT32", "INT64", "FP32", "FP64", "BYTES"]


class Tensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One named input, in the form of the Open Inference Protocol v2.

    Attributes:
        name: the input's name in the model signature.
        shape: number of rows first; for example (1, 64).
        datatype: the protocol's name of the element type.
        data: the elements, row by row, flat.
    """

    name: str
    shape: tuple[int, ...]
    datatype: Datatype
    data: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"wanted a shape of whole numbers from 1 on, found {list(self.shape)}")


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request and the answer that every healthy instance of the model gives to it.

    Attributes:
        inputs: what is asked.
        answer: output name to the flat list of values expected; outputs not named here are not compared.
        tolerance: largest absolute difference of a number that still counts as the same answer.
    """

    inputs: tuple[Tensor, ...]
    answer: dict[str, tuple[Any, ...]]
    tolerance: float = 1e-6

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < math.inf:
            raise ValueError(f"wanted a tolerance of at least 0 that is finite, found {self.tolerance}")

    def differences(self, answer: dict[str, list[Any]]) -> list[str]:
        """What `answer` has otherwise than expected, one sentence each; empty where it is right."""
        found: list[str] = []
        for name, wanted in self.answer.items():
            if name not in answer:
                found.append(f"{name}: wanted {list(wanted)}, found no such output")
            elif not self._same(wanted, answer[name]):
                found.append(f"{name}: wanted {list(wanted)}, found {answer[name]}")
        return found

    def _same(self, wanted: tuple[Any, ...], found: list[Any]) -> bool:
        return len(wanted) == len(found) and all(map(self._alike, wanted, found))

    def _alike(self, wanted: Any, found: Any) -> bool:
        if _is_number(wanted) and _is_number(found):
            return bool(abs(wanted - found) <= self.tolerance)
        return type(wanted) is type(found) and bool(wanted == found)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
