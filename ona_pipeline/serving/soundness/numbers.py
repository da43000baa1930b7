"""The numbers that predictions are computed with: of a numeric type, and finite."""

from collections.abc import Iterator
from typing import Any

import numpy as np

_COMPUTED_WITH = frozenset(
    {
        "_dual_coef_",
        "_intercept_",
        "center_",
        "centroids_",
        "class_prior_",
        "cluster_centers_",
        "coef_",
        "coefs_",
        "components_",
        "covariance_",
        "covariances_",
        "dual_coef_",
        "estimator_weights_",
        "intercept_",
        "intercepts_",
        "mean_",
        "means_",
        "precisions_cholesky_",
        "priors_",
        "rotations_",
        "scale_",
        "scalings_",
        "support_vectors_",
        "theta_",
        "var_",
        "weights_",
        "xbar_",
        "x_mean_",
    }
)
_NUMERIC = "fiub"


def judge_numbers(estimator: Any) -> Iterator[tuple[str, str]]:
    """Every array, or list of arrays, whose name says that answers are made of it."""
    for name, value in vars(estimator).items():
        if name in _COMPUTED_WITH:
            for array in value if isinstance(value, list | tuple) else [value]:
                yield from _judge(name, array)


def _judge(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None or not (hasattr(value, "dtype") or isinstance(value, int | float)):
        return
    numbers = np.asarray(getattr(value, "data", value) if _is_sparse(value) else value)
    if numbers.dtype.kind not in _NUMERIC:
        yield "wrong-dtype", f"{name}: wanted real numbers, found {numbers.dtype}"
    elif not np.isfinite(numbers).all():
        yield "not-finite", f"{name}: wanted finite numbers, found NaN or infinity"


def _is_sparse(value: Any) -> bool:
    return hasattr(value, "tocsr")
