"""Where a command was started, and the ledger that belongs to it."""

from pathlib import Path

import pytest

from ona_pipeline import project
from ona_pipeline.errors import UsageError
from tests.projects import Project


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("CI", "ONA_LEDGER", "ONA_TRUSTED_REF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = Project(tmp_path / "models")
    monkeypatch.chdir(made.folder)
    return made


def test_a_command_may_be_started_anywhere_in_the_work_tree(
    repository: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.folder / "models" / "iris")
    assert project.here().folder == repository.folder


def test_the_default_ledger_is_in_the_state_folder_and_each_repository_has_its_own(
    repository: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = project.here().ledger_url
    assert url == project.here().ledger_url
    assert url.startswith(f"sqlite:///{tmp_path}/state/ona/models-")
    assert url.endswith("/ledger.db")
    other = Project(tmp_path / "elsewhere" / "models")
    monkeypatch.chdir(other.folder)
    assert project.here().ledger_url != url


def test_a_ledger_that_was_set_is_taken(repository: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONA_LEDGER", "postgresql://db.example/ona")
    monkeypatch.setenv("CI", "true")
    assert project.here().ledger_url == "postgresql://db.example/ona"


@pytest.mark.parametrize("value", ["true", "1"])
def test_under_ci_an_unset_ledger_is_a_usage_error(
    repository: Project, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CI", value)
    with pytest.raises(UsageError, match="under CI the ledger must be set") as error:
        _ = project.here().ledger_url
    assert "ONA_LEDGER" in error.value.hint


def test_outside_of_a_repository_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no git repository"):
        project.here()


def test_a_bare_repository_has_the_settings_of_its_trusted_ref(
    repository: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write({"pyproject.toml": '[tool.ona]\nbase = "committed"\n'})
    repository.commit("settings")
    repository.write({"pyproject.toml": '[tool.ona]\nbase = "not committed"\n'})
    bare = repository.bare(tmp_path / "models.git")
    monkeypatch.chdir(bare)
    here = project.here()
    assert (here.folder, here.settings.base) == (bare, "committed")
    assert here.origins["base"] == "pyproject.toml at refs/heads/main"


def test_policy_is_read_at_a_commit_and_not_from_the_work_tree(repository: Project) -> None:
    repository.write({"pyproject.toml": "[tool.ona.verify]\nformats = ['pickle']\n"})
    commit, policy = project.here().policy()
    assert (commit, policy.verify.formats) == (repository.first, ("skops",))


def test_the_e_mail_address_is_gits_and_may_be_missing(
    repository: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project.git_setting(repository.folder, "user.email") == "releaser@example.org"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    assert project.git_setting(tmp_path, "user.email") == ""


def test_a_commit_on_the_trusted_ref_is_judged_without_what_it_changed_in_the_policy_itself(
    repository: Project,
) -> None:
    two = "[tool.ona.environments.production]\napprovers = ['approver-a', 'approver-b']\nquorum = 2\n"
    repository.write({"pyproject.toml": two})
    trusted = repository.commit("two people decide")
    repository.write({"pyproject.toml": two.replace("= 2", "= 1"), "models/iris/README.md": "new\n"})
    pushed = repository.commit("a model, and one person decides")
    here = project.here()
    assert here.policy()[1].environment("production").quorum == 1
    assert here.judging(trusted, pushed).environment("production").quorum == 2
    repository.write({"models/iris/README.md": "newer\n"})
    assert here.judging(pushed, repository.commit("the next model")).environment("production").quorum == 1
