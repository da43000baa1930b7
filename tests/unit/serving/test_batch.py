"""A file of rows in, a file of answers out, and what the model is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import sklearn

from ona_pipeline.serving import batch, soundness
from ona_pipeline.serving.model import SklearnPredictor
from ona_pipeline.serving.release import TensorSpec, read_release
from ona_pipeline.serving.soundness import Unsound
from tests.unit.serving.images import digit_rows


@pytest.fixture(autouse=True)
def root(image: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ONA_ROOT", str(image))
    return image


def rows_in(tmp_path: Path, **arrays: Any) -> list[str]:
    np.savez(tmp_path / "in.npz", **arrays)
    return ["--input", str(tmp_path / "in.npz"), "--output", str(tmp_path / "out.npz")]


def test_a_batch_is_answered_as_the_estimator_does(tmp_path: Path, digits: Any) -> None:
    assert batch.main(rows_in(tmp_path, pixels=digit_rows(200))) == 0
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert (out["label"] == digits.predict(digit_rows(200))).all()
        assert (out["probabilities"] == digits.predict_proba(digit_rows(200))).all()
        assert (out["single_differs"], out["repeat_differs"], len(out["single_seconds"])) == (0, 0, 64)
        assert out["seconds"] > 0


def test_one_load_answers_several_files(tmp_path: Path, digits: Any) -> None:
    first = rows_in(tmp_path, pixels=digit_rows(3))
    np.savez(tmp_path / "more.npz", pixels=digit_rows(5))
    more = ["--input", str(tmp_path / "more.npz"), "--output", str(tmp_path / "more-out.npz")]
    assert batch.main([*first, *more]) == 0
    for name, rows in (("out.npz", 3), ("more-out.npz", 5)):
        with np.load(tmp_path / name, allow_pickle=False) as out:
            assert (out["label"] == digits.predict(digit_rows(rows))).all()


def test_a_model_is_described(tmp_path: Path) -> None:
    assert batch.main(["--describe", str(tmp_path / "d.json")]) == 0
    described = msgspec.json.decode((tmp_path / "d.json").read_bytes())
    assert described["estimator"] == "sklearn.pipeline.Pipeline"
    assert (described["n_features_in"], described["classes"]) == (64, list(range(10)))
    assert {"numpy", "scikit-learn", "skops"} <= described["versions"].keys()


def test_a_model_that_is_not_sound_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = Unsound("tree-cyclic", "model.tree_", "node 0: wanted a child after it, found 0")
    monkeypatch.setattr(soundness, "judge", lambda *_, **__: (reason,))
    asked = rows_in(tmp_path, pixels=digit_rows(2))
    assert batch.main(["--describe", str(tmp_path / "d.json"), *asked]) == batch.UNSOUND
    assert not (tmp_path / "out.npz").exists()
    described = msgspec.json.decode((tmp_path / "d.json").read_bytes())
    assert described["unsound"] == [msgspec.to_builtins(reason)]


def test_a_model_that_may_be_meant_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doubt = Unsound("tree-threshold-infinite", "model.tree_", "found infinity", is_doubt=True)
    monkeypatch.setattr(soundness, "judge", lambda *_, **__: (doubt,))
    assert batch.main(rows_in(tmp_path, pixels=digit_rows(2))) == 0


@pytest.mark.parametrize(
    ("saved_with", "codes"), [("", []), ("0.24.2", ["version-mismatch"]), ("1.2.99", ["version-mismatch"])]
)
def test_a_model_of_another_scikit_learn_is_not_asked(
    root: Path, digits: Any, saved_with: str, codes: list[str]
) -> None:
    release = read_release(root / "release.json")
    predictor = SklearnPredictor(digits, release.signature, saved_with=saved_with)
    assert [one.code for one in batch.judge(predictor, release)] == codes


def test_a_bug_fix_of_scikit_learn_is_no_other_version(root: Path, digits: Any) -> None:
    release = read_release(root / "release.json")
    same_minor = ".".join([*sklearn.__version__.split(".")[:2], "99"])
    assert batch.judge(SklearnPredictor(digits, release.signature, saved_with=same_minor), release) == ()


def test_text_labels_are_written_without_objects(tmp_path: Path) -> None:
    class Texts:
        inputs: tuple[TensorSpec, ...] = ()
        main_output = "label"
        estimator: Any = None
        saved_with = ""
        classes: Sequence[Any] = ()

        def predict(self, arrays: Any) -> dict[str, Any]:
            return {"label": np.array(["a", "bcd"] * len(arrays["x"]), dtype=object)[: len(arrays["x"])]}

    assert batch.answer_rows(Texts(), {"x": np.zeros((4, 1))})["label"].dtype == np.dtype("<U3")


def test_rows_answered_otherwise_alone_or_again_are_counted() -> None:
    class Restless:
        inputs: tuple[TensorSpec, ...] = ()
        main_output = "value"
        estimator: Any = None
        saved_with = ""
        classes: Sequence[Any] = ()
        asked = 0

        def predict(self, arrays: Any) -> dict[str, Any]:
            self.asked += 1
            return {"value": arrays["x"][:, 0] + self.asked}

    answer = batch.answer_rows(Restless(), {"x": np.zeros((4, 1))})
    assert [int(answer[name]) for name in ("single_differs", "repeat_differs")] == [4, 4]


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": digit_rows(1)}, "in.npz: wanted ['pixels'], found ['x']"),
        ({"pixels": digit_rows(1)[:, :63]}, "in.npz: pixels: wanted [-1, 64], found [1, 63]"),
        ({"pixels": digit_rows(1).astype("float32")}, "in.npz: pixels: wanted FP64, found FP32"),
        ({"pixels": np.array([{}], dtype=object)}, "in.npz: cannot be read: Object arrays"),
    ],
)
def test_rows_that_are_not_as_declared_end_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arrays: Any, sentence: str
) -> None:
    assert batch.main(rows_in(tmp_path, **arrays)) == 2
    assert sentence in capsys.readouterr().err


def test_a_damaged_model_ends_with_one_line(
    tmp_path: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "model/MLmodel").write_text("x")
    assert batch.main(rows_in(tmp_path, pixels=digit_rows(1))) == 2
    assert capsys.readouterr().err.startswith("model/MLmodel: changed: wanted sha256:")
    assert not (tmp_path / "out.npz").exists()


def test_one_file_without_the_other_is_refused(tmp_path: Path) -> None:
    assert batch.main(["--input", str(tmp_path / "in.npz")]) == 2
