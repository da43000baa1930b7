"""`ona verify` where something in a model of a project is not as it should be: refused, and named."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ona_pipeline.cli import app
from tests.digits import MODEL
from tests.folders import dig

Spoil = Callable[[Path], object]


def _replaced(name: str, make: Callable[[Path], object]) -> Spoil:
    def spoil(model: Path) -> None:
        (model / name).unlink()
        make(model / name)

    return spoil


def _declared(old: str, new: str) -> Spoil:
    return lambda model: (model / "release.toml").write_text(
        (model / "release.toml").read_text().replace(old, new)
    )


def _mlmodel(content: str) -> Spoil:
    return lambda model: (model / "model" / "MLmodel").write_text(content)


NAMED = 'name = "digits"'
SPOILT: dict[str, tuple[Spoil, str, str]] = {
    "a manifest that is a pipe": (
        _replaced("model.manifest.json", os.mkfifo),
        "manifest-missing",
        "model.manifest.json: wanted a model manifest",
    ),
    "a manifest without end": (
        lambda model: (model / "model.manifest.json").write_text("[" * 100_000),
        "manifest-unreadable",
        "values in each other without end",
    ),
    "a lock that is a pipe": (
        _replaced("requirements.lock", os.mkfifo),
        "lock-unreadable",
        "requirements.lock: wanted a text file",
    ),
    "a lock of one long line": (
        lambda model: (model / "requirements.lock").write_text("a" * 1_000_000),
        "lock-unreadable",
        "wanted a requirement such as numpy==2.4.6, found 'aaaa",
    ),
    "a lock of many brackets": (
        lambda model: (model / "requirements.lock").write_text("a==1; " + "(" * 900),
        "lock-unreadable",
        "wanted a requirement such as numpy==2.4.6, found 'a==1; ((",
    ),
    "a lock of many spaces": (
        lambda model: (model / "requirements.lock").write_text("a" + " " * 300_000 + "x"),
        "lock-unreadable",
        "wanted a requirement",
    ),
    "a declaration without end": (
        lambda model: (model / "release.toml").write_text("a = " + "[" * 50_000),
        "declaration-unreadable",
        "release.toml: wanted the declaration of a model",
    ),
    "a number without end": (
        lambda model: (model / "release.toml").write_text("a = " + "9" * 10_000),
        "declaration-unreadable",
        "release.toml: wanted the declaration of a model",
    ),
    "a path that no file can have": (
        _declared(NAMED, NAMED + '\npath = "a\\u0000b"'),
        "declaration-unreadable",
        "wanted a path that a file can have, found 'a\\x00b'",
    ),
    "a path longer than any": (
        _declared(NAMED, NAMED + f'\npath = "{"x" * 5000}"'),
        "declaration-unreadable",
        "wanted a path that a file can have, found 'xxx",
    ),
    "a link to itself": (
        lambda model: (model / "model" / "x").symlink_to("x"),
        "symlink",
        "x: wanted a file, found a link to x",
    ),
    "a lock that is a link to itself": (
        _replaced("requirements.lock", lambda path: path.symlink_to(path.name)),
        "outside",
        "requirements.lock: wanted a path inside models/digits/",
    ),
    "folders without end": (
        lambda model: dig(model / "model", 2100),
        "not-a-file",
        "wanted a file, found a folder that is too deep",
    ),
    "an empty folder": (
        lambda model: (model / "model" / "empty").mkdir(),
        "added",
        "empty: wanted nothing, found an empty folder",
    ),
    "a folder of git's": (
        lambda model: (model / "model" / ".git").mkdir(),
        "added",
        ".git: wanted nothing, found an empty folder",
    ),
    "attributes of git's": (
        lambda model: (model / "model" / ".gitattributes").write_text("* filter=x\n"),
        "added",
        ".gitattributes: wanted nothing",
    ),
    "flavors that are no text": (
        _mlmodel("flavors:\n  zzz: {}\n  3: {}\n  null: {}\n"),
        "format-not-allowed",
        "flavors: wanted 'model.skops' or an ONNX file, and that file, found ['3', 'None', 'zzz']",
    ),
    "an MLmodel without end": (
        _mlmodel("flavors: " + "[" * 100_000),
        "mlmodel-unreadable",
        "wanted plain YAML without tags or aliases, found values in each other without end",
    ),
    "code": (
        lambda model: (model / "model" / "helper.py").write_text("import os\n"),
        "code-in-model",
        "comes from packages in requirements.lock",
    ),
}


@pytest.fixture(autouse=True)
def _cleared(tmp_path: Path) -> Iterator[None]:
    """Python cannot remove folders that lie in each other deeper than its stack."""
    yield
    subprocess.run(["rm", "-rf", str(tmp_path)], check=True)


@pytest.mark.parametrize(("spoil", "code", "sentence"), SPOILT.values(), ids=SPOILT)
def test_it_is_refused_and_named(
    spoil: Spoil,
    code: str,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = tmp_path / "models" / "digits"
    shutil.copytree(MODEL, model)
    spoil(model)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["ona", "verify", str(model)])
    with pytest.raises(SystemExit) as end:
        app.main()
    said = capsys.readouterr().out
    assert (end.value.code, f"{code}: " in said, sentence in said) == (3, True, True), said[:2000]
    assert max(map(len, said.splitlines())) < 6000


def test_a_folder_that_is_no_model_may_be_as_deep_as_it_likes(tmp_path: Path, monkeypatch, capsys) -> None:
    (tmp_path / "model").mkdir()
    dig(tmp_path / "model", 2100)
    (tmp_path / "model" / "model.skops").write_bytes((MODEL / "model" / "model.skops").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["ona", "verify", "model"])
    with pytest.raises(SystemExit) as end:
        app.main()
    assert end.value.code == 3
    assert "wanted regular files only, found a link or another kind of thing" in capsys.readouterr().out
