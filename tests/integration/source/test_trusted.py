"""The ref that policy is read at: one that the commit being judged cannot have changed."""

import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.policy import parse_policy
from ona_pipeline.source.trusted import read_trusted, trusted_ref
from tests.projects import FILES, Project


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


@pytest.fixture
def clone(project, tmp_path):
    project.git("clone", "--quiet", str(project.folder), str(tmp_path / "clone"))
    return tmp_path / "clone"


def test_a_clone_trusts_the_default_branch_of_its_origin(clone):
    assert trusted_ref(clone) == "refs/remotes/origin/HEAD"


def test_a_repository_without_origin_trusts_its_main(project):
    assert trusted_ref(project.folder) == "refs/heads/main"


def test_an_origin_without_a_default_branch_gives_its_main(project, clone):
    project.git("-C", str(clone), "remote", "set-head", "origin", "--delete")
    assert trusted_ref(clone) == "refs/remotes/origin/main"


def test_a_bare_repository_trusts_its_default_branch(project, tmp_path):
    project.git("branch", "--move", "main", "trunk")
    assert trusted_ref(project.bare(tmp_path / "bare.git")) == "refs/heads/trunk"


def test_the_setting_wins_and_must_exist(project, clone):
    project.git("branch", "release")
    assert trusted_ref(project.folder, "release") == "release"
    with pytest.raises(UsageError, match="no revision 'gone'"):
        trusted_ref(clone, "gone")


def test_without_any_usual_ref_the_remedy_is_named(project):
    project.git("branch", "--move", "main", "trunk")
    with pytest.raises(UsageError, match="no trusted ref in") as error:
        trusted_ref(project.folder)
    assert "trusted_ref in [tool.ona]" in error.value.hint


def test_the_policy_file_is_read_at_the_ref_and_not_from_the_branch_that_is_judged(project):
    project.git("checkout", "--quiet", "-b", "candidate")
    project.write({"pyproject.toml": "[tool.ona.verify]\nformats = ['pickle']\n"})
    project.commit("allow myself")
    commit, content = read_trusted(project.folder, trusted_ref(project.folder))
    assert (commit, content.decode()) == (project.first, FILES["pyproject.toml"])


def test_no_policy_file_is_no_bytes(project):
    project.git("rm", "--quiet", "pyproject.toml")
    commit = project.commit("none")
    assert read_trusted(project.folder, "main") == (commit, b"")


def test_a_policy_file_that_is_a_link_is_refused(project):
    (project.folder / "pyproject.toml").unlink()
    (project.folder / "pyproject.toml").symlink_to("/etc/passwd")
    commit = project.commit("link")
    with pytest.raises(UsageError, match=f"pyproject.toml at {commit[:12]} is a symlink; wanted a file"):
        read_trusted(project.folder, "main")


def test_a_commit_that_lowers_the_quorum_and_names_itself_is_judged_by_the_policy_before_it(project):
    policy = """\
[tool.ona.people.releaser]
logins = ["releaser"]
[tool.ona.people.approver-a]
logins = ["approver-a"]
[tool.ona.people.approver-b]
logins = ["approver-b"]
[tool.ona.environments.production]
approvers = ["approver-a", "approver-b"]
quorum = 2
"""
    project.write({"pyproject.toml": policy})
    trusted = project.commit("two people decide")
    project.git("checkout", "--quiet", "-b", "candidate")
    lowered = policy.replace("quorum = 2", "quorum = 1\nrequester_may_approve = true")
    project.write({"pyproject.toml": lowered.replace('["approver-a", "approver-b"]', '["releaser"]')})
    project.commit("allow myself")
    commit, content = read_trusted(project.folder, trusted_ref(project.folder))
    production = parse_policy(content, subject="pyproject.toml").environment("production")
    assert commit == trusted
    assert (production.allowed, production.quorum) == (("approver-a", "approver-b"), 2)
    assert not production.lets_requester_approve
