"""Single bytes changed anywhere in honest files: never a crash, never a wait, never an execution."""

import bz2
import gzip
import io
import lzma
import pickle
import random
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.verify.formats import WALKED
from ona_pipeline.verify.paths import judge
from tests.hostile import onnxes
from tests.hostile.arrays import saved

SAMPLE = 120
SWEEP = 20_000


def _joblib(compress: Any) -> Callable[[Any], bytes]:
    def write(estimator: Any) -> bytes:
        file = io.BytesIO()
        joblib.dump(estimator, file, compress=compress)
        return file.getvalue()

    return write


def _pickle(protocol: int) -> Callable[[Any], bytes]:
    return lambda estimator: pickle.dumps(estimator, protocol)


WRITERS: dict[str, Callable[[Any], bytes]] = {
    **{f"pickle {protocol}": _pickle(protocol) for protocol in range(6)},
    **{
        f"joblib {kind}": _joblib((kind, 3) if kind else 0)
        for kind in ("", "zlib", "gzip", "bz2", "xz", "lzma")
    },
    "skops": skops.io.dumps,
    "onnx": lambda _: onnxes.model(),
    "npy": lambda _: saved(np.arange(20.0)),
    "npz": lambda _: saved(a=np.arange(20.0), b=np.zeros(3)),
}


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


# What is in a file that has a checksum; dates, and bits that nothing depends on, may differ.
READ: dict[str, Callable[[bytes], object]] = {
    "joblib zlib": zlib.decompress,
    "joblib gzip": gzip.decompress,
    "joblib bz2": bz2.decompress,
    "joblib xz": lzma.decompress,
    "skops": _members,
    "npz": _members,
}


def estimator() -> Any:
    numbers = np.random.default_rng(0).random((20, 2))
    return [
        LogisticRegression().fit(numbers, np.arange(20) % 2),
        DecisionTreeClassifier(max_depth=2).fit(numbers, np.arange(20) % 2),
    ]


def survive(content: bytes, path: Path, *, times: int, seed: int) -> None:
    """Judge `times` copies, each with one byte changed; a wrong verdict cannot show, an exception would."""
    chance, policy = random.Random(seed), VerifyPolicy(formats=WALKED)
    for _ in range(times):
        changed = bytearray(content)
        at = chance.randrange(len(changed))
        changed[at] ^= chance.randrange(1, 256)
        path.write_bytes(changed)
        verdict = judge(path, policy, clock=lambda: datetime.now(UTC))
        assert verdict.verdict in {"passed", "refused"}, at


@pytest.mark.parametrize("form", WRITERS)
def test_a_changed_byte_is_survived(form: str, tmp_path: Path) -> None:
    survive(WRITERS[form](estimator()), tmp_path / "model", times=SAMPLE, seed=1)


@pytest.mark.full
@pytest.mark.parametrize("form", WRITERS)
def test_many_changed_bytes_are_survived(form: str, tmp_path: Path) -> None:
    survive(WRITERS[form](estimator()), tmp_path / "model", times=SWEEP, seed=2)


@pytest.mark.parametrize("form", READ)
def test_what_has_a_checksum_is_refused_unless_it_still_holds_the_same(form: str, tmp_path: Path) -> None:
    content, path, passed = WRITERS[form](estimator()), tmp_path / "model", []
    for at in range(0, len(content), max(1, len(content) // SAMPLE)):
        changed = bytearray(content)
        changed[at] ^= 0x10
        path.write_bytes(changed)
        if judge(path, VerifyPolicy(formats=WALKED), clock=lambda: datetime.now(UTC)).verdict == "passed":
            passed.append(bytes(changed))
    assert len(passed) < SAMPLE / 4
    assert [READ[form](changed) for changed in passed] == [READ[form](content)] * len(passed)
