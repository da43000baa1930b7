"""Settings: file < variables, each with its origin, and one clear sentence where a value is wrong."""

import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.settings import Configured, TargetSettings, load, read


def loaded(text: str = "", **environ: str) -> Configured:
    return load(text.encode(), subject="pyproject.toml", environ=environ)


def refusal(text: str = "", **environ: str) -> UsageError:
    with pytest.raises(UsageError) as error:
        loaded(text, **environ)
    return error.value


def test_without_a_file_everything_has_its_default() -> None:
    configured = load(None, subject="pyproject.toml", environ={})
    assert configured.settings.image_registry == "127.0.0.1:5000/ona"
    assert configured.settings.target("staging").kind == "docker"
    assert configured.settings.target("production").kind == "kubernetes"
    assert set(configured.origins.values()) == {"default"}


def test_the_file_goes_before_defaults_and_a_variable_before_the_file() -> None:
    text = '[tool.ona]\nbase = "file"\nledger = "file"\n'
    configured = loaded(text, ONA_LEDGER="variable")
    assert (configured.settings.base, configured.settings.ledger) == ("file", "variable")
    assert configured.origins["base"] == "pyproject.toml"
    assert configured.origins["ledger"] == "ONA_LEDGER"
    assert configured.origins["mlflow"] == "default"


def test_a_variable_sets_one_field_of_one_target() -> None:
    text = '[tool.ona.targets.production]\nkind = "kubernetes"\nnamespace = "models"\n'
    configured = loaded(text, ONA_TARGETS_PRODUCTION_CONTEXT="team")
    assert configured.settings.target("production") == TargetSettings("kubernetes", "team", "models")
    assert configured.origins["targets.production.context"] == "ONA_TARGETS_PRODUCTION_CONTEXT"


def test_a_target_that_is_set_in_part_keeps_the_rest_of_its_default() -> None:
    assert loaded('[tool.ona.targets.production]\nnamespace = "x"\n').settings.target("production").kind == (
        "kubernetes"
    )


def test_an_environment_with_a_name_of_its_own_may_have_a_target() -> None:
    settings = loaded('[tool.ona.targets.canary]\nkind = "docker"\n').settings
    assert settings.target("canary").kind == "docker"


def test_an_environment_without_a_target_is_told_with_what_to_set() -> None:
    with pytest.raises(UsageError, match="environment 'canary' has no target") as error:
        loaded().settings.target("canary")
    assert "[tool.ona.targets.canary]" in error.value.hint


def test_policy_tables_are_no_settings() -> None:
    text = '[tool.ona.verify]\nformats = ["skops"]\n[tool.ona.environments.staging]\napproval = "manual"\n'
    assert loaded(text).settings == loaded().settings


def test_other_tools_tables_do_not_matter() -> None:
    assert loaded("[tool.ruff]\nline-length = 1\n").settings == loaded().settings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.ona]\nregistry = 'x'\n", "unknown field `registry`"),
        ("[tool.ona]\nbase = 3\n", r"Expected `str`, got `int` - at `$.base`"),
        ("[tool.ona.targets.staging]\nkind = 'podman'\n", "Invalid enum value 'podman'"),
        ("[tool.ona.targets.staging]\nport = 3\n", "unknown field `port`"),
        ("[tool.ona]\ntargets = 3\n", "tool.ona.targets: wanted a table for each environment"),
        ("[tool.ona.targets]\nstaging = 'docker'\n", "tool.ona.targets: wanted a table for each environment"),
        ("[tool]\nona = 3\n", "wanted a table [tool.ona]"),
        ("tool = 3\n", "wanted a table [tool.ona]"),
        ("[tool.ona\n", "pyproject.toml is not TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_one_sentence(text: str, said: str) -> None:
    assert said in refusal(text).message


def test_a_file_that_is_not_utf_8_is_told() -> None:
    with pytest.raises(UsageError, match="is not TOML"):
        load(b"\xff", subject="pyproject.toml", environ={})


def test_what_is_wrong_in_a_variable_names_the_variables() -> None:
    error = refusal(ONA_TARGETS_STAGING_KIND="podman")
    assert "Invalid enum value 'podman'" in error.message
    assert "ONA_TARGETS_STAGING_KIND" in error.hint
    assert "unknown field `colour`" in refusal(ONA_TARGETS_STAGING_COLOUR="red").message


def test_a_project_on_disk_is_read_with_this_processs_variables(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ONA_MLFLOW", "http://mlflow.example")
    assert read(tmp_path).settings.mlflow == "http://mlflow.example"
    (tmp_path / "pyproject.toml").write_text('[tool.ona]\nbase = "here"\n')
    assert read(tmp_path).settings.base == "here"


def test_two_environments_cannot_have_one_target() -> None:
    shared = b"""
    [tool.ona.targets.staging]
    kind = "kubernetes"
    namespace = "shared"
    [tool.ona.targets.production]
    kind = "kubernetes"
    namespace = "shared"
    """
    with pytest.raises(UsageError, match="staging and production have one target: namespace shared"):
        load(shared, subject="pyproject.toml", environ={})
    apart = shared.replace(b'"shared"', b'"apart"', 1)
    assert load(apart, subject="pyproject.toml", environ={}).settings.target("staging").namespace == "apart"


def test_two_environments_may_have_deployments_of_their_own_in_one_namespace() -> None:
    text = """
    [tool.ona.targets.staging]
    kind = "kubernetes"
    namespace = "shop"
    deployment = "web-next"
    [tool.ona.targets.production]
    namespace = "shop"
    deployment = "web"
    """
    settings = loaded(text, ONA_TARGETS_PRODUCTION_FRONT="shop").settings
    assert settings.target("production").front == "shop"
    assert (settings.target("staging").deployment, settings.target("staging").container) == (
        "web-next",
        "model",
    )
