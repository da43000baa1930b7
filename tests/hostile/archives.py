"""ZIP archives that say two things, hide something, or unpack to more than they are."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import numpy as np

from tests.hostile.arrays import saved
from tests.hostile.case import Case
from tests.hostile.pickles import PAYLOAD

EVIL = saved(np.array([{}], dtype=object))
END = struct.Struct("<4s4H2LH")


def cases() -> Iterator[Case]:
    """All of them; the honest part is an archive of two arrays."""
    for what, content in (*names(), *bytes_of(), *members()):
        yield Case(f"an archive with {what}", content, "zip-malformed", "model.npz")
    whole = honest()
    for what, content, code in (
        ("a bomb", made({"a.npy": bytes(70 << 20)}, zipfile.ZIP_DEFLATED), "too-large"),
        (
            "many bombs",
            made({f"{n}.npy": bytes(9 << 20) for n in range(8)}, zipfile.ZIP_DEFLATED),
            "too-large",
        ),
    ):
        yield Case(f"an archive with {what}", content, code, "model.npz")
    end = whole.index(b"PK\5\6")
    for what, content in {
        "a name with a null byte": whole.replace(b"b.npy", b"b\0npy", 2),
        "a comment that is an archive's end": whole[:-2] + struct.pack("<H", 22) + whole[-22:],
        "sizes that stand nowhere": whole[: end + 12] + b"\xff" * 8 + whole[end + 20 :],
    }.items():
        yield Case(f"an archive with {what}", content, "format-not-allowed", "model.npz")
    for size_bytes in range(4, len(whole), 37):
        yield Case(
            f"an archive cut off after {size_bytes} bytes",
            whole[:size_bytes],
            "format-not-allowed",
            "model.npz",
        )


def made(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive, written honestly."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return written.getvalue()


def honest(method: int = zipfile.ZIP_STORED) -> bytes:
    """Two small arrays."""
    return made({"a.npy": saved(np.arange(3)), "b.npy": saved(np.zeros(40))}, method)


def with_info(change: Callable[[zipfile.ZipInfo], object]) -> bytes:
    """An archive whose second member is described otherwise, in both directories."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("a.npy", saved(np.arange(3)))
        info = zipfile.ZipInfo("b.npy")
        change(info)
        archive.writestr(info, saved(np.zeros(4)))
    return written.getvalue()


def names() -> Iterator[tuple[str, bytes]]:
    array = saved(np.arange(3))
    odd = (
        "/a.npy",
        "../a.npy",
        "a/../../b.npy",
        "./a.npy",
        "a//b.npy",
        "a\\b.npy",
        "C:a.npy",
        "a\n.npy",
        "\x1b[2J.npy",
        "\u202egnp.npy",
    )
    for name in odd:
        yield f"a member called {name!r}", made({name: array})
    for pair in (("a.npy", "A.npy"), ("a/b.npy", "a/B.npy")):
        yield f"the names {pair}", made(dict.fromkeys(pair, array))
    twice = honest().replace(b"b.npy", b"a.npy")
    yield "a member given twice", twice


def bytes_of() -> Iterator[tuple[str, bytes]]:
    whole = honest()
    at = whole.index(b"PK\1\2")
    second = whole.index(b"PK\3\4", 4)
    end = whole.index(b"PK\5\6")
    crc = whole.index(struct.pack("<L", zlib.crc32(saved(np.arange(3)))), at)
    yield "bytes before it that start alike", whole[:4] + whole
    yield "bytes after it", whole + b"\0" * 30
    yield "a pickle after it", whole + PAYLOAD
    yield "another archive after it", whole + made({"a.npy": EVIL})
    yield "another archive before it", made({"a.npy": EVIL}) + whole
    yield "bytes between members", moved(whole[:second] + b"hidden" + whole[second:], 6, end)
    yield "bytes before the directory", moved(whole[:at] + b"hidden" + whole[at:], 6, end)
    yield "a comment", whole[:-2] + struct.pack("<H", 5) + b"hello"
    yield "a comment of a length only", whole[:-2] + struct.pack("<H", 5)
    yield "another name in its first directory", whole.replace(b"b.npy", b"c.npy", 1)
    yield "another name in its last directory", whole[:at] + whole[at:].replace(b"b.npy", b"c.npy")
    yield (
        "a changed byte in a member",
        whole[: second - 5] + bytes([whole[second - 5] ^ 1]) + whole[second - 4 :],
    )
    yield "another checksum in its last directory", whole[:crc] + b"1234" + whole[crc + 4 :]
    yield "another number of members", whole[: end + 8] + struct.pack("<2H", 1, 1) + whole[end + 12 :]
    yield "a number of members that differs", whole[: end + 8] + struct.pack("<2H", 1, 2) + whole[end + 12 :]
    yield "several disks", whole[: end + 4] + struct.pack("<2H", 1, 1) + whole[end + 8 :]
    yield "a directory elsewhere", whole[: end + 16] + struct.pack("<L", at - 10) + whole[end + 20 :]
    yield "overlapping members", overlapping()


def moved(content: bytes, by: int, end: int) -> bytes:
    """The same with its directory said to be where it is now."""
    values = list(END.unpack(content[end + by : end + by + END.size]))
    values[6] += by
    return content[: end + by] + END.pack(*values)


def overlapping() -> bytes:
    """Two entries of the directory for one member."""
    whole = made({"a.npy": saved(np.arange(3))})
    at, end = whole.index(b"PK\1\2"), whole.index(b"PK\5\6")
    entry = whole[at:end]
    return (
        whole[:end]
        + entry.replace(b"a.npy", b"b.npy")
        + END.pack(b"PK\5\6", 0, 0, 2, 2, 2 * len(entry), at, 0)
    )


def patched(offset: int, value: bytes, *, both: bool) -> bytes:
    """The first member's description changed, at an offset into its entry of the last directory."""
    whole = bytearray(honest(zipfile.ZIP_DEFLATED))
    at = whole.index(b"PK\1\2") + offset
    whole[at : at + len(value)] = value
    if both:
        whole[offset - 2 : offset - 2 + len(value)] = value
    return bytes(whole)


def members() -> Iterator[tuple[str, bytes]]:
    for mode, what in (
        (0o120777, "a link"),
        (0o40755, "a folder"),
        (0o10644, "a pipe"),
        (0o60644, "a device"),
        (0o140644, "a socket"),
    ):
        yield what, with_info(lambda info, mode=mode: setattr(info, "external_attr", mode << 16))  # type: ignore[misc]
    yield "a folder of DOS", with_info(lambda info: setattr(info, "external_attr", 0x10))
    yield (
        "an addition",
        with_info(lambda info: setattr(info, "extra", struct.pack("<2H4s", 0x6375, 4, b"abcd"))),
    )
    yield (
        "another name beside the first",
        with_info(lambda info: setattr(info, "extra", struct.pack("<2HBL5s", 0x7075, 10, 1, 0, b"c.npy"))),
    )
    yield "a comment of a member", with_info(lambda info: setattr(info, "comment", b"hello"))
    for bit, what in (
        (0, "encrypted"),
        (3, "streamed"),
        (5, "patched"),
        (6, "strongly encrypted"),
        (13, "masked"),
    ):
        flags = struct.pack("<H", 1 << bit)
        yield f"a member that is {what}", patched(8, flags, both=True)
        yield f"a member that is {what} in one directory", patched(8, flags, both=False)
    for method in (1, 6, 9, 12, 14, 93, 95, 99):
        yield f"a member packed by method {method}", patched(10, struct.pack("<H", method), both=True)
    yield "a method in one directory", patched(10, struct.pack("<H", 0), both=False)
    yield "another size in one directory", patched(24, struct.pack("<L", 5), both=False)
    yield "another size in both", patched(24, struct.pack("<L", 5), both=True)
    yield "another packed size in both", patched(20, struct.pack("<L", 5), both=True)
    yield "a deflated member with something after it", padded()
    yield "a deflated member that is damaged", damaged()


def padded() -> bytes:
    """A member whose packed bytes go on after their end."""
    array = saved(np.arange(3))
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(array) + packer.flush() + b"hidden"
    local = struct.pack(
        "<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, zlib.crc32(array), len(packed), len(array), 5, 0
    )
    entry = (
        struct.pack(
            "<4s6H3L5H2L",
            b"PK\1\2",
            20,
            20,
            0,
            8,
            0,
            0,
            zlib.crc32(array),
            len(packed),
            len(array),
            5,
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + b"a.npy"
    )
    before = local + b"a.npy" + packed
    return before + entry + END.pack(b"PK\5\6", 0, 0, 1, 1, len(entry), len(before), 0)


def damaged() -> bytes:
    """A member whose packed bytes are none."""
    whole = bytearray(honest(zipfile.ZIP_DEFLATED))
    whole[35:45] = b"\xff" * 10
    return bytes(whole)
