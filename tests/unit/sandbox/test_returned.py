"""What comes back from a pod is hostile: read strictly, and never laid outside of its folder."""

import base64
import io
import json
import tarfile
from pathlib import Path

import pytest

from ona_pipeline.errors import BackendError
from ona_pipeline.sandbox.returned import kept, unpack

LAST = (
    json.dumps({"status": 3, "stopped": "timed-out", "seconds": 2.5, "output": "aGVsbG8="}).encode() + b"\n"
)


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    """A packed archive of the members."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w|gz") as tar:
        for member, data in members:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    content.seek(0)
    return content


def named(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """A member of an archive."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


def test_lines_become_the_archive_and_the_last_one_the_ending_however_they_are_cut() -> None:
    log = base64.b64encode(b"packed ") + b"\n" + base64.b64encode(b"outputs") + b"\n" + LAST
    file = io.BytesIO()
    said = kept((log[at : at + 3] for at in range(0, len(log), 3)), file, 100)
    assert file.getvalue() == b"packed outputs"
    assert said is not None
    assert (said.status, said.stopped, said.seconds, said.output) == (3, "timed-out", 2.5, b"hello")


def test_a_log_without_its_last_line_is_no_ending() -> None:
    assert kept([base64.b64encode(b"packed") + b"\n", LAST[:-1]], io.BytesIO(), 100) is None


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (b"Traceback (most recent call last):\n", "Traceback"),
        (base64.b64encode(b"x" * 101) + b"\n", "more than was allowed"),
        (b"A" * 300_000, "a line without an end"),
        (b'{"stopped": "bored"}\n', "bored"),
        (b"{}}\n", "malformed"),
    ],
)
def test_what_the_first_program_does_not_say_is_an_error(log: bytes, reason: str) -> None:
    with pytest.raises(BackendError, match=reason) as error:
        kept([log], io.BytesIO(), 100)
    assert error.value.retryable


def test_files_and_folders_are_laid_into_the_folder_that_they_are_for(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    packed = archive((named("0/d", tarfile.DIRTYPE), b""), (named("0/d/f"), b"1"), (named("1/g"), b"2"))
    unpack(packed, folders, 100)
    assert (tmp_path / "a/d/f").read_bytes() == b"1"
    assert (tmp_path / "b/g").read_bytes() == b"2"


@pytest.mark.parametrize(
    "member",
    [
        named("0/../../escaped"),
        named("/0/escaped"),
        named("1/escaped"),
        named("-1/escaped"),
        named("escaped"),
        named("0/link", tarfile.SYMTYPE, "/etc/passwd"),
        named("0/link", tarfile.LNKTYPE, "0/there"),
        named("0/device", tarfile.CHRTYPE),
        named("0/pipe", tarfile.FIFOTYPE),
        named("0/there"),
        named("0/nowhere/f"),
    ],
    ids=lambda member: member.name,
)
def test_what_no_first_program_packs_is_an_error_and_nothing_leaves_the_folder(
    tmp_path: Path, member: tarfile.TarInfo
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "there").write_bytes(b"mine")
    with pytest.raises(BackendError, match="cannot be read"):
        unpack(archive((member, b"")), [folder], 100)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "there"]
    assert (folder / "there").read_bytes() == b"mine"


def test_more_than_the_job_may_write_is_an_error_before_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="more than was allowed"):
        unpack(archive((named("0/big"), bytes(101))), [tmp_path], 100)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_was_cut_is_an_error(tmp_path: Path) -> None:
    whole = archive((named("0/f"), bytes(range(256)) * 40)).getvalue()
    with pytest.raises(BackendError, match="cannot be read"):
        unpack(io.BytesIO(whole[: len(whole) // 2]), [tmp_path], 2**20)
