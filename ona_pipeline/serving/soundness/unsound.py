"""One reason why a loaded model is not sound."""

import msgspec

MOST = 20  # reasons that are told; a spoiled forest would give one for each tree


class Unsound(msgspec.Struct, frozen=True):
    """One reason.

    Attributes:
        code: stable, such as ``tree-cyclic``.
        subject: where in the model: ``model.steps[1][1].estimators_[3].tree_``.
        sentence: what was wanted and what was found.
        is_doubt: it may be meant; then a person decides.
    """

    code: str
    subject: str
    sentence: str
    is_doubt: bool = False
