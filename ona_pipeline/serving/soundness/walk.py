"""Through everything that a model is made of, once, with the rule for each kind of thing."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from . import fitted, numbers, trees
from .unsound import MOST, Unsound

Rule = Callable[[Any], Iterator[tuple[str, str]]]

_RULES: dict[str, Rule] = {
    "sklearn.tree._tree.Tree": trees.judge_tree,
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor": trees.judge_boosted_tree,
    "sklearn.neighbors._kd_tree.KDTree": trees.judge_neighbours,
    "sklearn.neighbors._kd_tree.KDTree64": trees.judge_neighbours,
    "sklearn.neighbors._kd_tree.KDTree32": trees.judge_neighbours,
    "sklearn.neighbors._ball_tree.BallTree": trees.judge_neighbours,
    "sklearn.neighbors._ball_tree.BallTree64": trees.judge_neighbours,
    "sklearn.neighbors._ball_tree.BallTree32": trees.judge_neighbours,
}
_DOUBTS = frozenset({"tree-threshold-infinite"})


def judge(estimator: Any, *, columns: int | None = None) -> tuple[Unsound, ...]:
    """Why a loaded model must not be asked anything; empty where there is no reason.

    Args:
        estimator: as it was loaded; nothing of it is called.
        columns: how many features the model signature declares; None where it does not say.

    Returns:
        The first twenty reasons, in the order in which the model holds them.
    """
    return tuple(islice(_found(estimator, columns), MOST))


def _found(estimator: Any, columns: int | None) -> Iterator[Unsound]:
    whole = [*fitted.judge_whole(estimator, columns)]
    yield from (Unsound(code, "model", sentence) for code, sentence in whole)
    for thing, subject in _parts(estimator):
        for code, sentence in _judged(thing):
            yield Unsound(code, subject, sentence, is_doubt=code in _DOUBTS)


def _judged(thing: Any) -> Iterator[tuple[str, str]]:
    rule = _RULES.get(f"{type(thing).__module__}.{type(thing).__name__}")
    if rule is not None:
        yield from rule(thing)
    elif _is_estimator(thing):
        yield from fitted.judge_estimator(thing)
        yield from numbers.judge_numbers(thing)


def _parts(root: Any) -> Iterator[tuple[Any, str]]:
    """Everything below the root and where it is, each thing once, wholes before their parts."""
    seen: set[int] = set()
    waiting = [(root, "model")]
    while waiting:
        thing, subject = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        yield thing, subject
        waiting.extend(reversed([*_below(thing, subject)]))


def _below(thing: Any, subject: str) -> Iterator[tuple[Any, str]]:
    if isinstance(thing, dict):
        yield from ((value, f"{subject}[{key!r}]") for key, value in thing.items())
    elif isinstance(thing, list | tuple) or (isinstance(thing, np.ndarray) and thing.dtype == object):
        flat = thing.ravel().tolist() if isinstance(thing, np.ndarray) else thing
        # Lists of numbers and names are long, and nothing lies below them.
        yield from ((one, f"{subject}[{at}]") for at, one in enumerate(flat) if not _is_plain(one))
    elif _is_estimator(thing):
        yield from ((value, f"{subject}.{name}") for name, value in vars(thing).items())
    elif type(thing).__name__ == "TreePredictor" or not _is_plain(thing):
        yield from ((value, f"{subject}.{name}") for name, value in getattr(thing, "__dict__", {}).items())


def _is_estimator(thing: Any) -> bool:
    return hasattr(type(thing), "get_params") and hasattr(thing, "__dict__")


def _is_plain(thing: Any) -> bool:
    return thing is None or isinstance(thing, bool | int | float | str | bytes | np.generic | type)
