"""The shipped allow-list against scikit-learn: what honest estimators need is on it, or is named here."""

import importlib
import io
import json
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from ona_pipeline.verify.allow_list import shipped

ACCEPTED = 0.99


def estimators() -> Iterator[tuple[str, Any]]:
    from sklearn.utils import all_estimators
    from sklearn.utils._test_common.instance_generator import _construct_instances

    for name, kind in all_estimators():
        try:
            yield from ((name, instance) for instance in _construct_instances(kind))
        except Exception:  # noqa: BLE001  a kind that is made of others, which come by themselves
            continue


def fitted(estimator: Any) -> Any:
    """The estimator, fitted to whichever of these data it takes first; else as it is."""
    numbers = np.random.default_rng(0).random((60, 5)) + 0.1
    targets = [np.arange(60) % 3, numbers[:, 0], numbers[:, :2], numbers.round()[:, :2].astype(int)]
    for features in (numbers, numbers[:, :1], ["a b c", "b c d", "e f g"] * 20, [{"a": 1}, {"b": 2}] * 30):
        for target in targets:
            try:
                return estimator.fit(features, target)
            except Exception:  # noqa: BLE001  estimators refuse data in many ways
                continue
    return estimator


def types_of(estimator: Any) -> set[str] | None:
    """What loading it would make; None where skops cannot store it."""
    import skops.io

    from ona_pipeline.verify.skops_file import _schema, _types

    try:
        content = skops.io.dumps(estimator)
    except Exception:  # noqa: BLE001  skops says of some that it cannot
        return None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert json.loads(archive.read("schema.json"))
        return set(_types(_schema(archive)))


def test_every_name_on_the_list_exists() -> None:
    for name in shipped():
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name


def test_every_public_estimator_is_on_the_list() -> None:
    from sklearn.utils import all_estimators

    assert {f"{kind.__module__}.{kind.__name__}" for _, kind in all_estimators()} <= shipped()


@pytest.mark.full
def test_honest_estimators_are_accepted() -> None:
    refused: dict[str, set[str]] = {}
    count = 0
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, estimator in estimators():
            types = types_of(fitted(estimator))
            count += types is not None
            if missing := (types or set()) - shipped():
                refused[name] = missing
    assert len(refused) <= (1 - ACCEPTED) * count, refused
