"""The canary's rule: how often it raises a false alarm, and what it does not let through."""

from collections.abc import Callable

import numpy as np
import pytest

from ona_pipeline.rollout.canary_rule import ENOUGH, FALSE_ALARMS, LOOKS, Comparison, compared, is_enough
from ona_pipeline.rollout.traffic import Counts

BOUNDS = ("0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1")
LABELS = tuple("0123456789")
Rng = np.random.Generator


def counts(
    rng: Rng, requests: int, *, errors: float = 0.02, slowness: float = 1.0, first_label: float = 0.1
) -> Counts:
    """Requests dealt at random: their times are exponential, labels are even but for the first."""
    seconds = rng.exponential(0.004 * slowness, requests)
    shares = [first_label, *[(1 - first_label) / 9] * 9]
    rows = rng.multinomial(requests, shares)
    return Counts(
        requests=requests,
        errors=int(rng.binomial(requests, errors)),
        within={**{bound: int((seconds <= float(bound)).sum()) for bound in BOUNDS}, "+Inf": requests},
        labels=dict(zip(LABELS, map(int, rows), strict=True)),
    )


def sum_of(one: Counts, other: Counts) -> Counts:
    return Counts(
        requests=one.requests + other.requests,
        errors=one.errors + other.errors,
        within={bound: one.within[bound] + other.within[bound] for bound in one.within},
        labels={label: one.labels[label] + other.labels[label] for label in LABELS},
    )


def taken_back(
    rng: Rng,
    requests: int,
    share: float,
    worse: dict[str, float],
    is_worse: Callable[[Comparison], bool] = lambda one: one.is_worse,
) -> bool:
    """Whether a canary is taken back at one of all its looks."""
    canary, stable = counts(rng, 0), counts(rng, 0)
    for _ in range(LOOKS):
        canary = sum_of(canary, counts(rng, int(requests / LOOKS), **worse))
        stable = sum_of(stable, counts(rng, int(requests / share * (1 - share) / LOOKS)))
        found = compared(canary, stable)
        if any(map(is_worse, found)):
            return True
    return False


@pytest.mark.parametrize("share", [0.1, 0.34, 0.5])
def test_one_canary_in_a_hundred_at_most_is_taken_back_for_nothing(share: float):
    """Even without the margins, which only make it rarer; 3 standard errors are left to chance."""
    rng, tries = np.random.default_rng(20261124), 30
    alarms = sum(taken_back(rng, 1000, share, {}, lambda one: one.p < one.threshold) for _ in range(tries))
    assert alarms / tries <= FALSE_ALARMS + 3 * (FALSE_ALARMS * (1 - FALSE_ALARMS) / tries) ** 0.5


@pytest.mark.parametrize(
    "worse", [{"errors": 0.07}, {"slowness": 2.0}, {"first_label": 0.3}], ids=["errors", "slower", "labels"]
)
@pytest.mark.parametrize("share", [0.1, 0.34, 0.5])
def test_with_enough_traffic_a_canary_that_is_worse_is_found_out(share: float, worse: dict[str, float]):
    rng, tries = np.random.default_rng(1), 20
    assert sum(taken_back(rng, ENOUGH, share, worse) for _ in range(tries)) >= 0.95 * tries


def test_a_difference_that_does_not_matter_is_none_however_sure_it_is():
    stable = Counts(requests=1_000_000, errors=1000)
    canary = Counts(requests=1_000_000, errors=3000)
    (found,) = compared(canary, stable)
    assert found.p < found.threshold
    assert not found.is_worse


def test_a_canary_that_is_better_is_not_worse():
    assert not any(one.is_worse for one in compared(Counts(requests=600), Counts(requests=600, errors=300)))


def test_what_is_worse_says_so_with_both_shares():
    found, *_ = compared(Counts(requests=600, errors=300), Counts(requests=1200))
    assert (found.code, found.is_worse) == ("canary-errors", True)
    assert str(found).startswith("requests that failed: 300 of 600 (50.0%), beside it 0 of 1200 (0.0%); p = ")


def test_nothing_is_compared_before_both_had_a_request():
    assert compared(Counts(), Counts(requests=600)) == ()
    assert not is_enough(Counts(requests=ENOUGH), Counts(requests=ENOUGH - 1))
    assert is_enough(Counts(requests=ENOUGH), Counts(requests=ENOUGH))
