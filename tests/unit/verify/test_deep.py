"""How deep values may lie in each other, and how much an ONNX file may say, is policy."""

import io
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.cluster import Birch
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.records.finding import Finding
from ona_pipeline.verify.formats import WALKED
from ona_pipeline.verify.paths import judge
from tests.hostile import onnxes
from tests.hostile.assembly import op, program, text


def found(content: bytes, folder: Path, **limits: Any) -> tuple[Finding, ...]:
    path = folder / "model"
    path.write_bytes(content)
    policy = VerifyPolicy(formats=WALKED, **limits)
    return judge(path, policy, clock=lambda: datetime.now(UTC)).findings


def nested(depth: int) -> bytes:
    return program(op("EMPTY_TUPLE") + op("TUPLE1") * depth)


def test_policy_says_how_deep(tmp_path: Path) -> None:
    assert found(nested(4000), tmp_path) == ()
    [finding] = found(nested(4001), tmp_path)
    assert (finding.code, finding.sentence) == (
        "too-deep",
        "model: wanted at most 4000 values in each other (max_depth in [tool.ona.verify]), found more",
    )
    assert found(nested(4001), tmp_path, max_depth=4001) == ()
    [finding] = found(nested(5), tmp_path, max_depth=4)
    assert finding.code == "too-deep"


def test_policy_says_how_much_an_onnx_file_may_say(tmp_path: Path) -> None:
    model = onnxes.model(onnxes.graph(), onnxes.field(14, onnxes.field(1, "a") + onnxes.field(2, "é" * 500)))
    assert found(model, tmp_path, max_metadata_bytes=1006) == ()  # and `tests`, the producer
    [finding] = found(model, tmp_path, max_metadata_bytes=1005)
    assert (finding.code, finding.sentence) == (
        "too-large",
        "model: wanted at most 1005 bytes of metadata (max_metadata_bytes in [tool.ona.verify]), found more",
    )


def test_values_that_are_long_are_not_deep(tmp_path: Path) -> None:
    shared = ("shared",)
    rows = [(number, shared, {"row": [number]}) for number in range(20_000)]
    assert found(pickle.dumps(rows, 4), tmp_path, max_depth=4) == ()


def test_a_circle_is_as_deep_as_what_is_in_it(tmp_path: Path) -> None:
    circle: list[Any] = []
    for _ in range(50):
        circle.append([circle])
    for protocol in range(6):
        assert found(pickle.dumps(circle, protocol), tmp_path, max_depth=200) == ()
        assert found(pickle.dumps(circle, protocol), tmp_path, max_depth=1)[0].code == "too-deep"


@pytest.mark.parametrize("body", [op("NONE") + op("APPEND"), op("MARK") + op("NONE") + op("APPENDS")])
def test_what_comes_from_the_memo_is_filled_no_more(body: bytes, tmp_path: Path) -> None:
    memo = op("EMPTY_LIST") + op("MEMOIZE") + op("BINGET", b"\0")
    [finding] = found(program(memo + body + op("TUPLE2")), tmp_path)
    assert finding.code == "pickle-malformed"
    assert "filled after something took it in" in finding.sentence


def test_forests_deep_trees_and_linked_leaves_have_room(tmp_path: Path) -> None:
    rows, labels = load_digits(return_X_y=True)
    forest = make_pipeline(RandomForestClassifier(100, n_jobs=1, random_state=0)).fit(rows, labels)
    points = np.random.default_rng(0).random((1000, 2))
    leaves = Birch(threshold=0.001, branching_factor=5, n_clusters=None).fit(points)
    for one in (forest, leaves):
        for protocol in (2, 5):
            assert found(pickle.dumps(one, protocol), tmp_path) == ()
    file = io.BytesIO()
    joblib.dump(forest, file, compress=("zlib", 3))
    assert found(file.getvalue(), tmp_path, max_depth=30) == ()
    assert found(pickle.dumps(forest), tmp_path, max_depth=30) == ()
    assert found(skops.io.dumps(forest), tmp_path, max_depth=30) == ()


def test_a_text_as_a_key_is_no_depth(tmp_path: Path) -> None:
    assert (
        found(program(op("EMPTY_DICT") + text("a") + op("NONE") + op("SETITEM")), tmp_path, max_depth=1) == ()
    )
