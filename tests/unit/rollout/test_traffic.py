"""Counts read off what a server shows at /metrics."""

import numpy as np
import pytest

from ona_pipeline.rollout.traffic import Counts, Traffic, read_metrics
from ona_pipeline.serving.metrics import Metrics
from ona_pipeline.serving.release import Identity

TEXT = """\
# HELP ona_requests_total Requests answered
# TYPE ona_requests_total counter
ona_requests_total{code="200",route="/v2/models/{model}/infer"} 90.0
ona_requests_total{code="400",route="/v2/models/{model}/infer"} 4.0
ona_requests_total{code="200",route="/invocations"} 6.0
ona_requests_total{code="503",route="/v2/health/ready"} 70.0
ona_errors_total{route="/v2/models/{model}/infer"} 4.0
ona_errors_total{route="/v2/health/ready"} 70.0
ona_request_seconds_bucket{le="0.001",route="/v2/models/{model}/infer"} 50.0
ona_request_seconds_bucket{le="+Inf",route="/v2/models/{model}/infer"} 94.0
ona_request_seconds_bucket{le="0.001",route="/metrics"} 7.0
ona_predictions_total{label="a \\"b\\", {c}"} 1e+02
ona_rows_total 100.0
process_start_time_seconds 1.7e+09
"""


def test_predictions_are_counted_and_probes_are_not():
    found = read_metrics(TEXT)
    assert (found.requests, found.errors) == (100, 4)
    assert found.within == {"0.001": 50, "+Inf": 94}
    assert found.labels == {'a \\"b\\", {c}': 100}


@pytest.mark.parametrize("route", ["/v2/models/{model}/infer", "/invocations"])
def test_what_the_server_writes_is_read(route: str):
    metrics = Metrics(Identity())
    for code, seconds in ((200, 0.004), (200, 0.2), (500, 0.004)):
        metrics.answered(route, code, seconds)
    metrics.answered("/v2/health/ready", 503, 0.004)
    metrics.predicted({"label": np.array([7, 7, 9])})
    found = read_metrics(metrics.text().decode())
    assert (found.requests, found.errors, found.labels) == (3, 1, {"7": 2, "9": 1})
    assert (found.within["0.0025"], found.within["0.005"], found.within["+Inf"]) == (0, 2, 3)


def test_what_is_no_metrics_counts_nothing():
    assert read_metrics("") == read_metrics("<html>not here</html>") == Counts()


def test_a_span_of_time_is_the_later_counts_without_the_earlier_of_each_instance():
    earlier = Traffic({"c": Counts(requests=5, labels={"1": 5})}, {"a": Counts(requests=100, errors=3)})
    later = Traffic(
        {"c": Counts(requests=9, labels={"1": 7, "2": 2})},
        {"a": Counts(requests=7, errors=1), "b": Counts(requests=20)},
    )
    canary, stable = later.since(earlier)
    assert canary == Counts(requests=4, labels={"1": 2, "2": 2})
    assert stable == Counts(requests=27, errors=1), "a was started anew, b is new"
