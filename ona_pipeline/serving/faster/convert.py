"""From an estimator to an ONNX graph, through skl2onnx."""

import json
from typing import Any

from ..model import SklearnPredictor
from ..onnx_model import CLASSES
from ..release import TensorSpec
from . import forests

# Operators that every ONNX Runtime since 1.20 has.
_OPSETS = {"": 21, "ai.onnx.ml": 3}
# Their `predict` rounds features to single precision before it compares them with a threshold.
_ROUND_FEATURES = frozenset(
    {
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "ExtraTreeClassifier",
        "ExtraTreeRegressor",
        "ExtraTreesClassifier",
        "ExtraTreesRegressor",
        "GradientBoostingClassifier",
        "GradientBoostingRegressor",
        "RandomForestClassifier",
        "RandomForestRegressor",
    }
)


def convert(predictor: SklearnPredictor) -> bytes:
    """The graph, as the bytes of an ONNX file, with the classes in its metadata.

    Raises:
        Exception: whatever the converter raises for what it does not know; no list would be complete.
    """
    from skl2onnx import convert_sklearn

    forests.register()
    graph = convert_sklearn(
        _rounding(predictor.estimator),
        initial_types=[(spec.name, _type(spec)) for spec in predictor.inputs],
        options={"zipmap": False} if predictor.main_output == "label" else None,
        target_opset=_OPSETS,
    )
    if predictor.classes:
        entry = graph.metadata_props.add()
        entry.key, entry.value = CLASSES, json.dumps(predictor.classes)
    content: bytes = graph.SerializeToString()
    return content


def _rounding(estimator: Any) -> Any:
    """The estimator with a cast before trees at its end.

    A scaler computes in double precision, and trees round what it gives: a graph that is all single
    precision, or all double, takes another branch for a value beside a threshold.
    """
    from skl2onnx.sklapi import CastTransformer
    from sklearn.pipeline import Pipeline

    steps = list(estimator.steps) if isinstance(estimator, Pipeline) else [("model", estimator)]
    if type(steps[-1][1]).__name__ not in _ROUND_FEATURES:
        return estimator
    return Pipeline([*steps[:-1], ("round", CastTransformer()), steps[-1]])


def _type(spec: TensorSpec) -> Any:
    from skl2onnx.common import data_types

    kinds = {
        "BOOL": data_types.BooleanTensorType,
        "INT32": data_types.Int32TensorType,
        "INT64": data_types.Int64TensorType,
        "FP32": data_types.FloatTensorType,
        "FP64": data_types.DoubleTensorType,
        "BYTES": data_types.StringTensorType,
    }
    return kinds[spec.datatype]([None, *(spec.shape[1:] or (1,))])
