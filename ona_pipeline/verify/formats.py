"""What a file is, read from its content: a pickle named ``model.skops`` is a pickle."""

import zipfile
from collections.abc import Iterator
from typing import BinaryIO, get_args

from ona_pipeline.policy.verify import Format
from ona_pipeline.records.finding import Finding
from ona_pipeline.verify.walk import npy, onnx, packed
from ona_pipeline.verify.walk.members import SCHEMA
from ona_pipeline.verify.walk.nested import begins_pickle

TEXT = "text"
CODE = "code"
WALKED: tuple[Format, ...] = get_args(Format)
_HEAD_BYTES = 1 << 16
_MAGIC = {
    npy.MAGIC: "numpy",
    b"\x89HDF\r\n\x1a\n": "hdf5",
    b"\x7fELF": CODE,
    b"MZ": CODE,
    b"\xca\xfe\xba\xbe": CODE,
    b"#!": CODE,
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x5d\0\0": "lzma",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"PAR1": "parquet",
    b"ZF0x": "joblib before 0.10",
}
_CODE_SUFFIXES = (".py", ".pyc", ".pyw", ".pth", ".so", ".pyd", ".dll", ".sh")
_NEVER_TEXT = set(range(32)) - {9, 10, 12, 13, 27}
_SAVE_AS_SKOPS = (
    'save the model with serialization_format="skops"; what may be released is `formats` in policy'
)
_NO_CODE = "remove it: what the model needs beside its data comes from packages in requirements.lock"
_EXPORT = "export the model to ONNX, which can be looked into without loading it"
_HINTS = {
    **dict.fromkeys(("torch", "keras", "hdf5", "safetensors", "xgboost"), _EXPORT),
    **dict.fromkeys(
        ("lz4", "zstandard"), 'save with joblib.dump(model, path, compress=("zlib", 3)), or as skops'
    ),
    "joblib before 0.10": "save it anew with a present joblib, or as skops",
}


def kind_of(file: BinaryIO, name: str) -> str:
    """One word for what a file is: one of the formats, code, text, or what else it was recognised as.

    A compressed stream has the name of its compression, and a pickle is one even where it may turn out to be
    of joblib. A name counts only to make a text worse: Python source is code by its suffix.
    """
    head = file.read(_HEAD_BYTES)
    kind = _archive(file) if head.startswith(b"PK") else kind_of_bytes(head)
    return CODE if kind == TEXT and name.lower().endswith(_CODE_SUFFIXES) else kind


def kind_of_bytes(head: bytes) -> str:
    """The same for the first bytes of something that is not a ZIP archive."""
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if begins_pickle(head):
        return "pickle"
    if onnx.is_model(memoryview(head)):
        return "onnx"
    if _is_text(head):
        return TEXT
    if head[:1] == b"\x78" and int.from_bytes(head[:2], "big") % 31 == 0:  # RFC 1950, 2.2: FCHECK
        return "zlib"
    return _elsewhere(head)


def judge(kinds: dict[str, str], allowed: tuple[str, ...]) -> Iterator[Finding]:
    """Findings for files that are code, and for those that are neither text nor in an allowed format."""
    other = {name: kind for name, kind in kinds.items() if kind != TEXT and not is_allowed(kind, allowed)}
    for name, kind in other.items():
        if kind == CODE:
            sentence = f"{name}: wanted no program code in a model, found some"
            yield Finding("code-in-model", name, sentence, hint=_NO_CODE)
        else:
            yield _not_allowed(name, kind, allowed)
    if not other and len(kinds) == 1 and TEXT in kinds.values():
        yield _not_allowed(next(iter(kinds)), TEXT, allowed)
    elif not set(other.values()) - {CODE} and not any(is_allowed(kind, allowed) for kind in kinds.values()):
        yield _not_allowed("model", "no such file", allowed)


def is_allowed(kind: str, allowed: tuple[str, ...]) -> bool:
    """Whether policy allows the format; joblib allows pickles, which it writes without arrays."""
    return kind in allowed or (kind == "pickle" and "joblib" in allowed)


def could_be(kind: str) -> str:
    """The format that a compressed stream would have to be of; else the kind itself."""
    return "joblib" if kind in packed.KINDS else kind


def serialisation(kinds: dict[str, str]) -> str:
    """The format that the model is stored in; empty where none was recognised."""
    formats = sorted(set(kinds.values()) & set(WALKED))
    return formats[0] if len(formats) == 1 else ""


def _not_allowed(name: str, found: str, allowed: tuple[str, ...]) -> Finding:
    return Finding(
        "format-not-allowed",
        name,
        f"{name}: wanted {' or '.join(allowed) or 'nothing'} (by content, not by name), found {found}",
        hint=_HINTS.get(found, _SAVE_AS_SKOPS),
    )


def _archive(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, EOFError):
        return "binary"
    if SCHEMA in names:
        return "skops"
    if names and all(name.endswith(".npy") for name in names):
        return "numpy"
    if any(name.endswith("data.pkl") for name in names):
        return "torch"
    return "keras" if any(name.endswith(".h5") for name in names) else "zip"


def _elsewhere(head: bytes) -> str:
    """Formats that are known by name only, so that a refusal can say which one it was."""
    if head[257:262] == b"ustar":
        return "tar"
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 1 << 27:
        return "safetensors"
    return "xgboost" if head[:2] == b"{L" or head.startswith(b"binf") else "binary"


def _is_text(head: bytes) -> bool:
    cut = head if len(head) < _HEAD_BYTES else head[:-4]
    try:
        text = cut.decode("utf-8", errors="strict" if cut is head else "ignore")
    except UnicodeDecodeError:
        return False
    return not _NEVER_TEXT & set(map(ord, text))
