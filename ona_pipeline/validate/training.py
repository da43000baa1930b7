"""Evaluation data against the rows that the model was trained on: none shared, and alike."""

from collections.abc import Iterator
from typing import Any

from ona_pipeline.records.finding import Finding
from ona_pipeline.records.quality import Drift

MOST_ROWS = 20_000
_PARTS = 10
_LISTED = 10
# Share of a part that no row is in: the logarithm of zero is nothing to add up.
_NOBODY = 1e-4
_SEED = 20261123


def shared(features: Any, sample: Any, *, most: int) -> Iterator[Finding]:
    """A finding where more than `most` rows of the evaluation data were trained on.

    Args:
        features: pandas DataFrame of the evaluation data's features.
        sample: pandas DataFrame of the training sample, with the same columns.
        most: how many are let pass.
    """
    is_shared = _digests(features).isin(_digests(sample[features.columns]))
    if (count := int(is_shared.sum())) > most:
        rows = is_shared.to_numpy().nonzero()[0][:_LISTED].tolist()
        found = f"found {count} of {len(features)}, such as rows {rows}"
        yield Finding(
            "rows-shared",
            "data.training",
            f"evaluation data: wanted at most {most} rows that the model was trained on, {found}",
            hint="hold out other rows, or declare in data.training.shared how many may be alike by chance",
        )


def _digests(frame: Any) -> Any:
    """One number for the content of each row, shape (n,), uint64; numbers are equal whatever their type."""
    from pandas.api.types import is_numeric_dtype
    from pandas.util import hash_pandas_object

    plain = frame.apply(lambda column: column.astype("float64" if is_numeric_dtype(column) else str))
    return hash_pandas_object(plain, index=False)


def drift(features: Any, sample: Any) -> tuple[Drift, ...]:
    """Each feature's distribution against that in the training sample, missing values included."""
    now, then = (_some(frame) for frame in (features, sample))
    return tuple(_drift(name, now[name], then[name]) for name in features.columns)


def _some(frame: Any) -> Any:
    return frame.sample(MOST_ROWS, random_state=_SEED) if len(frame) > MOST_ROWS else frame


def _drift(name: str, now: Any, then: Any) -> Drift:
    from pandas.api.types import is_numeric_dtype
    from scipy.stats import ks_2samp

    if not is_numeric_dtype(then) or not is_numeric_dtype(now):
        return Drift(name, _psi(*_shares_by_value(now, then)))
    numbers = [each.dropna().to_numpy(dtype=float) for each in (now, then)]
    if not all(map(len, numbers)):
        return Drift(name, _psi(*_shares_by_value(now.isna(), then.isna())))
    compared = ks_2samp(*numbers, method="asymp")
    psi = _psi(*_shares_by_value(*_parts(now, then, numbers[1])))
    return Drift(name, psi, float(compared.statistic), float(compared.pvalue))


def _parts(now: Any, then: Any, numbers: Any) -> tuple[Any, Any]:
    """Each value as the part that it lies in; ten parts hold about as many training rows each."""
    import numpy as np

    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, _PARTS + 1)[1:-1]))
    return _part(now, edges), _part(then, edges)


def _part(column: Any, edges: Any) -> Any:
    import numpy as np

    part = np.searchsorted(edges, column.to_numpy(dtype=float)).astype(str)
    return column.astype(object).where(column.isna(), part)


def _shares_by_value(now: Any, then: Any) -> tuple[Any, Any]:
    shares = [each.astype(str).value_counts(normalize=True) for each in (now, then)]
    values = sorted(set(shares[0].index) | set(shares[1].index))
    return shares[0].reindex(values, fill_value=0.0), shares[1].reindex(values, fill_value=0.0)


def _psi(now: Any, then: Any) -> float:
    """Population stability index: the relative entropies of both directions added up."""
    import numpy as np
    from scipy.stats import entropy

    one, other = (np.maximum(np.asarray(each, dtype=float), _NOBODY) for each in (now, then))
    return float(entropy(one, other) + entropy(other, one))
