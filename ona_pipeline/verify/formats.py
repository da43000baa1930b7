"""What a file is, read from its content: a pickle named ``model.skops`` is a pickle."""

import io
import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ona_pipeline.records.finding import Finding

TEXT = "text"
CODE = "code"
_HEAD_BYTES = 1 << 16
_MAGIC = {
    b"\x93NUMPY": "npy",
    b"\x89HDF\r\n\x1a\n": "hdf5",
    b"\x7fELF": CODE,
    b"MZ": CODE,
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "7z",
}
_CODE_SUFFIXES = (".py", ".pyc", ".pyw", ".pth", ".so", ".pyd", ".dll", ".sh")
_NEVER_TEXT = set(range(32)) - {9, 10, 12, 13, 27}


def kind_of(path: Path) -> str:
    """One word for what a file is: skops, zip, pickle, npy, hdf5, gzip, 7z, code, text or binary.

    A name counts only to make a text worse: Python source is code by its suffix.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    kind = _archive(path) if head.startswith(b"PK") else kind_of_bytes(head)
    return CODE if kind == TEXT and path.name.lower().endswith(_CODE_SUFFIXES) else kind


def kind_of_bytes(head: bytes) -> str:
    """The same for the first bytes of something that is not a ZIP archive."""
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    if is_pickle(head):
        return "pickle"
    return TEXT if _is_text(head) else "binary"


def is_pickle(head: bytes) -> bool:
    """Whether unpickling would begin to run this, in any protocol.

    From protocol 2 on a pickle begins with its number. Protocols 0 and 1 have no mark, so the operations are
    read: two or more of them that end in STOP are taken for a pickle.
    """
    if head[:1] == b"\x80":
        return head[1:2] <= b"\x05"
    count = 0
    try:
        for operation, _, _ in pickletools.genops(io.BytesIO(head)):
            count += 1
            if operation.name == "STOP":
                return count > 1
    except (ValueError, UnicodeDecodeError, OverflowError):
        return False
    return False


def judge(kinds: dict[str, str], allowed: tuple[str, ...]) -> Iterator[Finding]:
    """Findings for files that are code, and for those that are neither text nor in an allowed format."""
    for name, kind in kinds.items():
        if kind == CODE:
            yield Finding("code-in-model", name, f"{name}: wanted no program code in a model, found some")
        elif kind not in (TEXT, *allowed):
            yield _not_allowed(name, f"found {kind}", allowed)
    if not any(kind in allowed for kind in kinds.values()):
        yield _not_allowed("model", "found no such file", allowed)


def serialisation(kinds: dict[str, str]) -> str:
    """The format that the model is stored in; empty where none was recognised."""
    formats = sorted(set(kinds.values()) - {TEXT, CODE, "binary"})
    return formats[0] if len(formats) == 1 else ""


def _not_allowed(name: str, found: str, allowed: tuple[str, ...]) -> Finding:
    return Finding(
        "format-not-allowed",
        name,
        f"{name}: wanted {' or '.join(allowed) or 'nothing'} (by content, not by name), {found}",
        hint='save the model with serialization_format="skops"; what may be released is `formats` in policy',
    )


def _archive(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            return "skops" if "schema.json" in archive.namelist() else "zip"
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        return "binary"


def _is_text(head: bytes) -> bool:
    cut = head if len(head) < _HEAD_BYTES else head[:-4]
    try:
        text = cut.decode("utf-8", errors="strict" if cut is head else "ignore")
    except UnicodeDecodeError:
        return False
    return not _NEVER_TEXT & set(map(ord, text))
