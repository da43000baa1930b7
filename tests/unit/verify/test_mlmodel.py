"""The MLmodel file as data."""

import pytest

from tests.digits import remake_manifest


@pytest.fixture(name="edited")
def _edited(snapshot, codes):
    def run(old, new):
        path = snapshot.model / "MLmodel"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        remake_manifest(snapshot)
        return codes()

    return run


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("code: null", "code: code"),
        ("loader_module: mlflow.sklearn", "loader_module: evil"),
        ("predict_fn: predict", "predict_fn: predict\n    model_code_path: model.txt"),
    ],
)
def test_code_named_in_the_mlmodel_is_refused(edited, old, new):
    assert edited(old, new) == [("code-in-model", "MLmodel")]


@pytest.mark.parametrize(
    "new",
    [
        "prompts: !!python/object/apply:os.system ['true']",
        "prompts: !custom x",
        "prompts: &a x\nother: *a",
        "flavors: {}",
        "prompts: [",
    ],
)
def test_yaml_that_is_more_than_data_is_refused(edited, new):
    assert ("mlmodel-unreadable", "MLmodel") in edited("prompts: null", new)


def test_another_model_file_is_refused(edited):
    assert edited("pickled_model: model.skops", "pickled_model: other.skops") == [
        ("format-not-allowed", "MLmodel")
    ]


def test_a_missing_mlmodel_is_refused(snapshot, codes):
    (snapshot.model / "MLmodel").unlink()
    remake_manifest(snapshot)
    assert codes() == [("mlmodel-unreadable", "MLmodel")]


@pytest.mark.parametrize("content", ["", "[]", "flavors: 3", "a" * 2_000_000])
def test_an_mlmodel_without_flavors_is_refused(snapshot, codes, content):
    (snapshot.model / "MLmodel").write_text(content)
    remake_manifest(snapshot)
    assert codes() == [("mlmodel-unreadable", "MLmodel")]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("requirements.txt", "--index-url https://example.org/simple"),
        ("requirements.txt", "numpy @ https://example.org/numpy.whl"),
        ("requirements.txt", "-e ."),
        ("requirements.txt", "-r ../other.txt"),
        ("python_env.yaml", "- --extra-index-url https://example.org/simple"),
        ("conda.yaml", "  - git+https://example.org/numpy"),
    ],
)
def test_what_a_model_asks_of_its_environment_is_a_note(snapshot, judge, name, line):
    with (snapshot.model / name).open("a") as file:
        file.write(f"\n{line}\n")
    remake_manifest(snapshot)
    evidence = judge()
    [finding] = evidence.findings
    assert (finding.code, finding.subject, finding.severity) == ("claim-not-honoured", name, "note")
    assert evidence.verdict == "passed"


def test_types_that_a_model_vouches_for_are_a_note(snapshot, judge):
    path = snapshot.model / "MLmodel"
    path.write_text(path.read_text().replace("skops_trusted_types: null", "skops_trusted_types: [os.system]"))
    remake_manifest(snapshot)
    [finding] = judge().findings
    assert (finding.code, finding.severity) == ("claim-not-honoured", "note")
    assert "os.system" in finding.sentence


def test_a_pyfunc_that_loads_another_file_is_refused(edited):
    assert edited("model_path: model.skops", "model_path: input_example.json") == [
        ("format-not-allowed", "MLmodel")
    ]
