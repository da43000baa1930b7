"""`ona verify`: any path, one line each, and the right exit code."""

import json
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from ona_pipeline.cli import app
from tests.digits import MODEL

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="run")
def _run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `ona verify` in an empty folder outside of any repository: exit code, answer and notes."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ona", "verify", *arguments])
        with pytest.raises(SystemExit) as end:
            app.main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return called


@pytest.fixture(name="honest")
def _honest(tmp_path: Path) -> Path:
    path = tmp_path / "model.skops"
    path.write_bytes(skops.io.dumps(LogisticRegression().fit([[0.0], [1.0]], [0, 1])))
    return path


def shout(values):
    return values


def test_an_honest_file_passes(run: Run, honest: Path) -> None:
    assert run(str(honest)) == (0, f"passed  {honest}  (skops)\n", "")


def test_a_model_with_its_manifest_passes_as_it_lies_there(run: Run) -> None:
    code, said, _ = run(str(MODEL), str(MODEL / "model"))
    assert (code, said.count("passed")) == (0, 2)


def test_one_refused_among_many_is_exit_3_and_all_are_judged(run: Run, honest: Path, tmp_path: Path) -> None:
    (tmp_path / "b.pkl").write_bytes(pickle.dumps([1]))
    code, said, note = run(str(honest), "b.pkl", str(honest))
    assert code == 3
    assert [line.split()[0] for line in said.splitlines() if line[0] != " "] == [
        "passed",
        "refused",
        "passed",
    ]
    assert "1 of 3 refused" in note


def test_json_is_one_line_for_each_path(run: Run, honest: Path, tmp_path: Path) -> None:
    (tmp_path / "b.pkl").write_bytes(pickle.dumps([1]))
    _, said, _ = run("--json", str(honest), "b.pkl", "--explain")
    first, second = map(json.loads, said.splitlines())
    assert (first["verdict"], first["format"], first["findings"]) == ("passed", "skops", [])
    assert (second["path"], second["verdict"]) == ("b.pkl", "refused")
    assert second["findings"][0]["code"] == "format-not-allowed"


def test_a_wider_policy_is_tried_for_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.pkl").write_bytes(pickle.dumps(LogisticRegression()))
    assert run("b.pkl")[0] == 3
    assert run("b.pkl", "--formats", "skops, pickle")[0] == 0
    code, _, note = run("b.pkl", "--formats", "skops,torch")
    assert code == 2
    assert "torch" in note


def test_explaining_names_the_policy_and_the_reason_against_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.skops").write_bytes(skops.io.dumps(FunctionTransformer(shout)))
    (tmp_path / "b.pkl").write_bytes(b"cos\nsystem\n(Vtrue\ntR.")
    (tmp_path / "c.pkl").write_bytes(b"\x80\x04\x82\x01.")
    _, _, note = run("--explain", "a.skops", "b.pkl", "c.pkl")
    assert f"trusted_types = ['{__name__}.shout']" in note
    assert "whoever changes that package changes the model" in note
    assert 'formats = ["pickle"]' in note
    assert "os.system runs programs" in note
    assert "no policy allows this" in note


def test_a_path_that_is_not_there_is_exit_2_before_anything_is_judged(run: Run, honest: Path) -> None:
    code, said, note = run(str(honest), "away.skops")
    assert (code, said) == (2, "")
    assert "away.skops" in note


def test_names_in_every_script_are_judged_and_made_harmless(run: Run, honest: Path, tmp_path: Path) -> None:
    names = [
        "модель.skops",
        "模型.skops",
        "نموذج.skops",
        "मॉडल.skops",
        "m\u0301odel 🌳.skops",
        "-x.skops",
        "a\x1b[31m\n.skops",
    ]
    for name in names:
        (tmp_path / name).write_bytes(honest.read_bytes())
    code, said, _ = run("--", *names)
    assert code == 0
    assert said.count("passed") == len(names)
    assert "\x1b" not in said


def test_thousands_of_tiny_files_are_no_model(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.txt").write_text("tiny")
    code, said, _ = run("many")
    assert code == 3
    assert "format-not-allowed" in said


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: path.write_bytes(b""), "format-not-allowed"),
        (lambda path: path.write_text("words"), "format-not-allowed"),
        (lambda path: path.mkdir(), "format-not-allowed"),
        (os.mkfifo, "unreadable"),
        (lambda path: path.symlink_to("/etc/hostname"), "unreadable"),
        (lambda path: path.symlink_to("away"), "unreadable"),
        (lambda path: path.symlink_to("/etc"), "unreadable"),
        (lambda path: path.symlink_to("/dev/zero"), "unreadable"),
    ],
    ids=["empty", "text", "folder", "pipe", "link", "broken link", "link to a folder", "link to a device"],
)
def test_what_is_no_model_file_is_refused_without_waiting(
    run: Run, make: Callable[[Path], object], code: str, tmp_path: Path
) -> None:
    make(tmp_path / "model.skops")
    done, said, _ = run("model.skops")
    assert done == 3
    assert code in said


def test_what_must_not_be_read_is_refused_and_named(
    run: Run, honest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(path: Path, flags: int) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", deny)
    code, said, _ = run(str(honest))
    assert code == 3
    assert "unreadable: model.skops" in said
    assert "Permission denied" in said


def test_what_is_no_file_is_named_within_a_folder(run: Run, honest: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    honest.rename(folder / honest.name)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("model.skops")
    (folder / "away").symlink_to("/etc")
    code, said, _ = run("folder")
    assert code == 3
    assert {line.split()[1] for line in said.splitlines() if "not-a-file" in line} == {
        "pipe:",
        "link:",
        "away:",
    }


def test_a_truncated_archive_is_refused(run: Run, honest: Path) -> None:
    honest.write_bytes(honest.read_bytes()[:-30])
    assert run(str(honest))[0] == 3


def test_a_declaration_that_cannot_be_read_is_refused(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "iris"
    folder.mkdir(parents=True)
    (folder / "release.toml").write_text("[")
    code, said, _ = run("models/iris")
    assert code == 3
    assert "declaration-unreadable" in said
