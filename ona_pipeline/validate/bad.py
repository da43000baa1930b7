"""Bad candidates, made out of a good one's answers: what a suite must refuse, or it is no gate."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ona_pipeline.validate.answers import Answers

_SEED = 20261123


def candidates(answers: Answers, truth: Any) -> Iterator[tuple[str, Answers]]:
    """Name of each bad candidate, and what it would answer to the same rows; always the same."""
    import numpy as np

    random = np.random.default_rng(_SEED)
    shuffled = random.permutation(len(truth))
    if "label" not in answers.outputs:
        yield from _values(answers, truth, shuffled, random)
        return
    yield "shuffled labels", answers.at(shuffled)
    yield "constant answer", _constant(answers, truth)
    yield "swapped classes", _swapped(answers, truth)
    yield "noise", _noise(answers, truth, random)
    if len(_classes(answers, truth)) > 1:
        yield "truncated training", _truncated(answers, truth)


def _values(answers: Answers, truth: Any, shuffled: Any, random: Any) -> Iterator[tuple[str, Answers]]:
    import numpy as np

    value = answers.outputs["value"]
    mean, spread = float(np.mean(truth)), float(np.std(truth))
    yield "mean answer", _answering(answers, value=np.full_like(value, mean))
    yield "permuted answers", answers.at(shuffled)
    yield "scaled answers", _answering(answers, value=(value * 2).astype(value.dtype))
    yield "noise", _answering(answers, value=random.normal(mean, spread, value.shape).astype(value.dtype))
    most = np.array(np.median(truth)).astype(value.dtype)
    yield "truncated training", _answering(answers, value=np.minimum(value, most))


def _constant(answers: Answers, truth: Any) -> Answers:
    """Always the commonest class, as sure of each as it is common."""
    import numpy as np

    classes, counts = np.unique(truth, return_counts=True)
    label = np.full_like(answers.main, classes[counts.argmax()])
    shares = dict(zip(classes.tolist(), (counts / len(truth)).tolist(), strict=True))
    prior = np.array([shares.get(one, 0.0) for one in answers.classes])
    return _answering(answers, label=label, probabilities=np.tile(prior, (len(truth), 1)))


def _swapped(answers: Answers, truth: Any) -> Answers:
    """The two commonest classes taken for each other, and nothing else changed."""
    import numpy as np

    classes, counts = np.unique(truth, return_counts=True)
    one, other = classes[np.argsort(-counts, kind="stable")[:2]] if len(classes) > 1 else [*classes, *classes]
    main = answers.main
    label = np.where(main == one, other, np.where(main == other, one, main)).astype(main.dtype)
    order = [{one: other, other: one}.get(each, each) for each in answers.classes]
    places = [list(answers.classes).index(each) for each in order if each in answers.classes]
    if "probabilities" not in answers.outputs or len(places) != len(answers.classes):
        return _answering(answers, label=label)
    return _answering(answers, label=label, probabilities=answers.outputs["probabilities"][:, places])


def _noise(answers: Answers, truth: Any, random: Any) -> Answers:
    """Any class, with any probabilities in which it is the likeliest."""
    import numpy as np

    classes = _classes(answers, truth)
    probabilities = random.dirichlet(np.ones(len(classes)), len(truth))
    label = classes[probabilities.argmax(axis=1)].astype(answers.main.dtype)
    return _answering(answers, label=label, probabilities=probabilities)


def _truncated(answers: Answers, truth: Any) -> Answers:
    """As if its data had been cut off after the first half of the classes, which is all that it knows."""
    import numpy as np

    classes = _classes(answers, truth)
    known = classes[: (len(classes) + 1) // 2]
    if "probabilities" not in answers.outputs:
        label = np.where(np.isin(answers.main, known), answers.main, known[0]).astype(answers.main.dtype)
        return _answering(answers, label=label)
    # What is left of the probabilities, shared out evenly where nothing is.
    left = answers.outputs["probabilities"][:, : len(known)] + np.finfo(float).tiny
    left /= left.sum(axis=1, keepdims=True)
    none = np.zeros((len(truth), len(classes) - len(known)))
    label = known[left.argmax(axis=1)].astype(answers.main.dtype)
    return _answering(answers, label=label, probabilities=np.hstack([left, none]))


def _classes(answers: Answers, truth: Any) -> Any:
    """In the order of the probabilities, shape (k,)."""
    import numpy as np

    return np.array(answers.classes or np.unique(truth).tolist())


def _answering(answers: Answers, **outputs: Any) -> Answers:
    """The same model with other answers, of those outputs only that it has."""
    changed = {name: array for name, array in outputs.items() if name in answers.outputs}
    return msgspec.structs.replace(answers, outputs=answers.outputs | changed)
