"""A model version read from a real repository, by the real git."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.source.read import SourceInput, models, read
from ona_pipeline.source.uncommitted import notice, uncommitted
from tests.projects import FILES, Project


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


@pytest.fixture
def into(tmp_path):
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def snapshot(project: Project, into: Path, revision: str = "HEAD", model: str = "iris", commit: str = ""):
    request = SourceInput(repository=project.folder, model=model, revision=revision, commit=commit, into=into)
    return read(request)


def refused(project: Project, into: Path, **changes: str) -> UsageError:
    with pytest.raises(UsageError) as error:
        snapshot(project, into, **changes)
    assert list(into.iterdir()) == []
    return error.value


def test_what_was_committed_is_read_and_not_what_lies_in_the_work_tree(project, into):
    project.write({"models/iris/model/MLmodel": "changed\n", "models/iris/model/new.txt": "new\n"})
    found = snapshot(project, into)
    assert (found.model / "MLmodel").read_text() == FILES["models/iris/model/MLmodel"]
    assert sorted(path.name for path in found.model.iterdir()) == ["MLmodel"]
    assert found.origins.commit == project.first
    assert found.origins.revision == "HEAD"


def test_a_snapshot_holds_the_model_and_its_suites_and_nothing_else(project, into):
    snapshot(project, into)
    files = {path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_file()}
    assert files == {path for path in FILES if path != "pyproject.toml"}


def test_uncommitted_changes_are_said(project):
    project.write({"models/iris/model/MLmodel": "changed\n", "validation/iris/new.json": "{}", "other": ""})
    changed = uncommitted(project.folder, "iris")
    assert changed == ["models/iris/model/MLmodel", "validation/iris/new.json"]
    assert notice(changed).endswith(
        "validation/iris/new.json have uncommitted changes, which are not released"
    )
    assert uncommitted(project.folder / "models", "iris") == changed


def test_nothing_is_uncommitted_in_a_clean_or_a_bare_repository(project, tmp_path):
    assert uncommitted(project.folder, "iris") == []
    assert uncommitted(project.bare(tmp_path / "bare.git"), "iris") == []
    assert notice([]) == ""


def test_an_older_revision_gives_the_older_files(project, into):
    project.write({"models/iris/model/MLmodel": "newer\n"})
    project.commit("second")
    found = snapshot(project, into, revision="HEAD~1")
    assert (found.model / "MLmodel").read_text() == FILES["models/iris/model/MLmodel"]


def test_a_pinned_commit_wins_over_a_branch_that_moved(project, into):
    project.write({"models/iris/model/MLmodel": "newer\n"})
    project.commit("second")
    found = snapshot(project, into, revision="main", commit=project.first)
    assert found.origins.commit == project.first
    assert found.origins.revision == "main"


def test_a_bare_repository_is_read_alike(project, into, tmp_path):
    bare = project.bare(tmp_path / "bare.git")
    found = read(SourceInput(repository=bare, model="iris", into=into))
    assert found.manifest.read_text() == FILES["models/iris/model.manifest.json"]


def test_permissions_let_the_user_of_a_sandbox_read(project, into):
    project.git("update-index", "--chmod=+x", "models/iris/train.py")
    project.git("commit", "--quiet", "--message", "executable")
    old = os.umask(0o077)
    try:
        found = snapshot(project, into)
    finally:
        os.umask(old)
    assert stat.S_IMODE(found.root.stat().st_mode) == 0o755
    assert stat.S_IMODE((found.root / "train.py").stat().st_mode) == 0o755
    assert stat.S_IMODE(found.manifest.stat().st_mode) == 0o644


def test_links_are_laid_out_as_links_and_never_followed(project, into, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (project.folder / "models/iris/model/link").symlink_to(secret)
    (project.folder / "models/iris/model/up").symlink_to("../../../../..")
    project.commit("links")
    found = snapshot(project, into)
    assert (found.model / "link").is_symlink()
    assert str((found.model / "link").readlink()) == str(secret)
    assert (found.model / "up").is_symlink()


def test_a_submodule_is_laid_out_as_a_link_that_leads_nowhere(project, into):
    project.tree_entry("160000", "submodule", project.first, "models/iris/model/sub")
    found = snapshot(project, into)
    assert str((found.model / "sub").readlink()) == f"submodule:{project.first}"


def test_a_tree_that_would_write_through_a_link_is_refused(project, into, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    link = project.git("hash-object", "-w", "--stdin", content=str(outside).encode())
    blob = project.git("hash-object", "-w", "--stdin", content=b"evil")
    model = project.git("mktree", "--missing", content=f"100644 blob {blob}\tMLmodel\n".encode())
    listed = project.git("ls-tree", "HEAD:models/iris").replace(
        "\ttrain.py", f"\ttrain.py\n120000 blob {link}\tuntidy\n040000 tree {model}\tuntidy"
    )
    iris = project.git("mktree", content=(listed + "\n").encode())
    models_tree = project.git("mktree", content=f"040000 tree {iris}\tiris\n".encode())
    top = project.git("ls-tree", "HEAD").replace(project.git("rev-parse", "HEAD:models"), models_tree)
    tree = project.git("mktree", content=(top + "\n").encode())
    commit = project.git("commit-tree", tree, "-m", "evil")
    with pytest.raises(UsageError, match="holds one path twice; that is no sound git tree"):
        snapshot(project, into, revision=commit)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(("name", "depth"), [("d", 33), ("d", 400), ("n" * 256, 1), ("n" * 200, 6)])
def test_a_path_that_no_disk_could_hold_is_refused_before_anything_is_laid_out(project, into, name, depth):
    """git keeps trees without end; laid out, nobody could remove them."""
    blob = project.git("hash-object", "-w", "--stdin", content=b"x")
    kind, inner = "100644 blob", blob
    for _ in range(depth):
        inner = project.git("mktree", content=f"{kind} {inner}\t{name}\n".encode())
        kind = "040000 tree"
    listed = project.git("ls-tree", "HEAD:models/iris")
    iris = project.git("mktree", content=f"{listed}\n040000 tree {inner}\tzz\n".encode())
    models_tree = project.git("mktree", content=f"040000 tree {iris}\tiris\n".encode())
    top = project.git("ls-tree", "HEAD").replace(project.git("rev-parse", "HEAD:models"), models_tree)
    tree = project.git("mktree", content=(top + "\n").encode())
    commit = project.git("commit-tree", tree, "-m", "deep")
    error = refused(project, into, revision=commit)
    assert "holds the path 'models/iris/zz/" in error.message
    assert "wanted at most 32 folders in each other, names of 255 bytes and paths of 1000" in error.message


def test_content_is_exact_whatever_attributes_and_filters_say(project, into):
    project.write(
        {".gitattributes": "* text eol=crlf export-subst filter=evil\nmodels/iris/model export-ignore\n"}
    )
    project.git("config", "filter.evil.smudge", "touch /tmp/ona-evil")
    project.commit("attributes")
    found = snapshot(project, into)
    assert (found.model / "MLmodel").read_bytes() == FILES["models/iris/model/MLmodel"].encode()


def test_replacement_refs_are_not_obeyed(project, into):
    other = project.git("hash-object", "-w", "--stdin", content=b"replaced\n")
    project.git("replace", project.git("rev-parse", "HEAD:models/iris/model/MLmodel"), other)
    assert (snapshot(project, into).model / "MLmodel").read_text() == FILES["models/iris/model/MLmodel"]


def test_an_unknown_model_is_named_with_those_there_and_what_was_probably_meant(project, into):
    error = refused(project, into, model="irsi")
    assert error.message == f"no model 'irsi' in commit {project.first[:12]}; models there: iris"
    assert error.hint == "did you mean 'iris'?"


@pytest.mark.parametrize("name", ["../iris", "Iris", "", "iris/model"])
def test_a_name_that_no_model_can_have_is_unknown(project, into, name):
    assert "models there: iris" in refused(project, into, model=name).message


def test_a_revision_without_the_model_says_that_head_has_it(project, into):
    project.git("checkout", "--quiet", "--orphan", "empty")
    project.git("rm", "-r", "--quiet", "--force", "models")
    without = project.commit("without")
    project.git("checkout", "--quiet", "main")
    error = refused(project, into, revision="empty")
    assert error.message == f"no model 'iris' in commit {without[:12]}; models there: none"
    assert error.hint == "HEAD has it; that revision does not"


@pytest.mark.parametrize("revision", ["nope", "--help", "-n1", "", "HEAD\nHEAD", "HEAD:models"])
def test_an_unknown_revision_is_named(project, into, revision):
    assert (
        refused(project, into, revision=revision).message == f"no revision {revision!r} in {project.folder}"
    )


def test_no_repository_is_said(tmp_path, into):
    (tmp_path / "plain").mkdir()
    with pytest.raises(UsageError, match=f"there is no git repository at {tmp_path / 'plain'}"):
        read(SourceInput(repository=tmp_path / "plain", model="iris", into=into))
    with pytest.raises(UsageError, match="there is no git repository at"):
        read(SourceInput(repository=tmp_path / "missing", model="iris", into=into))


def test_git_that_is_not_installed_is_said(project, into, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(BackendError, match="git is not installed"):
        snapshot(project, into)


def test_a_missing_suite_is_refused_before_anything_is_laid_out(project, into):
    commit = project.release_toml('data = ["data.json"]', 'data = ["gone.json"]')
    assert refused(project, into).message == (
        f"models/iris/release.toml at {commit[:12]}: validation names validation/iris/gone.json, "
        "which is not in the commit"
    )


def test_models_of_a_revision_are_listed(project):
    project.write({"models/rose/release.toml": "", "models/README.md": ""})
    project.commit("rose")
    assert models(project.folder) == ["iris", "rose"]
    assert models(project.folder, "HEAD~1") == ["iris"]


def test_variables_of_a_surrounding_git_process_lead_nowhere(project, into, tmp_path, monkeypatch):
    other = Project(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_LFS_SKIP_SMUDGE", "1")
    project.write({"models/iris/model/MLmodel": "mine\n"})
    commit = project.commit("mine")
    assert snapshot(project, into).origins.commit == commit


def test_a_damaged_repository_is_a_failure_outside_and_no_verdict(project, into):
    oid = project.git("rev-parse", "HEAD:models/iris/model/MLmodel")
    (project.folder / ".git/objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(BackendError, match=f"git object {oid} is missing"):
        snapshot(project, into)


def test_objects_in_the_quarantine_of_a_pre_receive_hook_are_seen(project, tmp_path):
    bare = project.bare(tmp_path / "bare.git")
    into, answer = tmp_path / "in-hook", tmp_path / "answer"
    into.mkdir()
    hook = bare / "hooks/pre-receive"
    hook.write_text(
        "#!/bin/sh\nread old new ref\n"
        f'exec {sys.executable} -c "\n'
        "from pathlib import Path; import sys\n"
        "from ona_pipeline.source.read import SourceInput, read\n"
        f"bare, into = Path('{bare}'), Path('{into}')\n"
        "s = read(SourceInput(repository=bare, model='iris', revision=sys.argv[1], into=into))\n"
        f"Path('{answer}').write_text((s.model / 'MLmodel').read_text())\n"
        '" "$new"\n'
    )
    hook.chmod(0o755)
    project.write({"models/iris/model/MLmodel": "pushed\n"})
    project.commit("pushed")
    pushing = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = ["git", "-C", str(project.folder), "push", "--quiet", str(bare), "main"]
    subprocess.run(command, check=True, env=pushing, capture_output=True)
    assert answer.read_text() == "pushed\n"
