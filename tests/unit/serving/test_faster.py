"""Faster forms of real estimators: shown equal, or not and why."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import Normalizer, OneHotEncoder, StandardScaler

from ona_pipeline.serving import soundness
from ona_pipeline.serving.faster import __main__ as faster
from ona_pipeline.serving.faster import convert
from ona_pipeline.serving.faster.splits import splits
from ona_pipeline.serving.loading import load_checked
from ona_pipeline.serving.release import read_release
from ona_pipeline.serving.soundness import Unsound
from tests.unit.serving.images import DIGITS, write_image

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:skl2onnx.*", "ignore::FutureWarning")
TREES = ["sklearn.tree._tree.Tree", "numpy.dtype"]
SINGLE = {"inputs": [{"name": "pixels", "datatype": "FP32", "shape": [-1, 64]}]}
PEOPLE = {
    "inputs": [
        {"name": "age", "datatype": "FP64", "shape": [-1]},
        {"name": "children", "datatype": "INT64", "shape": [-1]},
        {"name": "city", "datatype": "BYTES", "shape": [-1]},
    ]
}


def noisy_digits(rows: int = 300) -> tuple[Any, Any]:
    digits = load_digits()
    noise = np.random.default_rng(1).normal(size=digits.data.shape)
    return (digits.data + noise)[:rows], digits.target[:rows]


def people(rows: int = 200) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    cities = rng.choice(["Bern", "Zürich", "Chur"], rows)
    table = pd.DataFrame(
        {"age": rng.normal(40, 10, rows), "children": rng.integers(0, 5, rows), "city": cities}
    )
    return table, (table.age > 40).to_numpy() ^ (table.city == "Chur").to_numpy()


class Compared:
    """What `python -m ona_serving.faster` says of an estimator, and the folder that it wrote to."""

    def __init__(self, root: Path, estimator: Any, signature: dict[str, Any], rows: dict[str, Any]) -> None:
        question: dict[str, Any] = {"inputs": [], "answer": {}}
        self.image = write_image(root / "ona", estimator, signature, question, trusted_types=TREES)
        self.output = root / "out"
        self.output.mkdir()
        np.savez(root / "rows.npz", allow_pickle=False, **rows)
        self.status = faster.main(["--rows", str(root / "rows.npz"), "--output", str(self.output)])
        self.said = msgspec.json.decode((self.output / "comparison.json").read_bytes())

    @property
    def has_graph(self) -> bool:
        return (self.output / "model.onnx").exists()


@pytest.fixture(name="compare")
def _compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ONA_ROOT", str(tmp_path / "ona"))
    return lambda estimator, signature, rows: Compared(tmp_path, estimator, signature, rows)


@pytest.mark.parametrize("leaf", [1, 3])
def test_a_forest_behind_a_scaler_is_equal_on_every_threshold(compare, leaf: int) -> None:
    pixels, labels = noisy_digits()
    forest = RandomForestClassifier(15, random_state=0, min_samples_leaf=leaf)
    found = compare(make_pipeline(StandardScaler(), forest).fit(pixels, labels), DIGITS, {"pixels": pixels})
    assert found.said["reason"] == ""
    assert found.said["rows"]["threshold"] == 12 * sum(
        int((one.tree_.children_left != -1).sum()) for one in forest.estimators_
    )
    assert found.said["largest_difference"] < 1e-6
    assert found.has_graph


def test_a_graph_without_the_rounding_before_trees_is_caught(compare, monkeypatch) -> None:
    """The known trap: a scaler in double precision, and trees that are asked with what it gives unrounded."""
    monkeypatch.setattr(convert, "_rounding", lambda estimator: estimator)
    pixels, labels = noisy_digits()
    model = make_pipeline(StandardScaler(), RandomForestClassifier(5, random_state=0)).fit(pixels, labels)
    found = compare(model, DIGITS, {"pixels": pixels})
    assert "of threshold rows: wanted" in found.said["reason"]
    assert not found.has_graph


def test_a_scaler_in_single_precision_is_caught(compare) -> None:
    pixels, labels = noisy_digits()
    rows = pixels.astype(np.float32)
    model = make_pipeline(StandardScaler(), RandomForestClassifier(15, random_state=0)).fit(rows, labels)
    assert "of threshold rows: wanted" in compare(model, SINGLE, {"pixels": rows}).said["reason"]


@pytest.mark.parametrize("kind", [RandomForestRegressor, GradientBoostingRegressor])
def test_regressions_are_equal_within_the_tolerance(compare, kind: Any) -> None:
    pixels, labels = noisy_digits()
    found = compare(kind(n_estimators=5, random_state=0).fit(pixels, labels), DIGITS, {"pixels": pixels})
    assert (found.said["reason"], found.has_graph) == ("", True)


@pytest.mark.parametrize("last", [LogisticRegression(), RandomForestClassifier(9, random_state=0)])
def test_a_table_with_categories_is_equal(compare, last: Any) -> None:
    table, truth = people()
    encode = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["age", "children"]),
            ("city", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["city"]),
        ]
    )
    model = Pipeline([("encode", encode), ("last", last)]).fit(table, np.where(truth, "yes", "no"))
    rows = {name: table[name].to_numpy() for name in ("age", "children")}
    found = compare(model, PEOPLE, {**rows, "city": table.city.to_numpy().astype(str)})
    assert (found.said["reason"], found.said["classes"]) == ("", ["no", "yes"])
    assert found.has_graph


def test_a_step_that_cannot_be_undone_hides_the_thresholds(compare) -> None:
    pixels, labels = noisy_digits()
    model = make_pipeline(Normalizer(), RandomForestClassifier(3, random_state=0)).fit(pixels, labels)
    found = compare(model, DIGITS, {"pixels": pixels})
    assert "Normalizer before the trees cannot be undone" in found.said["reason"]
    assert not found.has_graph


def test_what_the_converter_does_not_know_has_no_graph(compare) -> None:
    pixels, labels = noisy_digits(100)
    found = compare(NearestCentroid().fit(pixels, labels), DIGITS, {"pixels": pixels})
    assert (found.status, found.has_graph) == (0, False)
    assert found.said["reason"].startswith("no graph: MissingShapeCalculator: Unable to find a shape")


def test_a_doubtful_structure_is_not_converted(compare, monkeypatch) -> None:
    doubt = Unsound("tree-threshold-infinite", "model.tree_", "node 0", is_doubt=True)
    monkeypatch.setattr(soundness, "judge", lambda *_, **__: (doubt,))
    pixels, labels = noisy_digits(100)
    found = compare(RandomForestClassifier(2).fit(pixels, labels), DIGITS, {"pixels": pixels})
    assert found.said["reason"].startswith("model.tree_: tree-threshold-infinite")


def test_a_model_that_cannot_be_loaded_ends_with_2(tmp_path, compare, monkeypatch, capsys) -> None:
    pixels, labels = noisy_digits(100)
    image = compare(LogisticRegression(max_iter=5000).fit(pixels, labels), DIGITS, {"pixels": pixels}).image
    (image / "model/model.skops").write_bytes(b"damaged")
    assert faster.main(["--rows", str(tmp_path / "rows.npz"), "--output", str(tmp_path)]) == 2
    assert "model/model.skops" in capsys.readouterr().err


def test_every_split_is_reached_by_its_row() -> None:
    pixels, labels = noisy_digits(150)
    forest = RandomForestClassifier(3, random_state=0).fit(pixels, labels)
    found = list(splits(forest, pixels))
    nodes = [len(one.tree_.feature) - one.get_n_leaves() for one in forest.estimators_]
    assert len(found) == sum(nodes)
    for split in found[: nodes[0]]:
        path = forest.estimators_[0].decision_path(split.row.reshape(1, -1)).indices
        met = forest.estimators_[0].tree_.threshold[path]
        assert split.threshold in met


def test_the_faster_form_answers_as_the_estimator_does(compare) -> None:
    pixels, labels = noisy_digits()
    forest = RandomForestClassifier(15, random_state=0, min_samples_leaf=3).fit(pixels, labels % 2)
    found = compare(forest, DIGITS, {"pixels": pixels})
    release = read_release(found.image / "release.json")
    wanted = load_checked(found.image, release)
    from ona_pipeline.serving.onnx_model import load_onnx

    graph = load_onnx(found.output, msgspec.structs.replace(release, form="onnx"))
    answer, truth = graph.predict({"pixels": pixels}), wanted.predict({"pixels": pixels})
    assert (answer["label"] == truth["label"]).all()
    assert answer["probabilities"].dtype == truth["probabilities"].dtype
    assert list(graph.classes) == list(wanted.classes) == [0, 1]
