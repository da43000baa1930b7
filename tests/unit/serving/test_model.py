"""What is loaded, what is refused to be loaded, and what a loaded model answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from ona_pipeline.serving.errors import NotServableError
from ona_pipeline.serving.loading import load_checked, warm_up
from ona_pipeline.serving.model import SklearnPredictor
from ona_pipeline.serving.release import Signature, TensorSpec, read_release
from tests.unit.serving.asgi import Caller
from tests.unit.serving.images import DIGITS, digit_rows, digits_question, tensor, write_image

SIGNATURE = Signature((TensorSpec("pixels", "FP64", (-1, 64)),))
NARROW = {"inputs": [{"name": "pixels", "datatype": "FP64", "shape": [-1, 63]}]}
TREE = "sklearn.tree._tree.Tree"


def changed(root: Path, **fields: Any) -> Path:
    """The same image with other fields in release.json."""
    path = root / "release.json"
    path.write_bytes(msgspec.json.encode({**msgspec.json.decode(path.read_bytes()), **fields}))
    return root


def load(root: Path) -> None:
    release = read_release(root / "release.json")
    warm_up(load_checked(root, release), release)


WRONG = {
    "unknown form": ({"form": "pickle"}, "form: wanted one of onnx, skops, found 'pickle'"),
    "no inputs": ({"signature": {"inputs": []}}, "signature.inputs: wanted at least one input"),
    "no question": ({"question": None}, "question: wanted a question with its answer"),
    "bad question": (
        {"question": {"inputs": [], "answer": {}}},
        "question: inputs: 'pixels' is missing",
    ),
    "datatype": (
        {"signature": {"inputs": [{"name": "x", "datatype": "FP16", "shape": [-1]}]}},
        "Invalid enum value",
    ),
    "another number of features than the model has": (
        {
            "signature": NARROW,
            "question": {"inputs": [tensor("pixels", digit_rows(1)[:, :63])], "answer": {}},
        },
        "known question: the model raised ValueError",
    ),
}


@pytest.mark.parametrize(("fields", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_a_release_that_cannot_be_served_says_why(image: Path, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NotServableError) as caught:
        load(changed(image, **fields))
    assert sentence in caught.value.message


def test_another_answer_to_the_known_question_is_never_ready(
    image: Path, digits: Any, serve: Callable[..., Caller]
) -> None:
    question = {**digits_question(digits), "answer": {"label": [7]}}
    reply = serve(changed(image, question=question)).get("/v2/health/ready")
    assert reply.error == "not ready: known question: label: wanted [7], found [0]"


def test_an_answer_within_the_tolerance_is_the_same(image: Path, digits: Any) -> None:
    probabilities = digits.predict_proba(digit_rows(1)).ravel() + 5e-7
    question = {**digits_question(digits), "answer": {"probabilities": probabilities.tolist()}}
    load(changed(image, question=question))
    question["tolerance"] = 1e-8
    with pytest.raises(NotServableError, match="known question: probabilities"):
        load(changed(image, question=question))


def test_a_type_that_the_releaser_did_not_allow_is_refused(tmp_path: Path) -> None:
    from sklearn.datasets import load_digits
    from sklearn.tree import DecisionTreeClassifier

    data = load_digits()
    tree = DecisionTreeClassifier(random_state=0).fit(data.data, data.target)
    root = write_image(tmp_path / "ona", tree, DIGITS, digits_question(tree))
    with pytest.raises(NotServableError, match=TREE):
        load(root)
    load(changed(root, trusted_types=[TREE]))


def test_a_file_that_is_not_skops_is_refused_with_one_sentence(image: Path) -> None:
    from ona_pipeline.serving import manifest

    (image / "model/model.skops").write_bytes(b"\x80\x04.")
    content = manifest.make(image / "model")
    (image / "model.manifest.json").write_bytes(content)
    with pytest.raises(NotServableError, match=r"model/model.skops: cannot be loaded: BadZipFile"):
        load(changed(image, model_digest=manifest.digest(content)))


def test_columns_without_pandas_are_refused(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(NotServableError, match="needs pandas in the model's lock"):
        load(changed(image, signature={**DIGITS, "layout": "columns"}))


def _classifiers() -> list[Any]:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    from sklearn.model_selection import FixedThresholdClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier

    return [
        RandomForestClassifier(20, random_state=0),
        LogisticRegression(max_iter=300),
        GaussianNB(),
        KNeighborsClassifier(),
        RidgeClassifier(),
        FixedThresholdClassifier(GaussianNB(), threshold=0.999999),
    ]


@pytest.mark.parametrize("estimator", _classifiers(), ids=lambda one: type(one).__name__)
def test_the_label_is_what_predict_says(estimator: Any) -> None:
    from sklearn.datasets import load_digits

    data = load_digits(n_class=2)
    texts = np.array(["even", "odd"], dtype=object)[data.target]
    estimator.fit(data.data, texts)
    answer = SklearnPredictor(estimator, SIGNATURE).predict({"pixels": data.data})
    assert (answer["label"] == estimator.predict(data.data)).all()
    assert ("probabilities" in answer) == hasattr(estimator, "predict_proba")


def test_a_classifier_of_several_outputs_gives_labels_alone() -> None:
    from sklearn.tree import DecisionTreeClassifier

    estimator = DecisionTreeClassifier().fit(digit_rows(4), np.eye(4)[:, :2])
    answer = SklearnPredictor(estimator, SIGNATURE).predict({"pixels": digit_rows(4)})
    assert {name: array.shape for name, array in answer.items()} == {"label": (4, 2)}
