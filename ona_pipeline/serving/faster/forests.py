"""Classifiers of trees as a graph that adds up in double precision, in the order of scikit-learn.

The converter's own graph adds up in single precision: where two classes come out nearly the same, and in
forests whose leaves are not pure they often do, the other one wins.

Source:
    ONNX operators, "TreeEnsembleClassifier" of ai.onnx.ml, version 3.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAF = -1
# With two classes ONNX Runtime compares the second's weight with 0.5 instead of with the first's.
_LEAST_CLASSES = 3
_DOUBLE = 11  # onnx.TensorProto.DOUBLE


def register() -> None:
    """Have skl2onnx convert these classifiers so, in this process."""
    from skl2onnx import update_registered_converter
    from sklearn import ensemble, tree

    for kind in (
        ensemble.ExtraTreesClassifier,
        ensemble.RandomForestClassifier,
        tree.DecisionTreeClassifier,
        tree.ExtraTreeClassifier,
    ):
        update_registered_converter(
            kind, f"Ona{kind.__name__}", _shapes, _convert, options={"zipmap": [False]}, overwrite=True
        )


def _shapes(operator: Any) -> None:
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    classes = operator.raw_operator.classes_
    rows = operator.inputs[0].get_first_dimension()
    label = StringTensorType if classes.dtype.kind in "OU" else Int64TensorType
    operator.outputs[0].type = label([rows])
    operator.outputs[1].type = FloatTensorType([rows, len(classes)])


def _convert(scope: Any, operator: Any, container: Any) -> None:
    from skl2onnx.common._apply_operation import apply_cast, apply_div, apply_slice
    from skl2onnx.proto import onnx_proto

    estimator = operator.raw_operator
    trees = [member.tree_ for member in getattr(estimator, "estimators_", [estimator])]
    if any(tree.n_outputs != 1 for tree in trees):
        raise ValueError("a forest of several outputs")
    wide, added, kept, count = map(scope.get_unique_variable_name, ("wide", "added", "kept", "trees"))
    apply_cast(scope, operator.inputs[0].full_name, wide, container, to=_DOUBLE)
    container.add_node(
        "TreeEnsembleClassifier",
        wide,
        [operator.outputs[0].full_name, added],
        op_domain="ai.onnx.ml",
        op_version=3,
        name=scope.get_unique_operator_name("Forest"),
        post_transform="NONE",
        **_labels(estimator.classes_),
        **_attributes(trees),
    )
    apply_slice(scope, added, kept, container, starts=[0], ends=[len(estimator.classes_)], axes=[1])
    container.add_initializer(count, onnx_proto.TensorProto.FLOAT, [], [float(len(trees))])
    apply_div(scope, [kept, count], operator.outputs[1].full_name, container)


def _labels(classes: "NDArray[Any]") -> dict[str, Any]:
    """The classes, with further ones that no leaf adds to where there are few."""
    classes = np.concatenate([classes, classes[-1:].repeat(max(0, _LEAST_CLASSES - len(classes)))])
    if classes.dtype.kind in "OU":
        return {"classlabels_strings": [str(one) for one in classes]}
    if classes.dtype.kind not in "iu":
        raise ValueError(f"classes of {classes.dtype}")
    return {"classlabels_int64s": classes.astype(np.int64).tolist()}


def _attributes(trees: list[Any]) -> dict[str, Any]:
    """Nodes of all trees one after the other, then what each leaf adds to each class."""
    sizes = [tree.node_count for tree in trees]
    tree_of = np.repeat(np.arange(len(trees)), sizes)
    node_of = np.concatenate([np.arange(size) for size in sizes])
    left, right, feature, threshold = (
        np.concatenate([getattr(tree, name) for tree in trees])
        for name in ("children_left", "children_right", "feature", "threshold")
    )
    is_leaf = left == _LEAF
    weights = np.concatenate([tree.value[:, 0, :] for tree in trees])[is_leaf]
    classes = weights.shape[1]
    return {
        "nodes_treeids": tree_of,
        "nodes_nodeids": node_of,
        "nodes_featureids": np.where(is_leaf, 0, feature),
        "nodes_values_as_tensor": _tensor(np.where(is_leaf, 0.0, threshold)),
        "nodes_modes": np.where(is_leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_truenodeids": np.where(is_leaf, 0, left),
        "nodes_falsenodeids": np.where(is_leaf, 0, right),
        "class_treeids": np.repeat(tree_of[is_leaf], classes),
        "class_nodeids": np.repeat(node_of[is_leaf], classes),
        "class_ids": np.tile(np.arange(classes), int(is_leaf.sum())),
        "class_weights_as_tensor": _tensor(weights.ravel()),
    }


def _tensor(values: "NDArray[Any]") -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(values.astype(np.float64))
