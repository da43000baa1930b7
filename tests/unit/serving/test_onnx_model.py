"""Graphs that people commit: what is taken, and what is refused with a sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from ona_pipeline.serving.errors import NotServableError
from ona_pipeline.serving.onnx_model import OnnxPredictor, load_onnx
from ona_pipeline.serving.release import Release, Signature, TensorSpec

PIXELS = (TensorSpec("pixels", "FP64", (-1, 2)),)
COLUMNS = (TensorSpec("b", "FP64", (-1,)), TensorSpec("a", "FP64", (-1,)))
DOUBLE, INT64, TEXT = TensorProto.DOUBLE, TensorProto.INT64, TensorProto.STRING


def graph(*nodes: Any, inputs: Any, outputs: Any, classes: str = "") -> onnx.ModelProto:
    given = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs]
    made = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in outputs]
    model = helper.make_model(
        helper.make_graph(nodes, "g", given, made),
        opset_imports=[helper.make_opsetid("", 21)],
        ir_version=10,
    )
    if classes:
        helper.set_model_props(model, {"classes": classes})
    return model


def classifier(label: int = INT64, classes: str = "") -> onnx.ModelProto:
    """The features are the probabilities, and their larger one is the label."""
    nodes = [
        helper.make_node("Identity", ["x"], ["output_probability"]),
        helper.make_node("ArgMax", ["x"], ["at"], axis=1, keepdims=0),
        helper.make_node("Cast", ["at"], ["output_label"], to=label),
    ]
    outputs = [("output_label", label, [None]), ("output_probability", DOUBLE, [None, 2])]
    return graph(*nodes, inputs=[("x", DOUBLE, [None, 2])], outputs=outputs, classes=classes)


Load = Callable[..., OnnxPredictor]


@pytest.fixture(name="load")
def _load(tmp_path: Path) -> Load:
    def load(model: onnx.ModelProto, inputs: tuple[TensorSpec, ...] = PIXELS) -> OnnxPredictor:
        onnx.save(model, tmp_path / "model.onnx")
        return load_onnx(tmp_path, Release("digits", "", Signature(inputs), form="onnx"))

    return load


def test_names_that_converters_give_become_those_of_the_server(load: Load) -> None:
    predictor = load(classifier())
    answer = predictor.predict({"pixels": np.array([[0.3, 0.7], [0.9, 0.1]])})
    assert (answer["label"].tolist(), predictor.main_output, predictor.classes) == ([1, 0], "label", [0, 1])
    assert answer["probabilities"].tolist() == [[0.3, 0.7], [0.9, 0.1]]


def test_the_classes_are_in_the_metadata(load: Load) -> None:
    assert load(classifier(classes='["cat", "dog"]')).classes == ["cat", "dog"]


def test_labels_of_text_need_classes(load: Load) -> None:
    with pytest.raises(
        NotServableError, match="wanted the classes as a JSON list 'classes' in the graph's meta"
    ):
        load(classifier(TEXT))


def test_one_number_for_each_row_is_a_value_without_a_second_dimension(load: Load) -> None:
    add = graph(
        helper.make_node("Neg", ["x"], ["variable"]),
        inputs=[("x", DOUBLE, [None, 1])],
        outputs=[("variable", DOUBLE, [None, 1])],
    )
    predictor = load(add, (TensorSpec("x", "FP64", (-1,)),))
    assert predictor.predict({"x": np.array([1.5, 2.0])})["value"].tolist() == [-1.5, -2.0]


def test_columns_are_stacked_for_a_graph_of_one_input_and_named_for_one_of_several(load: Load) -> None:
    rows = {"a": np.array([1.0]), "b": np.array([2.0])}
    one = helper.make_node("Identity", ["x"], ["value"])
    stacked = graph(one, inputs=[("x", DOUBLE, [None, 2])], outputs=[("value", DOUBLE, [None, 2])])
    assert load(stacked, COLUMNS).predict(rows)["value"].tolist() == [[2.0, 1.0]]
    both = [("a", DOUBLE, [None, 1]), ("b", DOUBLE, [None, 1])]
    less = helper.make_node("Sub", ["a", "b"], ["value"])
    named = graph(less, inputs=both, outputs=[("value", DOUBLE, [None, 1])])
    assert load(named, COLUMNS).predict(rows)["value"].tolist() == [-1.0]


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ([("x", TensorProto.FLOAT, [None, 2])], r"input x: wanted FP64, .*found tensor\(float\)"),
        ([("a", DOUBLE, [None, 1]), ("c", DOUBLE, [None, 1])], r"inputs: wanted \['a', 'b'\]"),
        ([("a", INT64, [None, 1]), ("b", DOUBLE, [None, 1])], "input a: wanted FP64"),
    ],
)
def test_a_graph_that_asks_otherwise_than_the_signature_is_refused(load: Load, inputs, sentence: str) -> None:
    casts = [helper.make_node("Cast", [name], [f"{name}-out"], to=DOUBLE) for name, *_ in inputs]
    outputs = [(f"{name}-out", DOUBLE, None) for name, *_ in inputs]
    with pytest.raises(NotServableError, match=sentence):
        load(graph(*casts, inputs=inputs, outputs=outputs), COLUMNS)


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    release = Release("digits", "", Signature(PIXELS), form="onnx")
    with pytest.raises(NotServableError, match=r"wanted one file \*.onnx, found 0"):
        load_onnx(tmp_path, release)
    (tmp_path / "model.onnx").write_bytes(b"\x08\x08damaged")
    with pytest.raises(NotServableError, match=r"model\.onnx: cannot be loaded: InvalidProtobuf"):
        load_onnx(tmp_path, release)


def test_maps_are_refused_with_a_hint(load: Load) -> None:
    pair = helper.make_node("SequenceConstruct", ["x"], ["output_probability"])
    model = graph(pair, inputs=[("x", DOUBLE, [None, 2])], outputs=[])
    model.graph.output.append(helper.make_tensor_sequence_value_info("output_probability", DOUBLE, [None, 2]))
    with pytest.raises(NotServableError, match=r"found seq\(tensor\(double\)\); convert with zipmap=False"):
        load(model)
