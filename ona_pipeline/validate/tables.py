"""The five tables that suites judge."""

from typing import Any

import msgspec

from ona_pipeline.records.quality import Drift, SliceMetrics
from ona_pipeline.validate.answers import Answers
from ona_pipeline.validate.data import Evaluation


class Measured(msgspec.Struct, frozen=True):
    """What was measured on the candidate's answers.

    Attributes:
        metrics: name to value, costs and changes by noise among them.
        slices: metrics of each slice.
        drift: each feature against the training sample.
    """

    metrics: dict[str, float]
    slices: tuple[SliceMetrics, ...] = ()
    drift: tuple[Drift, ...] = ()


def fill(evaluation: Evaluation, answers: Answers, measured: Measured) -> dict[str, Any]:
    """Name of each table to a pandas DataFrame; None where nothing that fills it is declared."""
    import pandas as pd

    return {
        "data": evaluation.table,
        "predictions": predictions(answers, evaluation.truth),
        "metrics": pd.DataFrame([measured.metrics]),
        "slices": _slices(measured.slices) if measured.slices else None,
        "drift": _drift(measured.drift) if measured.drift else None,
    }


def predictions(answers: Answers, truth: Any) -> Any:
    """Label or value, truth, what is off, and the probabilities: the highest and each.

    `right` says whether a label is; `residual` is a value less the truth.
    """
    import pandas as pd

    main = answers.main.reshape(-1)
    is_label = "label" in answers.outputs
    columns = {"label" if is_label else "value": main, "truth": truth}
    columns |= {"right": main == truth} if is_label else {"residual": main - truth}
    if "probabilities" in answers.outputs:
        probabilities = answers.outputs["probabilities"]
        columns["probability"] = probabilities.max(axis=1)
        columns |= {f"probability_{one}": probabilities[:, at] for at, one in enumerate(answers.classes)}
    return pd.DataFrame(columns)


def _slices(slices: tuple[SliceMetrics, ...]) -> Any:
    """One row for each slice, called by its name, so that a finding names it."""
    import pandas as pd

    rows = [{"rows": each.rows, **each.metrics} for each in slices]
    return pd.DataFrame(rows, index=[each.name for each in slices])


def _drift(drift: tuple[Drift, ...]) -> Any:
    """One row for each feature, called by its name."""
    import pandas as pd

    rows = [{"psi": each.psi, "ks": each.ks, "ks_p": each.ks_p} for each in drift]
    return pd.DataFrame(rows, index=[each.column for each in drift], dtype=float)
