"""What ``release.toml`` names is compared with what the commit holds."""

import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.source.declaration import parse_declaration
from ona_pipeline.source.declared import check
from ona_pipeline.source.tree import Entry
from tests.projects import FILES, RELEASE


def entries() -> dict[str, Entry]:
    return {path: Entry(path, "file", is_executable=False, oid="0") for path in FILES}


def refused(text: str = RELEASE, *, there: dict[str, Entry] | None = None, from_git: bool = True) -> str:
    declaration = parse_declaration(text.encode(), subject="release.toml", model="iris")
    with pytest.raises(UsageError) as error:
        check(declaration, entries() if there is None else there, subject="release.toml", from_git=from_git)
    return error.value.message


def test_a_commit_with_everything_passes():
    declaration = parse_declaration(RELEASE.encode(), subject="release.toml", model="iris")
    check(declaration, entries(), subject="release.toml", from_git=True)


@pytest.mark.parametrize(
    ("gone", "key"),
    [
        ("validation/iris/data.json", "validation"),
        ("models/iris/requirements.lock", "model.lock"),
        ("models/iris/model.manifest.json", "model.manifest"),
        ("models/iris/evaluation.csv", "data.path"),
    ],
)
def test_a_missing_file_is_named_with_the_key_that_names_it(gone, key):
    there = entries()
    del there[gone]
    assert refused(there=there) == f"release.toml: {key} names {gone}, which is not in the commit"


def test_a_link_where_a_file_is_declared_is_refused():
    there = entries()
    path = "models/iris/requirements.lock"
    there[path] = Entry(path, "symlink", is_executable=False, oid="0")
    assert refused(there=there) == f"release.toml: model.lock names {path}, which is a symlink; wanted a file"


def test_a_missing_model_directory_is_refused():
    there = {path: entry for path, entry in entries().items() if "/model/" not in path}
    assert (
        refused(there=there)
        == "release.toml: model.path names models/iris/model, which is no folder in the commit"
    )


def test_a_model_directory_that_is_a_link_is_refused():
    there = {path: entry for path, entry in entries().items() if "/model/" not in path}
    there["models/iris/model"] = Entry("models/iris/model", "symlink", is_executable=False, oid="0")
    assert "no folder in the commit" in refused(there=there)


@pytest.mark.parametrize("path", ["../rose/lock", "/etc/passwd", "a/../../b"])
def test_a_path_outside_the_model_is_refused(path):
    text = RELEASE.replace('name = "iris"', f'name = "iris"\nlock = "{path}"')
    assert refused(text) == f"release.toml: model.lock is '{path}', which is outside models/iris/"


@pytest.mark.parametrize("path", ["../../..", "/etc"])
def test_a_model_directory_outside_the_model_is_refused(path):
    text = RELEASE.replace('name = "iris"', f'name = "iris"\npath = "{path}"')
    assert "which is outside models/iris/" in refused(text)


def test_data_at_a_uri_need_not_be_in_the_commit():
    text = RELEASE.replace('path = "evaluation.csv"', 'path = "https://example.org/rows.csv"')
    there = entries()
    del there["models/iris/evaluation.csv"]
    declaration = parse_declaration(text.encode(), subject="release.toml", model="iris")
    check(declaration, there, subject="release.toml", from_git=True)


def test_a_registered_version_needs_no_committed_model():
    there = {path: entry for path, entry in entries().items() if "/model" not in path.removeprefix("models/")}
    declaration = parse_declaration(RELEASE.encode(), subject="release.toml", model="iris")
    check(declaration, there, subject="release.toml", from_git=False)


def test_a_registered_version_whose_files_would_cover_the_declaration_is_refused():
    text = RELEASE.replace('name = "iris"', 'name = "iris"\npath = "."')
    assert "must be a folder of its own" in refused(text, from_git=False)
