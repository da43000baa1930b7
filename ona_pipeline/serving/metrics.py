"""What Prometheus reads at `/metrics`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from .release import Identity

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTENT_TYPE = CONTENT_TYPE_LATEST
_MOST_LABELS = 100
_FEW_ROWS = 16  # up to here a loop costs less than sorting
_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """The counters of one server, in a registry of their own.

    Labels of predictions come from the model, so their number is bounded: what comes after the first hundred
    counts as `other`. Routes are templates, never the path that was asked for.
    """

    def __init__(self, identity: Identity) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        info = Gauge("ona_release_info", "1; what is served", [*_INFO], registry=self._registry)
        info.labels(identity.release, identity.model_digest, identity.model).set(1)
        self._ready = Gauge("ona_ready", "1 where predictions are answered", registry=self._registry)
        self._requests = Counter(
            "ona_requests", "Requests answered", ["route", "code"], registry=self._registry
        )
        self._errors = Counter("ona_errors", "Answers of 400 and above", ["route"], registry=self._registry)
        self._seconds = Histogram(
            "ona_request_seconds", "Time to answer", ["route"], registry=self._registry, buckets=_BUCKETS_S
        )
        self._rows = Counter("ona_rows", "Rows predicted", registry=self._registry)
        self._predictions = Counter(
            "ona_predictions", "Rows by predicted label", ["label"], registry=self._registry
        )
        self._labels: dict[Any, Any] = {}
        self._answers: dict[tuple[str, int], _Answers] = {}

    def answered(self, route: str, code: int, seconds: float) -> None:
        """Count one answered request."""
        answers = self._answers.get((route, code)) or self._known(route, code)
        answers.requests.inc()
        answers.seconds.observe(seconds)
        if answers.errors is not None:
            answers.errors.inc()

    def predicted(self, answer: Mapping[str, "NDArray[Any]"]) -> None:
        """Count the rows of one answer, by label where the model gives one label a row."""
        rows = len(next(iter(answer.values())))
        self._rows.inc(rows)
        label = answer.get("label")
        if label is None or label.ndim != 1:
            return
        if rows <= _FEW_ROWS:
            for name in label.tolist():
                self._label(name).inc()
            return
        import numpy as np

        for name, count in zip(*np.unique(label, return_counts=True), strict=True):
            self._label(name).inc(int(count))

    def ready(self, *, is_ready: bool) -> None:
        """Record whether the server answers predictions."""
        self._ready.set(int(is_ready))

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)

    def _known(self, route: str, code: int) -> "_Answers":
        is_error = code >= 400  # noqa: PLR2004  RFC 9110 §15.5
        found = _Answers(
            self._requests.labels(route, str(code)),
            self._seconds.labels(route),
            self._errors.labels(route) if is_error else None,
        )
        return self._answers.setdefault((route, code), found)

    def _label(self, name: Any) -> Any:
        """The counter of one label; looked up by the label itself, which costs less than its text."""
        found = self._labels.get(name)
        if found is None:
            is_one_more = len(self._labels) < _MOST_LABELS
            found = self._predictions.labels(str(name) if is_one_more else "other")
            if is_one_more:
                self._labels[name] = found
        return found


class _Answers(NamedTuple):
    """The counters of one route and code."""

    requests: Any
    seconds: Any
    errors: Any


_INFO = ("release", "model_digest", "model")
