import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ona_pipeline.image.layer import EPOCH, Layer, pack
from ona_pipeline.records.digest import Digest


def packed(files: Mapping[str, bytes | Path]) -> tuple[Layer, bytes]:
    output = io.BytesIO()
    return pack(files, output), output.getvalue()


def members(content: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        return tar.getmembers()


def test_digest_diff_id_and_size_are_those_of_the_bytes():
    layer, content = packed({"opt/ona/a": b"1" * 100_000, "opt/ona/b": b""})
    assert layer.digest == Digest.of(content)
    assert layer.diff_id == f"sha256:{hashlib.sha256(gzip.decompress(content)).hexdigest()}"
    assert layer.size_bytes == len(content)


def test_owner_time_and_mode_are_always_the_same(tmp_path: Path):
    (tmp_path / "script").write_text("x")
    (tmp_path / "script").chmod(0o4777)
    os.utime(tmp_path / "script", (1, 1))
    _, content = packed({"opt/script": tmp_path / "script"})
    found = [(one.name, one.mode, one.uid, one.gid, one.uname, one.mtime) for one in members(content)]
    assert found == [("opt", 0o755, 0, 0, "", EPOCH), ("opt/script", 0o644, 0, 0, "", EPOCH)]


def test_files_on_disk_and_in_memory_give_the_same_layer(tmp_path: Path):
    (tmp_path / "f").write_bytes(b"content")
    assert packed({"a/f": tmp_path / "f"}) == packed({"a/f": b"content"})


def test_long_and_foreign_names_survive():
    name = "opt/" + "ü" * 120 + "/" + "n" * 120
    assert name in [one.name for one in members(packed({name: b"1"})[1])]


@given(
    st.dictionaries(st.text("abc/", min_size=1).map(lambda text: f"d/{text.replace('/', 'x')}"), st.binary())
)
def test_the_order_of_files_makes_no_difference(files: dict[str, bytes]):
    backwards = dict(reversed(files.items()))
    assert packed(files) == packed(backwards)


@given(st.binary(max_size=2000), st.binary(max_size=2000))
def test_other_content_gives_another_layer(one: bytes, other: bytes):
    assert (packed({"a": one})[0].digest == packed({"a": other})[0].digest) is (one == other)


def test_what_is_named_as_a_program_may_be_executed():
    output = io.BytesIO()
    pack({"bin/uv": b"1", "bin/notes": b"2"}, output, programs=frozenset({"bin/uv"}))
    modes = {one.name: one.mode for one in members(output.getvalue())}
    assert modes == {"bin": 0o755, "bin/notes": 0o644, "bin/uv": 0o755}
