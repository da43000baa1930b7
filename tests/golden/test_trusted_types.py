"""The shipped allow-lists against scikit-learn: every name exists, and every public estimator is on them."""

import importlib

import pytest

from ona_pipeline.verify.allow_list import CALLS, SHIPPED, shipped


@pytest.mark.parametrize("listed", [SHIPPED, CALLS])
@pytest.mark.filterwarnings("ignore:numpy.core:DeprecationWarning")  # as NumPy 1 named them
def test_every_name_on_a_list_exists(listed: str) -> None:
    for name in shipped(listed):
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name


def test_every_public_estimator_is_on_the_list() -> None:
    from sklearn.utils import all_estimators

    assert {f"{kind.__module__}.{kind.__name__}" for _, kind in all_estimators()} <= shipped()
