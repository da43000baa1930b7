"""Files of formats that cannot be looked into, of none at all, and programs."""

import io
import tarfile
import zipfile
from collections.abc import Iterator

from tests.hostile.case import Case
from tests.hostile.pickles import PAYLOAD


def cases() -> Iterator[Case]:
    """All of them."""
    for what, content, file in foreign():
        yield Case(what, content, "format-not-allowed", file)
    for what, content, file in programs():
        yield Case(what, content, "code-in-model", file)


def zipped(**members: bytes) -> bytes:
    """An archive of these; two underlines stand for a dot."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return written.getvalue()


def foreign() -> Iterator[tuple[str, bytes, str]]:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    yield "torch", zipped(data__pkl=PAYLOAD, version=b"3"), "model.pt"
    yield "torch under another name", zipped(model__data__pkl=PAYLOAD, version=b"3"), "model.skops"
    yield "keras", zipped(config__json=b"{}", model__weights__h5=b"\x89HDF"), "model.keras"
    yield "an archive of anything", zipped(a__txt=b"a"), "model.zip"
    yield "an empty archive", b"PK\5\6" + b"\0" * 18, "model.zip"
    yield "HDF5", b"\x89HDF\r\n\x1a\n" + b"\0" * 40, "model.h5"
    yield "safetensors", len(header).to_bytes(8, "little") + header + b"\0" * 4, "model.safetensors"
    yield "lz4", b"\x04\x22\x4d\x18" + b"\0" * 20, "model.joblib"
    yield "zstandard", b"\x28\xb5\x2f\xfd" + b"\0" * 20, "model.zst"
    yield "7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 20, "model.7z"
    yield "tar", tar.getvalue(), "model.tar"
    yield "parquet", b"PAR1" + b"\0" * 20, "model.parquet"
    yield "XGBoost, UBJSON", b"{L\0\0\0\0\0\0\0\x07learner" + b"\0" * 20, "model.ubj"
    yield "XGBoost, binary", b"binf" + b"\0" * 20, "model.bin"
    yield "joblib of long ago", b"ZF0x12" + b"\0" * 20, "model.joblib"
    yield "a picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "model.png"
    yield "noise", bytes(range(128, 256)), "model.bin"
    yield "null bytes", bytes(5000), "model.bin"
    yield "nothing", b"", "model.pkl"
    yield "words", b"just words\n", "model.pkl"
    yield "words in another encoding", "Wörter".encode("utf-16"), "model.txt"
    yield "JSON", b'{"a": 1}', "model.json"
    yield "YAML", b"!!python/object/apply:os.system ['true']\n", "model.yaml"
    yield "a web page", b"<html></html>", "model.html"


def programs() -> Iterator[tuple[str, bytes, str]]:
    for name in (
        "model.py",
        "model.PY",
        "model.pyw",
        "model.sh",
        "model.pth",
        "model.so",
        "model.dll",
        "model.pyd",
    ):
        yield f"a program, {name}", f"import os  # {name}\n".encode(), name
    yield "a program for Linux", b"\x7fELF\2\1\1" + b"\0" * 60, "model.onnx"
    yield "a program for Windows", b"MZ" + b"\0" * 60, "model.pkl"
    yield "a program for macOS", b"\xca\xfe\xba\xbe" + b"\0" * 60, "model.skops"
    yield "a script", b"#!/bin/sh\ntrue\n", "model.pkl"
