"""What instances answered, read off their own metrics: Prometheus' text in, counts out.

Source:
    Prometheus, "Exposition formats", text format 0.0.4; `serving/metrics.py` has the names.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

_SAMPLE = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ROUTES = frozenset({"/v2/models/{model}/infer", "/invocations"})


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Counters of requests for predictions: of one instance since its start, or of several for a while.

    Attributes:
        requests: answered.
        errors: of them, those with a status of 400 and above.
        within: bound in seconds, as text, to the number of requests answered within it.
        labels: predicted label to rows; empty for a model that gives none.
    """

    requests: int = 0
    errors: int = 0
    within: dict[str, int] = {}
    labels: dict[str, int] = {}

    def since(self, earlier: "Counts") -> "Counts":
        """What came after `earlier`; all of it where the instance was started anew in between."""
        if earlier.requests > self.requests:
            return self
        return Counts(
            requests=self.requests - earlier.requests,
            errors=self.errors - earlier.errors,
            within={key: count - earlier.within.get(key, 0) for key, count in self.within.items()},
            labels={key: count - earlier.labels.get(key, 0) for key, count in self.labels.items()},
        )


class Traffic(msgspec.Struct, frozen=True):
    """The counters of a canary and of those beside it, by the name of the instance."""

    canary: dict[str, Counts]
    stable: dict[str, Counts]

    def since(self, earlier: "Traffic") -> tuple[Counts, Counts]:
        """What the canary, and the others, answered after `earlier`."""
        return _after(self.canary, earlier.canary), _after(self.stable, earlier.stable)


def read_metrics(text: str) -> Counts:
    """The counters in what a server shows at ``/metrics``."""
    counted: dict[str, dict[str, int]] = {"within": {}, "labels": {}, "total": {"requests": 0, "errors": 0}}
    for match in filter(None, map(_SAMPLE.fullmatch, text.splitlines())):
        labels = dict(_LABEL.findall(match["labels"] or ""))
        if (place := _place(match["name"], labels)) is not None:
            kind, key = place
            counted[kind][key] = counted[kind].get(key, 0) + int(float(match["value"]))
    return Counts(**counted["total"], within=counted["within"], labels=counted["labels"])


def _place(name: str, labels: dict[str, str]) -> tuple[str, str] | None:
    """Where a sample is counted: the errors of other routes, say, are nobody's predictions."""
    if name == "ona_predictions_total":
        return "labels", labels["label"]
    if labels.get("route") not in _ROUTES:
        return None
    if name == "ona_request_seconds_bucket":
        return "within", labels["le"]
    return {"ona_requests_total": ("total", "requests"), "ona_errors_total": ("total", "errors")}.get(name)


def _after(later: Mapping[str, Counts], earlier: Mapping[str, Counts]) -> Counts:
    return _sum(found.since(earlier.get(name, Counts())) for name, found in later.items())


def _sum(counts: Iterable[Counts]) -> Counts:
    requests = errors = 0
    within: dict[str, int] = {}
    labels: dict[str, int] = {}
    for one in counts:
        requests, errors = requests + one.requests, errors + one.errors
        for total, part in ((within, one.within), (labels, one.labels)):
            for key, count in part.items():
                total[key] = total.get(key, 0) + count
    return Counts(requests=requests, errors=errors, within=within, labels=labels)
