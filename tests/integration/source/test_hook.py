"""The hook that releases on push, in real repositories with real pushes."""

import os
import subprocess
from pathlib import Path

import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.source.hook import install, to_release
from ona_pipeline.source.pushes import Push, changed_models, pushed, trusted_before
from tests.projects import FILES, Project

NONE = "0" * 40


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


@pytest.fixture
def bare(project, tmp_path):
    return project.bare(tmp_path / "bare.git")


def push(project: Project, bare, *refs: str) -> str:
    command = ["git", "-C", str(project.folder), "push", str(bare), *refs]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def recorder(tmp_path: Path) -> Path:
    """A stand-in for the command, at a path that needs quoting: it says what it was given."""
    command = tmp_path / "my tools" / "ona"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\necho "called: $*"\ncat\n')
    command.chmod(0o755)
    return command


def test_a_push_calls_the_command_with_what_moved_and_shows_what_it_says(project, bare, tmp_path):
    hook = install(bare, command=str(recorder(tmp_path)))
    project.write({"models/iris/model/MLmodel": "newer\n"})
    new = project.commit("newer")
    said = push(project, bare, "main")
    assert hook == bare / "hooks/post-receive"
    assert "remote: called: hook run" in said
    assert f"remote: {project.first} {new} refs/heads/main" in said


def test_installing_twice_changes_nothing_and_another_command_replaces_it(bare):
    hook = install(bare, command="/opt/ona")
    before = hook.read_text()
    assert install(bare, command="/opt/ona").read_text() == before
    assert "/opt/other" in install(bare, command="/opt/other").read_text()
    assert os.access(hook, os.X_OK)
    assert not list(hook.parent.glob("*.new"))


def test_a_hook_that_is_not_ours_is_left_alone(bare):
    hook = bare / "hooks/post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho mine\n")
    with pytest.raises(UsageError, match="is there already, and is not ours") as error:
        install(bare, command="/opt/ona")
    assert error.value.hint == "add the line: /opt/ona hook run"
    assert hook.read_text() == "#!/bin/sh\necho mine\n"


def test_a_dangling_link_is_not_ours_either(bare, tmp_path):
    hook = bare / "hooks/post-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is not ours"):
        install(bare, command="/opt/ona")


def test_the_repository_s_own_folder_of_hooks_is_honoured(project, bare, tmp_path):
    subprocess.run(["git", "-C", str(bare), "config", "core.hooksPath", str(tmp_path / "hooks")], check=True)
    assert install(bare, command="/opt/ona") == tmp_path / "hooks/post-receive"


def test_no_repository_gets_no_hook(tmp_path):
    with pytest.raises(UsageError, match="there is no git repository"):
        install(tmp_path, command="/opt/ona")


def test_lines_of_a_push_are_read():
    lines = [f"{'a' * 40} {'b' * 40} refs/heads/main\n", f"{NONE} {'b' * 40} refs/tags/v1\n", "\n"]
    assert pushed(lines) == [Push("a" * 40, "b" * 40, "refs/heads/main"), Push("", "b" * 40, "refs/tags/v1")]


def test_a_line_that_git_did_not_write_is_refused():
    with pytest.raises(UsageError, match="not a line of a post-receive hook: 'main'"):
        pushed(["main\n"])


def test_only_models_that_a_push_changed_are_named(project):
    rose = {path.replace("iris", "rose"): text.replace("iris", "rose") for path, text in FILES.items()}
    project.write(rose)
    second = project.commit("rose")
    assert changed_models(project.folder, project.first, second) == ["rose"]
    project.write({"README.md": "words", "validation/iris/data.json": "{ }"})
    third = project.commit("words")
    assert changed_models(project.folder, second, third) == []
    assert changed_models(project.folder, "", third) == ["iris", "rose"]


def test_a_deleted_model_and_a_deleted_branch_change_nothing(project):
    project.git("rm", "-r", "--quiet", "models/iris")
    assert changed_models(project.folder, project.first, project.commit("gone")) == []
    assert changed_models(project.folder, project.first, "") == []


def test_a_moved_branch_is_judged_by_what_it_was(project):
    moved = Push(project.first, "b" * 40, "refs/heads/main")
    assert trusted_before(project.folder, moved, [moved]) == project.first


def test_a_new_branch_is_judged_by_the_default_branch(project, bare):
    new = Push("", project.first, "refs/heads/candidate")
    assert trusted_before(bare, new, [new]) == project.first


def test_a_new_branch_is_judged_by_the_default_branch_as_it_was_before_the_same_push(project, bare):
    project.write({"pyproject.toml": "[tool.ona.verify]\nformats = ['pickle']\n"})
    second = project.commit("allow myself")
    push(project, bare, "main")
    new = Push("", second, "refs/heads/candidate")
    main = Push(project.first, second, "refs/heads/main")
    assert trusted_before(bare, new, [main, new]) == project.first


def test_the_first_push_of_all_has_no_policy_to_be_judged_by(project, bare):
    first = Push("", project.first, "refs/heads/main")
    with pytest.raises(UsageError, match="there is no policy to judge it by"):
        trusted_before(bare, first, [first])


def test_models_that_the_protected_branch_got_are_to_be_released_and_no_others(project, bare):
    project.write({"models/iris/model/MLmodel": "newer\n"})
    second = project.commit("newer")
    push(project, bare, "main", "main:candidate")
    lines = [f"{project.first} {second} refs/heads/main", f"{NONE} {second} refs/heads/candidate"]
    assert to_release(bare, lines) == [(project.first, second, "iris")]
    assert to_release(bare, lines, "candidate") == [(project.first, second, "iris")]
    assert to_release(bare, lines, "refs/heads/other") == []


def test_deleting_the_protected_branch_releases_nothing(project, bare):
    assert to_release(bare, [f"{project.first} {NONE} refs/heads/main"]) == []
