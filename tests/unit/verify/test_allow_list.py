"""Types against the releaser's allow-list; nothing that is committed beside the model can widen it."""

from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from ona_pipeline.verify.allow_list import shipped
from tests.digits import estimator_of, with_estimator


def shout(values):
    return values


def test_the_shipped_list_lets_forests_pass(codes, snapshot):
    forest = ExtraTreesClassifier(2).fit([[0.0], [1.0]], [0, 1])
    assert codes(with_estimator(snapshot, forest)) == []


def test_a_function_of_somebody_is_refused_with_its_name_and_the_place_to_allow_it(judge, snapshot):
    [finding] = judge(with_estimator(snapshot, FunctionTransformer(shout))).findings
    assert finding.code == "type-not-allowed"
    assert finding.subject == f"{__name__}.shout"
    assert "trusted_types in [tool.ona.verify]" in finding.hint
    assert "trusted ref" in finding.hint


def test_the_releasers_policy_can_allow_one_exact_name(codes, snapshot):
    with_estimator(snapshot, FunctionTransformer(shout))
    assert codes(trusted_types=(f"{__name__}.shout",)) == []
    assert codes(trusted_types=(f"{__name__}.sho",)) == [("type-not-allowed", f"{__name__}.shout")]
    assert codes(trusted_types=(f"{__name__}.*",)) == [("type-not-allowed", f"{__name__}.shout")]


def test_a_commit_that_allows_itself_is_refused(codes, snapshot):
    with_estimator(snapshot, FunctionTransformer(shout))
    allowance = f'[tool.ona.verify]\nformats = ["skops", "pickle"]\ntrusted_types = ["{__name__}.shout"]\n'
    for folder in (snapshot.folder, snapshot.root):
        (folder / "pyproject.toml").write_text(allowance)
        (folder / "trusted_types.txt").write_text(f"{__name__}.shout\n")
    mlmodel = snapshot.model / "MLmodel"
    allowing = mlmodel.read_text().replace(
        "skops_trusted_types: null", f"skops_trusted_types: [{__name__}.shout]"
    )
    mlmodel.write_text(allowing)
    assert ("type-not-allowed", f"{__name__}.shout") in codes()


def test_a_method_hidden_in_an_attribute_is_named(codes, snapshot):
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    model.callback = MinMaxScaler().set_params
    found = codes(with_estimator(snapshot, model))
    assert ("type-not-allowed", "sklearn.base.MinMaxScaler.set_params") in found


def test_the_shipped_list_has_exact_names_only():
    assert all(name.replace(".", "").isidentifier() for name in shipped())
    assert not {"builtins.eval", "builtins.getattr", "os.system", "functools.partial"} & shipped()


def test_a_type_of_python_itself_that_is_not_needed_is_refused(codes, snapshot):
    model = estimator_of(snapshot)
    model.hook = eval
    assert ("type-not-allowed", "builtins.eval") in codes(with_estimator(snapshot, model))
