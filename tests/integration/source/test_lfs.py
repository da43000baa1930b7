"""git-LFS with the real git-lfs: pointers are followed by their id."""

import shutil

import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.source.read import SourceInput, read
from tests.projects import Project

CONTENT = "weights " * 1000


@pytest.fixture
def project(tmp_path):
    if shutil.which("git-lfs") is None:
        pytest.fail("git-lfs is not installed: `make lab` installs it")
    made = Project(tmp_path / "project")
    made.git("lfs", "install", "--local")
    made.git("lfs", "track", "*.skops")
    made.write({"models/iris/model/model.skops": CONTENT})
    made.commit("a large file")
    return made


@pytest.fixture
def into(tmp_path):
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def objects(project: Project):
    return [path for path in (project.folder / ".git/lfs/objects").rglob("*") if path.is_file()]


def test_the_commit_holds_a_pointer_and_the_snapshot_the_content(project, into):
    assert project.git("show", "HEAD:models/iris/model/model.skops").startswith("version https://git-lfs")
    found = read(SourceInput(repository=project.folder, model="iris", into=into))
    assert (found.model / "model.skops").read_text() == CONTENT


def test_an_object_that_is_not_here_is_fetched_from_the_remote(project, into, tmp_path):
    remote = project.bare(tmp_path / "remote.git")
    project.git("remote", "add", "origin", f"file://{remote}")
    project.git("lfs", "push", "--all", "origin")
    for file in objects(project):
        file.unlink()
    found = read(SourceInput(repository=project.folder, model="iris", into=into))
    assert (found.model / "model.skops").read_text() == CONTENT


def test_a_missing_object_is_refused_and_named(project, into):
    for file in objects(project):
        file.unlink()
    with pytest.raises(
        UsageError, match=r"models/iris/model/model.skops is a git-LFS pointer, .* is missing"
    ) as error:
        read(SourceInput(repository=project.folder, model="iris", into=into))
    assert "git lfs push --all" in error.value.hint


def test_a_damaged_object_is_refused(project, into):
    for file in objects(project):
        file.chmod(0o644)
        file.write_text("other content")
    with pytest.raises(UsageError, match=r"model.skops: the git-LFS object is damaged: wanted sha256:"):
        read(SourceInput(repository=project.folder, model="iris", into=into))


def test_a_bare_repository_has_its_own_store(project, into, tmp_path):
    bare = project.bare(tmp_path / "bare.git")
    shutil.copytree(project.folder / ".git/lfs", bare / "lfs")
    found = read(SourceInput(repository=bare, model="iris", into=into))
    assert (found.model / "model.skops").read_text() == CONTENT


def test_a_work_tree_of_its_own_shares_the_store(project, into, tmp_path):
    project.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "beside"))
    found = read(SourceInput(repository=tmp_path / "beside", model="iris", into=into))
    assert (found.model / "model.skops").read_text() == CONTENT
