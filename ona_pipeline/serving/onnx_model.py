"""A model as an ONNX graph, answered by ONNX Runtime: no scikit-learn, pandas or SciPy is imported.

The form that `prepare` makes of a scikit-learn model has the names that this server uses. A graph that was
committed by hand may have those that converters give: `output_label`, `output_probability`, `variable`.
The classes, in the order of the probabilities, are in the graph's metadata as a JSON list `classes`; without
it they are 0, 1, 2, …, which a label of numbers allows and one of text does not.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from .errors import NotServableError
from .model import Arrays
from .release import Release, TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "model.onnx"
CLASSES = "classes"
_DATATYPES = {
    "tensor(bool)": "BOOL",
    "tensor(int32)": "INT32",
    "tensor(int64)": "INT64",
    "tensor(float)": "FP32",
    "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}
_NAMES = {"output_label": "label", "output_probability": "probabilities", "variable": "value"}


class OnnxPredictor:
    """A graph, which answers as `SklearnPredictor` does: `label` and `probabilities`, or `value`.

    Numbers that are not whole are answered in double precision, as scikit-learn does.
    """

    estimator: Any = None
    saved_with = ""

    def __init__(self, session: Any, release: Release) -> None:
        self._session = session
        self.inputs = release.signature.inputs
        self._graph_inputs = _graph_inputs(session, self.inputs)
        self._graph_outputs = [output.name for output in session.get_outputs()]
        self._outputs = _outputs(session)
        self.main_output = "label" if "label" in self._outputs else "value"
        self.classes: Sequence[Any] = _classes(session, self._outputs)

    def predict(self, arrays: Arrays) -> dict[str, "NDArray[Any]"]:
        """Answer all rows in one run of the graph."""
        answers = self._session.run(self._graph_outputs, self._feeds(arrays))
        return {name: _as_answer(array) for name, array in zip(self._outputs, answers, strict=True)}

    def _feeds(self, arrays: Arrays) -> dict[str, "NDArray[Any]"]:
        if len(self._graph_inputs) == len(self.inputs):
            return {
                graph.name: arrays[spec.name].reshape(-1, 1) if len(spec.shape) == 1 else arrays[spec.name]
                for graph, spec in zip(self._graph_inputs, self.inputs, strict=True)
            }
        import numpy as np

        return {self._graph_inputs[0].name: np.column_stack([arrays[spec.name] for spec in self.inputs])}


def load_onnx(directory: Path, release: Release) -> OnnxPredictor:
    """Load the graph in the folder of a model.

    One thread answers one request: requests are answered beside each other already.

    Raises:
        NotServableError: there is no graph, ONNX Runtime does not take it, or it asks or answers otherwise
            than the signature says.
    """
    import onnxruntime

    found = sorted(directory.rglob("*.onnx"))
    if len(found) != 1:
        raise NotServableError(f"model: wanted one file *.onnx, found {len(found)}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep the memory of the largest request for ever
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(found[0], options, providers=["CPUExecutionProvider"])
    except Exception as error:  # what is in the file decides what is raised
        sentence = f"model/{found[0].name}: cannot be loaded: {type(error).__name__}: {error}"
        raise NotServableError(sentence) from error
    return OnnxPredictor(session, release)


def _graph_inputs(session: Any, specs: tuple[TensorSpec, ...]) -> list[Any]:
    """The graph's inputs in the order of the signature's; one that takes all columns at once stands alone."""
    given = {each.name: each for each in session.get_inputs()}
    if len(given) == 1:
        (only,) = given.values()
        wanted = {spec.datatype for spec in specs}
        if wanted != {_DATATYPES.get(only.type)}:
            raise NotServableError(
                f"input {only.name}: wanted {' and '.join(sorted(wanted))}, as the model signature says, "
                f"found {only.type}"
            )
        return [only]
    if given.keys() != {spec.name for spec in specs}:
        wanted_names = sorted(spec.name for spec in specs)
        raise NotServableError(
            f"inputs: wanted {wanted_names}, as the model signature says, found {sorted(given)}"
        )
    for spec in specs:
        if _DATATYPES.get(given[spec.name].type) != spec.datatype:
            sentence = f"input {spec.name}: wanted {spec.datatype}, found {given[spec.name].type}"
            raise NotServableError(sentence)
    return [given[spec.name] for spec in specs]


def _outputs(session: Any) -> list[str]:
    outputs = session.get_outputs()
    for output in outputs:
        if output.type not in _DATATYPES:
            raise NotServableError(
                f"output {output.name}: wanted a tensor, found {output.type}; convert with zipmap=False"
            )
    names = [_NAMES.get(output.name, output.name) for output in outputs]
    return ["value"] if len(names) == 1 and names != ["label"] else names


def _classes(session: Any, outputs: list[str]) -> list[Any]:
    if "probabilities" not in outputs:
        return []
    given = session.get_modelmeta().custom_metadata_map.get(CLASSES)
    if given is not None:
        return list(msgspec.json.decode(given, type=list[Any]))
    label, probabilities = (session.get_outputs()[outputs.index(name)] for name in ("label", "probabilities"))
    count = probabilities.shape[-1]
    if label.type == "tensor(string)" or not isinstance(count, int):
        raise NotServableError(
            f"model: wanted the classes as a JSON list {CLASSES!r} in the graph's metadata, found none"
        )
    return list(range(count))


def _as_answer(array: "NDArray[Any]") -> "NDArray[Any]":
    """Without a second dimension of one, which converters give a single value of each row."""
    if array.ndim == 2 and array.shape[1] == 1:  # noqa: PLR2004  rows and columns
        array = array[:, 0]
    return array.astype("float64") if array.dtype.kind == "f" else array
