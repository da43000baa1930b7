"""What Prometheus reads at `/metrics`."""

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from .release import Identity

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTENT_TYPE = CONTENT_TYPE_LATEST
_MOST_LABELS = 100
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
        self._labels: set[str] = set()

    def answered(self, route: str, code: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(route, str(code)).inc()
        self._seconds.labels(route).observe(seconds)
        if code >= 400:  # noqa: PLR2004  RFC 9110 §15.5
            self._errors.labels(route).inc()

    def predicted(self, answer: dict[str, "NDArray[Any]"]) -> None:
        """Count the rows of one answer, by label where the model gives one label a row."""
        import numpy as np

        self._rows.inc(len(next(iter(answer.values()))))
        label = answer.get("label")
        if label is None or label.ndim != 1:
            return
        for name, count in zip(*np.unique(label, return_counts=True), strict=True):
            self._predictions.labels(self._bounded(str(name))).inc(int(count))

    def ready(self, *, is_ready: bool) -> None:
        """Record whether the server answers predictions."""
        self._ready.set(int(is_ready))

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)

    def _bounded(self, label: str) -> str:
        if label in self._labels:
            return label
        if len(self._labels) >= _MOST_LABELS:
            return "other"
        self._labels.add(label)
        return label


_INFO = ("release", "model_digest", "model")
