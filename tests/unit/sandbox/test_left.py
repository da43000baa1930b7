"""What a program left is read as data: whatever it is, reading ends, and says so in one of a few errors."""

import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ona_pipeline.sandbox.files import plain
from ona_pipeline.sandbox.left import UNREADABLE, read_arrays, read_json

MOST = 1 << 16


def packed(save: Callable[..., None] = np.savez) -> bytes:
    file = io.BytesIO()
    save(file, label=np.arange(5), text=np.array(["a", "bc"]), chance=np.zeros((5, 3)))
    return file.getvalue()


def header(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        content = text.encode() + b"\n"
        archive.writestr("a.npy", np.lib.format.magic(1, 0) + len(content).to_bytes(2, "little") + content)
    return file.getvalue()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(packed())
    (tmp_path / "a.json").write_text(json.dumps({"a": [1]}))
    found = read_arrays(tmp_path / "a.npz", MOST)
    assert {name: array.tolist() for name, array in found.items()} == {
        "label": [0, 1, 2, 3, 4],
        "text": ["a", "bc"],
        "chance": np.zeros((5, 3)).tolist(),
    }
    assert read_json(tmp_path / "a.json", MOST, dict[str, Any]) == {"a": [1]}


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "large", "gone"])
def test_only_a_plain_file_of_some_size_is_opened(kind: str, tmp_path: Path) -> None:
    path, other = tmp_path / "left", tmp_path / "other"
    other.write_bytes(b"x")
    make: dict[str, Callable[[], Any]] = {
        "link": lambda: path.symlink_to(other),
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "large": lambda: path.write_bytes(b"xx"),
        "gone": lambda: None,
    }
    make[kind]()
    with pytest.raises((OSError, ValueError)):
        plain(path, 1)
    with plain(other, 1) as file:
        assert file.read() == b"x"


@pytest.mark.parametrize("depth", [3000, 300_000])
def test_json_without_end_is_no_crash(depth: int, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"a":' + b"[" * depth + b"]" * depth + b"}")
    with pytest.raises(ValueError, match=r"a\.json is nested without end"):
        read_json(tmp_path / "a.json", 1 << 20, dict[str, Any])


@pytest.mark.parametrize(
    "content",
    [
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, -1)}"),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (0,)}"),
        header("-" * 9000 + "1"),
        header("(" * 5000),
        header("[" * 90 + "]" * 90),
    ],
    ids=["more than is there", "less than nothing", "objects", "signs", "brackets", "lists"],
)
def test_a_header_is_not_believed(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        read_arrays(tmp_path / "a.npz", MOST)


def test_arrays_larger_than_allowed_are_not_unpacked(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", label=np.zeros(MOST))
    with pytest.raises(ValueError, match="more than 65536 bytes"):
        read_arrays(tmp_path / "a.npz", MOST)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_that_are_packed_in_another_way_are_not_unpacked(method: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive:
        archive.writestr("a.npy", bytes(100))
    with pytest.raises(ValueError, match="packed as NumPy packs nothing"):
        read_arrays(tmp_path / "a.npz", MOST)


def test_damaged_arrays_are_told_by_a_few_errors(tmp_path: Path) -> None:
    chance, whole = random.Random(0), (packed(), packed(np.savez_compressed))
    path, refused = tmp_path / "a.npz", 0
    for _ in range(2000):
        content = bytearray(chance.choice(whole))
        for _ in range(chance.choice((1, 2, 8))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content[: chance.choice((len(content), chance.randrange(len(content))))])
        try:
            read_arrays(path, MOST)
        except UNREADABLE:
            refused += 1
    assert refused > 1000
