"""Rows of classifiers, counted by class: what precision, recall and confusion are made of."""

from typing import Any

import msgspec

from ona_pipeline.validate.answers import Answers


class Counts(msgspec.Struct, frozen=True):
    """Rows of each class that is in the truth or was answered.

    Attributes:
        classes: as they are in the truth, else as they were answered; ascending.
        present: how often each is the truth, shape (k,).
        answered: how often each was answered, shape (k,).
        right: how often both, shape (k,).
        codes: each row's truth and answer, as places in `classes`; two of shape (n,).
    """

    classes: tuple[Any, ...]
    present: Any
    answered: Any
    right: Any
    codes: tuple[Any, Any]

    @property
    def precision(self) -> Any:
        """Share of the answers that are right, shape (k,); 0 for what was never answered."""
        return _ratio(self.right, self.answered)

    @property
    def recall(self) -> Any:
        """Share of the rows that were found, shape (k,); 0 for what is not in the truth."""
        return _ratio(self.right, self.present)

    @property
    def f1(self) -> Any:
        """Harmonic mean of both, shape (k,)."""
        return _ratio(2 * self.right, self.present + self.answered)

    @property
    def table(self) -> Any:
        """Truth in rows, answers in columns; shape (k, k)."""
        import numpy as np

        size = len(self.classes)
        truth, answer = self.codes
        return np.bincount(truth * size + answer, minlength=size * size).reshape(size, size)


def count(answers: Answers, truth: Any) -> Counts:
    """The rows of each class.

    Args:
        answers: with a label for each row.
        truth: shape (n,), of the same kind.
    """
    import numpy as np
    import pandas as pd

    both = np.concatenate([truth, answers.main.reshape(-1)])
    codes, classes = pd.factorize(both, sort=True)
    found, given = codes[: len(truth)], codes[len(truth) :]
    size = len(classes)
    # Joined with answers of another type, 3 may have become 3.0.
    places, firsts = np.unique(found, return_index=True)
    named = classes.tolist()
    for place, first in zip(places.tolist(), firsts.tolist(), strict=True):
        named[place] = truth[first : first + 1].tolist()[0]
    return Counts(
        classes=tuple(named),
        present=np.bincount(found, minlength=size),
        answered=np.bincount(given, minlength=size),
        right=np.bincount(found[found == given], minlength=size),
        codes=(found, given),
    )


def _ratio(part: Any, whole: Any) -> Any:
    import numpy as np

    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
