"""Honest models pass: every estimator of scikit-learn, in every format, by the shipped lists."""

import io
import pickle
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib
import pytest
import skops.io

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.verify.formats import WALKED
from ona_pipeline.verify.paths import judge
from tests.honest import honest

ACCEPTED = 0.99
COMPRESSIONS = (0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3))
# skops says of these itself that it cannot store them.
NOT_IN_SKOPS = {"Birch"}


def written(estimator: Any) -> Iterator[tuple[str, bytes]]:
    """The estimator in every format: name of the format, and the bytes."""
    for protocol in range(6):
        yield f"pickle {protocol}", pickle.dumps(estimator, protocol)
    for compress in COMPRESSIONS:
        file = io.BytesIO()
        joblib.dump(estimator, file, compress=compress)
        yield f"joblib {compress}", file.getvalue()
    if type(estimator).__name__ not in NOT_IN_SKOPS:
        yield "skops", skops.io.dumps(estimator)


@pytest.fixture(scope="module")
def estimators() -> list[tuple[str, Any]]:
    return list(honest())


def test_every_public_estimator_is_among_them(estimators: list[tuple[str, Any]]) -> None:
    from sklearn.utils import all_estimators

    assert {name for name, _ in all_estimators()} <= {type(one).__name__ for _, one in estimators}


def test_honest_estimators_are_accepted_in_every_format(
    estimators: list[tuple[str, Any]], tmp_path: Path
) -> None:
    count: Counter[str] = Counter()
    refused: dict[str, dict[str, tuple[str, ...]]] = {}
    policy, path = VerifyPolicy(formats=WALKED), tmp_path / "model"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, estimator in estimators:
            for form, content in written(estimator):
                path.write_bytes(content)
                found = judge(path, policy, clock=lambda: datetime.now(UTC))
                count[form] += 1
                if found.verdict != "passed":
                    refused.setdefault(form, {})[name] = tuple(one.sentence for one in found.findings)
    assert min(count.values()) > 250
    assert {form: names for form, names in refused.items() if len(names) > (1 - ACCEPTED) * count[form]} == {}
