"""The loaded model, in the form that serves: one entry in `_FORMS` for each."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .errors import NotServableError
from .release import Release, Signature, TensorSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Mapping[str, "NDArray[Any]"]

# Their `predict` is the class of the largest probability, by scikit-learn's definition: one call gives both.
# Not among them: SVC (its probabilities are fitted apart), threshold tuning, votes; those are asked twice.
_LABEL_IS_ARGMAX = frozenset(
    {
        "BernoulliNB",
        "DecisionTreeClassifier",
        "ExtraTreeClassifier",
        "ExtraTreesClassifier",
        "GaussianNB",
        "GradientBoostingClassifier",
        "HistGradientBoostingClassifier",
        "LogisticRegression",
        "MultinomialNB",
        "RandomForestClassifier",
    }
)


class Predictor(Protocol):
    """A model that answers.

    Attributes:
        inputs: what it is asked with, all of them.
        main_output: the output that `predict` of scikit-learn gives; what `/invocations` answers with.
        estimator: the model object itself, to be described and judged; None where there is only a graph.
        classes: the labels in the order of the probabilities; empty where there are none.
        saved_with: the version of the library that saved it, where that is another than ours; else empty.
    """

    inputs: tuple[TensorSpec, ...]
    main_output: str
    estimator: Any
    saved_with: str
    classes: Sequence[Any]

    def predict(self, arrays: Arrays) -> dict[str, "NDArray[Any]"]:
        """Answer `arrays`, one per input, rows first; the outputs have as many rows."""
        ...


class SklearnPredictor:
    """A scikit-learn estimator.

    A classifier answers `label` (n,) and, where it has `predict_proba`, `probabilities` (n, n_classes) in the
    order of `classes_`; anything else answers `value`, of whatever shape `predict` gives.
    """

    def __init__(self, estimator: Any, signature: Signature, *, saved_with: str = "") -> None:
        self.estimator = estimator
        self.saved_with = saved_with
        self.inputs = signature.inputs
        self.classes: Sequence[Any] = _plain(getattr(estimator, "classes_", []))
        self.main_output = "label" if hasattr(estimator, "classes_") else "value"
        self._is_table = signature.is_table
        self._has_probabilities = self.main_output == "label" and _has_one_set_of_probabilities(estimator)
        self._label_is_argmax = type(_last_step(estimator)).__name__ in _LABEL_IS_ARGMAX
        if self._is_table:
            _require_pandas()

    def predict(self, arrays: Arrays) -> dict[str, "NDArray[Any]"]:
        """Answer all rows in one call of the estimator, two where its label is not the likeliest class."""
        features = self.features(arrays)
        if not self._has_probabilities:
            return {self.main_output: self.estimator.predict(features)}
        probabilities = self.estimator.predict_proba(features)
        if self._label_is_argmax:
            label = self.estimator.classes_[probabilities.argmax(axis=1)]
        else:
            label = self.estimator.predict(features)
        return {"label": label, "probabilities": probabilities}

    def features(self, arrays: Arrays) -> Any:
        """What the estimator is given: the one array, or a table of the columns."""
        if not self._is_table:
            return arrays[self.inputs[0].name]
        import pandas as pd

        return pd.DataFrame({spec.name: arrays[spec.name].reshape(-1) for spec in self.inputs})

    def arrays(self, features: Any, like: Arrays) -> dict[str, "NDArray[Any]"]:
        """The other way round: arrays of the element types of `like` out of features."""
        if not self._is_table:
            return {self.inputs[0].name: features.astype(like[self.inputs[0].name].dtype)}
        return {name: features[name].to_numpy().astype(array.dtype) for name, array in like.items()}


def load(directory: Path, release: Release) -> Predictor:
    """Load the model that `release` describes from the folder of its files.

    Raises:
        NotServableError: an unknown form, a file that is not of that form, a type that the releaser did not
            allow, a package that is missing, or inputs that the form cannot take.
    """
    if release.form not in _FORMS:
        wanted = ", ".join(sorted(_FORMS))
        raise NotServableError(f"release.json: form: wanted one of {wanted}, found {release.form!r}")
    if not release.signature.inputs:
        raise NotServableError("release.json: signature.inputs: wanted at least one input, found none")
    return _FORMS[release.form](directory, release)


def _load_skops(directory: Path, release: Release) -> Predictor:
    import skops.io
    from sklearn.exceptions import InconsistentVersionWarning
    from skops.io.exceptions import UntrustedTypesFoundException

    path = directory / "model.skops"
    try:
        with warnings.catch_warnings(record=True) as warned:
            # scikit-learn warns of another version on load; `prepare` judges how far apart the two may be.
            warnings.simplefilter("always", InconsistentVersionWarning)
            estimator = skops.io.load(path, trusted=list(release.trusted_types))
    except UntrustedTypesFoundException as error:
        raise NotServableError(
            f"model/model.skops: {error}; the releaser's policy does not allow them"
        ) from error
    except (
        Exception
    ) as error:  # what is in the file decides what is raised: no list of types would be complete
        raise NotServableError(
            f"model/model.skops: cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    others = [one.message for one in warned if isinstance(one.message, InconsistentVersionWarning)]
    saved_with = others[0].original_sklearn_version if others else ""
    return SklearnPredictor(estimator, release.signature, saved_with=saved_with)


def _load_onnx(directory: Path, release: Release) -> Predictor:
    from .onnx_model import load_onnx

    return load_onnx(directory, release)


_FORMS: dict[str, Callable[[Path, Release], Predictor]] = {"skops": _load_skops, "onnx": _load_onnx}


def _plain(classes: Any) -> list[Any]:
    return [one.tolist() if hasattr(one, "tolist") else one for one in classes]


def _has_one_set_of_probabilities(estimator: Any) -> bool:
    """False for classifiers of several outputs too: theirs are a list of arrays, and `classes_` a list."""
    return hasattr(estimator, "predict_proba") and hasattr(estimator.classes_, "dtype")


def _last_step(estimator: Any) -> Any:
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def _require_pandas() -> None:
    try:
        import pandas as pd  # noqa: F401
    except ImportError as error:
        message = (
            "release.json: signature: inputs are columns of a table, which needs pandas in the model's lock"
        )
        raise NotServableError(message) from error
