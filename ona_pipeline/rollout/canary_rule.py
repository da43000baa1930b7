"""Whether a canary is worse than those beside it, by an exact test with a stated rate of false alarms.

Each comparison is of shares: of failed requests, of requests slower than one bound, of rows with one
label. Were both the same, every way of dealing the requests out to them would be as likely, and the
probability of a share as uneven as the one found is hypergeometric (Fisher's exact test). What is found has
to be less likely than `FALSE_ALARMS` divided by all the comparisons that are made, and large enough to
matter. By Boole's inequality, one canary in a hundred at most that is as good as the others is taken back,
however often one looks, and at how many things.

Source:
    R. A. Fisher, "The Design of Experiments" (1935), chapter II; `scipy.stats.hypergeom`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import msgspec

from ona_pipeline.rollout.traffic import Counts

FALSE_ALARMS = 0.01
LOOKS = 20
"""How often the rule may be asked about one canary."""
ENOUGH = 1000
"""Requests that the canary, and the others, have to answer before the rule lets a canary pass: one that fails
five requests in a hundred more than the others would by then have been found out 19 times in 20."""
_MORE_ERRORS, _MORE_SLOW, _OTHER_LABELS = 0.01, 0.1, 0.1

Part = tuple[int, int]
"""How many, of how many."""


class Comparison(msgspec.Struct, frozen=True):
    """One share, compared.

    Attributes:
        code: of the finding where it is worse: ``canary-errors``, ``canary-slower``, ``canary-predictions``.
        what: is counted, for people.
        canary: how many, of how many.
        stable: likewise, of those beside it.
        p: how likely so uneven a share is where both are the same.
        threshold: below which `p` has to be.
        is_worse: whether it is that unlikely, and large enough to matter.
    """

    code: str
    what: str
    canary: Part
    stable: Part
    p: float
    threshold: float
    is_worse: bool

    def __str__(self) -> str:
        """For people."""
        (a, n), (b, m) = self.canary, self.stable
        return f"{self.what}: {a} of {n} ({a / n:.1%}), beside it {b} of {m} ({b / m:.1%}); p = {self.p:.1g}"


def compared(canary: Counts, stable: Counts) -> tuple[Comparison, ...]:
    """Everything that can be compared, the most uneven first; nothing while one of them had no request."""
    shares = [one for one in _shares(canary, stable) if one.canary[1] and one.stable[1]]
    if not shares:
        return ()
    threshold = FALSE_ALARMS / (LOOKS * len(shares))
    found = (_judged(share, p, threshold) for share, p in zip(shares, _p_values(shares), strict=True))
    return tuple(sorted(found, key=lambda one: one.p))


def is_enough(canary: Counts, stable: Counts) -> bool:
    """Whether there was so much traffic that silence of the rule means something."""
    return min(canary.requests, stable.requests) >= ENOUGH


class _Share(NamedTuple):
    code: str
    what: str
    canary: Part
    stable: Part
    margin: float
    both_ways: bool


def _shares(canary: Counts, stable: Counts) -> Iterator[_Share]:
    def share(code: str, what: str, count: Callable[[Counts], Part], margin: float) -> _Share:
        both_ways = code == "canary-predictions"
        return _Share(code, what, count(canary), count(stable), margin, both_ways)

    yield share("canary-errors", "requests that failed", lambda one: (one.errors, one.requests), _MORE_ERRORS)
    for bound in sorted({*canary.within, *stable.within} - {"+Inf"}, key=float):
        yield share(
            "canary-slower", f"requests slower than {bound} s", partial(_slower, bound=bound), _MORE_SLOW
        )
    for label in sorted({*canary.labels, *stable.labels}):
        yield share(
            "canary-predictions", f"rows predicted as {label}", partial(_rows, label=label), _OTHER_LABELS
        )


def _slower(counts: Counts, *, bound: str) -> Part:
    return counts.requests - counts.within.get(bound, 0), counts.requests


def _rows(counts: Counts, *, label: str) -> Part:
    return counts.labels.get(label, 0), sum(counts.labels.values())


def _p_values(shares: list[_Share]) -> list[float]:
    """How likely a share as large as the canary's is, or as far off in either direction, at random."""
    import numpy as np
    from scipy.stats import hypergeom

    a, n, b, m = np.array([(*one.canary, *one.stable) for one in shares]).T
    dealt = hypergeom(n + m, a + b, n)
    more, less = dealt.sf(a - 1), dealt.cdf(a)
    both_ways = np.array([one.both_ways for one in shares])
    return [float(p) for p in np.where(both_ways, np.minimum(1, 2 * np.minimum(more, less)), more)]


def _judged(share: _Share, p: float, threshold: float) -> Comparison:
    (a, n), (b, m) = share.canary, share.stable
    more = a / n - b / m
    is_large = (abs(more) if share.both_ways else more) >= share.margin
    return Comparison(
        share.code, share.what, share.canary, share.stable, p, threshold, p < threshold and is_large
    )
