"""Honest estimators: each of scikit-learn's, fitted, and those that are made of others in several ways."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np


def honest() -> Iterator[tuple[str, Any]]:
    """A name for people, and the fitted estimator; a kind comes as often as scikit-learn tests it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, estimator in (*_of_scikit_learn(), *_made_of_others()):
            if (done := fitted(estimator)) is not None:
                yield name, done


def fitted(estimator: Any) -> Any:
    """The estimator, fitted to whichever of these data it takes first; None where it takes none of them."""
    numbers = np.random.default_rng(0).random((60, 5)) + 0.1
    classes = np.arange(60) % 3
    targets = [classes, classes % 2, numbers[:, 0], numbers[:, :2], numbers.round()[:, :2].astype(int)]
    words, pairs = ["one two three", "two three four", "five six"] * 20, [{"a": 1}, {"b": 2}] * 30
    for features in (numbers, numbers[:, :1], words, pairs, numbers @ numbers.T):
        for target in targets:
            try:
                return estimator.fit(features, target)
            except Exception:  # noqa: BLE001  estimators refuse data in many ways
                continue
    for labels in (classes, [("a", "b"), ("c",)]):
        try:
            return estimator.fit(labels)
        except Exception:  # noqa: BLE001  not one of those that transform labels
            continue
    return None


def _of_scikit_learn() -> Iterator[tuple[str, Any]]:
    from sklearn.utils import all_estimators
    from sklearn.utils._test_common.instance_generator import _construct_instances

    for name, kind in all_estimators():
        try:
            yield from ((name, instance) for instance in _construct_instances(kind))
        except Exception:  # noqa: BLE001  not one of those that transform labels
            continue


def _made_of_others() -> list[tuple[str, Any]]:
    from sklearn import (
        calibration,
        compose,
        decomposition,
        ensemble,
        feature_extraction,
        feature_selection,
        gaussian_process,
        impute,
        kernel_approximation,
        linear_model,
        metrics,
        model_selection,
        multiclass,
        multioutput,
        naive_bayes,
        neighbors,
        neural_network,
        pipeline,
        preprocessing,
        svm,
        tree,
    )
    from sklearn.frozen import FrozenEstimator
    from sklearn.gaussian_process import kernels

    logistic, forest = linear_model.LogisticRegression(), ensemble.RandomForestClassifier(3, random_state=0)
    scaled = pipeline.make_pipeline(preprocessing.StandardScaler(), logistic)
    regressors = [("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=2))]
    made = [
        scaled,
        pipeline.make_union(preprocessing.StandardScaler(), decomposition.PCA(2)),
        pipeline.make_pipeline(
            impute.SimpleImputer(), decomposition.TruncatedSVD(2), svm.SVC(probability=False)
        ),
        compose.make_column_transformer((preprocessing.StandardScaler(), [0, 1]), remainder="passthrough"),
        compose.make_column_transformer((preprocessing.KBinsDiscretizer(3), slice(0, 2)), ("drop", [2])),
        compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1),
        compose.TransformedTargetRegressor(
            linear_model.Ridge(), transformer=preprocessing.QuantileTransformer(n_quantiles=9)
        ),
        preprocessing.FunctionTransformer(np.log1p),
        model_selection.GridSearchCV(scaled, {"logisticregression__C": [0.1, 1.0]}, cv=2),
        model_selection.GridSearchCV(forest, {"max_depth": [1, 2]}, cv=2, scoring="accuracy"),
        model_selection.GridSearchCV(
            logistic, {"C": [1.0]}, cv=2, scoring=["f1_macro", "accuracy"], refit="accuracy"
        ),
        model_selection.RandomizedSearchCV(logistic, {"C": [0.1, 1.0, 2.0]}, n_iter=2, cv=2, random_state=0),
        model_selection.TunedThresholdClassifierCV(logistic, cv=2),
        model_selection.FixedThresholdClassifier(logistic),
        calibration.CalibratedClassifierCV(logistic, cv=2),
        calibration.CalibratedClassifierCV(logistic, cv=2, method="isotonic"),
        ensemble.StackingClassifier([("a", logistic), ("b", forest)], cv=2),
        ensemble.StackingRegressor(regressors, cv=2),
        ensemble.VotingClassifier([("a", logistic), ("b", forest)], voting="soft"),
        ensemble.VotingRegressor(regressors),
        ensemble.BaggingClassifier(neighbors.KNeighborsClassifier(), 3),
        ensemble.AdaBoostRegressor(n_estimators=3),
        ensemble.GradientBoostingClassifier(n_estimators=3),
        ensemble.GradientBoostingRegressor(n_estimators=3, loss="huber"),
        ensemble.GradientBoostingRegressor(n_estimators=3, loss="quantile"),
        ensemble.HistGradientBoostingClassifier(max_iter=3),
        ensemble.HistGradientBoostingRegressor(max_iter=3, loss="poisson"),
        ensemble.HistGradientBoostingRegressor(max_iter=3, loss="quantile", quantile=0.5),
        multiclass.OneVsRestClassifier(logistic),
        multiclass.OneVsOneClassifier(svm.LinearSVC()),
        multiclass.OutputCodeClassifier(logistic),
        multioutput.MultiOutputClassifier(forest),
        multioutput.MultiOutputRegressor(linear_model.Ridge()),
        multioutput.ClassifierChain(logistic),
        multioutput.RegressorChain(linear_model.Ridge()),
        feature_selection.SelectKBest(feature_selection.f_classif, k=2),
        feature_selection.SelectKBest(feature_selection.mutual_info_classif, k=2),
        feature_selection.RFECV(logistic, cv=2),
        feature_selection.SelectFromModel(forest),
        feature_selection.SequentialFeatureSelector(logistic, n_features_to_select=2, cv=2),
        pipeline.make_pipeline(feature_extraction.text.TfidfVectorizer(), naive_bayes.MultinomialNB()),
        feature_extraction.text.CountVectorizer(ngram_range=(1, 2), stop_words="english"),
        feature_extraction.text.HashingVectorizer(n_features=16),
        feature_extraction.DictVectorizer(),
        feature_extraction.FeatureHasher(8, input_type="string"),
        gaussian_process.GaussianProcessRegressor(kernels.RBF() + kernels.WhiteKernel()),
        gaussian_process.GaussianProcessClassifier(1.0 * kernels.Matern()),
        kernel_approximation.Nystroem(n_components=5),
        neighbors.KNeighborsClassifier(algorithm="kd_tree"),
        neighbors.KNeighborsClassifier(algorithm="ball_tree", metric="haversine"),
        neighbors.KNeighborsRegressor(algorithm="ball_tree", metric="manhattan"),
        neighbors.KernelDensity(),
        neural_network.MLPClassifier((4,), max_iter=5, early_stopping=True),
        neural_network.MLPRegressor((4,), max_iter=5, solver="lbfgs"),
        linear_model.SGDClassifier(loss="log_loss", average=True),
        linear_model.RidgeCV(scoring="r2"),
        linear_model.LogisticRegressionCV(
            cv=2, max_iter=20, scoring=metrics.make_scorer(metrics.accuracy_score)
        ),
        linear_model.RANSACRegressor(linear_model.Ridge()),
        preprocessing.OneHotEncoder(handle_unknown="ignore"),
        preprocessing.OrdinalEncoder(),
        preprocessing.TargetEncoder(cv=2),
        preprocessing.PowerTransformer(),
        preprocessing.SplineTransformer(),
        decomposition.SparseCoder(np.eye(5)),
        FrozenEstimator(logistic.fit([[0.0], [1.0]], [0, 1])),
    ]
    return [(f"{type(one).__name__} {number}", one) for number, one in enumerate(made)]
