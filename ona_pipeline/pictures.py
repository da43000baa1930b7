"""What a validation found, as files for people: its evidence, and plots of it, drawn from the evidence alone.

For whoever keeps copies beside the ledger, such as a run of MLflow, and for `ona validate --files`.
"""

import io
from collections.abc import Callable
from typing import Any

from ona_pipeline.records.canonical import encode
from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.evidence import ValidationEvidence
from ona_pipeline.records.quality import CalibrationBin, Confusion

_INCH = 4.5
_LABELLED = 20


def files(evidence: ValidationEvidence) -> dict[str, bytes]:
    """Name to content: the evidence as JSON, and its plots."""
    return {"validation.json": encode(evidence) + b"\n", **plots(evidence)}


def plots(evidence: ValidationEvidence) -> dict[str, bytes]:
    """Name to content: one SVG for each thing there is to draw; the same evidence gives the same bytes."""
    drawn: dict[str, Callable[[Any], None]] = {}
    if evidence.confusion:
        drawn["confusion.svg"] = _confusion(evidence.confusion)
    if evidence.calibration:
        drawn["calibration.svg"] = _calibration(evidence.calibration)
    if evidence.comparison and evidence.comparison.gain:
        drawn["champion.svg"] = _champion(evidence.comparison)
    return {name: _svg(draw) for name, draw in drawn.items()}


def _svg(draw: Callable[[Any], None]) -> bytes:
    """A figure without a display, and without a date or random names in it."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure, content = Figure(figsize=(_INCH, _INCH), layout="constrained"), io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "ona"}):
        draw(figure.add_subplot())
        figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()


def _confusion(found: Confusion) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        axes.imshow(found.counts, cmap="Blues")
        axes.set(xlabel="answered", ylabel="true", title="Rows by true and answered class")
        axes.set_xticks(range(len(found.classes)), found.classes, rotation=90)
        axes.set_yticks(range(len(found.classes)), found.classes)
        if len(found.classes) <= _LABELLED:
            for row, counts in enumerate(found.counts):
                middle = max(counts) / 2
                for column, count in enumerate(counts):
                    colour = "white" if count > middle else "black"
                    axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=7)

    return draw


def _calibration(bins: tuple[CalibrationBin, ...]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color="grey", linewidth=1, label="as sure as right")
        sure, right = [each.confidence for each in bins], [each.accuracy for each in bins]
        most = max(each.rows for each in bins)
        axes.scatter(sure, right, s=[20 + 180 * each.rows / most for each in bins], label="rows")
        axes.set(xlabel="probability of the answer", ylabel="share that is right", title="Calibration")
        axes.set(xlim=(0, 1.05), ylim=(0, 1.05))
        axes.legend(loc="upper left")

    return draw


def _champion(compared: Comparison) -> Callable[[Any], None]:
    """The gain with its interval, of all rows and of each slice, beside the margin."""
    parts = [("all rows", compared.gain), *((each.name, each.gain) for each in compared.slices)]
    shown = [(name, gain) for name, gain in parts if gain]

    def draw(axes: Any) -> None:
        for place, (_, gain) in enumerate(shown):
            axes.plot([gain.low, gain.high], [place, place], color="C0")
            axes.plot([gain.value], [place], "o", color="C0")
        axes.axvline(0, color="grey", linewidth=1)
        axes.axvline(-compared.margin, color="C3", linewidth=1, linestyle="--", label="margin")
        axes.set_yticks(range(len(shown)), [name for name, _ in shown])
        axes.invert_yaxis()
        level = f"{compared.confidence:.0%} intervals"
        axes.set(xlabel=f"better in {compared.metric}, {level}", title=f"Against {compared.champion}")
        axes.legend(loc="best")

    return draw
