"""Files of joblib: a pickle, plain or compressed, with the bytes of arrays between its operations.

An array's place is taken by a wrapper; where its state is set, one byte says how many bytes of padding
follow, and then come the elements. That byte is no operation of any pickle, so a reader that knows nothing of
wrappers stops there; files of joblib before 1.2 have no padding and are refused. Arrays of objects are a
pickle of their own.
"""

from ona_pipeline.verify.walk import states
from ona_pipeline.verify.walk.calls import NDARRAY
from ona_pipeline.verify.walk.dtypes import Dtype, elements
from ona_pipeline.verify.walk.interface import Content, MalformedError, joined
from ona_pipeline.verify.walk.pickles import Machine
from ona_pipeline.verify.walk.reader import Reader
from ona_pipeline.verify.walk.values import Dict, Made, Name, Tuple, Value

WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
_ALIGNMENT_BYTES = 16
_STATE = {"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"}


class Walk:
    """One file of joblib.

    Args:
        reader: at the first operation, unpacked.
        max_depth: how many values may lie in each other in each pickle.

    Attributes:
        machine: what follows the outer pickle.
        has_arrays: whether an array lies between the operations; without one it is a plain pickle.
    """

    def __init__(self, reader: Reader, max_depth: int) -> None:
        self._reader = reader
        self._max_depth = max_depth
        self._inner: list[Content] = []
        self.machine = Machine(reader, max_depth, self._built)
        self.has_arrays = False

    def run(self) -> Content:
        """Follow the file to its end.

        Raises:
            MalformedError: joblib has not written it, or something follows it.
        """
        content = joined([self.machine.run(), *self._inner])
        if not self._reader.is_at_end():
            raise MalformedError("trailing-bytes", "bytes after the end of the pickle")
        return Content(content.names - {WRAPPER}, content.calls)

    def _built(self, target: Value, state: Value) -> Value:
        if target != Made(WRAPPER):
            return states.built(target, state)
        self.has_arrays = True
        if self.machine.is_in_frame:
            raise MalformedError(
                "pickle-malformed", "an array inside a frame, where two readers see two things"
            )
        dtype, count = _described(state)
        if dtype.is_object:
            self._inner.append(Machine(self._reader, self._max_depth).run())
        else:
            self._padding()
            self._reader.skip(dtype.size_bytes * count)
        return Made(NDARRAY)

    def _padding(self) -> None:
        count = self._reader.take(1)[0]
        if count > _ALIGNMENT_BYTES or self._reader.take(count) != b"\xff" * count:
            raise MalformedError("joblib-malformed", "no padding before an array")


def _described(state: Value) -> tuple[Dtype, int]:
    """Element type and number of elements of the array that a wrapper stands for."""
    entries = state.entries if isinstance(state, Dict) and state.entries is not None else {}
    dtype, shape = entries.get("dtype"), entries.get("shape")
    if set(entries) != _STATE or not isinstance(dtype, Dtype) or not isinstance(shape, Tuple):
        raise MalformedError(
            "joblib-malformed", "an array without its description", wanted="joblib 1.2 or newer"
        )
    if entries["subclass"] != Name(NDARRAY) or entries["order"] not in ("C", "F"):
        raise MalformedError("joblib-malformed", "an array that is not one of NumPy's own")
    if entries["numpy_array_alignment_bytes"] != _ALIGNMENT_BYTES:
        raise MalformedError("joblib-malformed", "an array without padding", wanted="joblib 1.2 or newer")
    return dtype, elements(shape.items)
