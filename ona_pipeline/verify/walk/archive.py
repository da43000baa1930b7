"""ZIP archives, their two directories held against each other, and every byte of the file accounted for.

A ZIP archive says twice what is in it: beside each member, and at its end. Readers believe one or the
other, and look for the end from behind, so one file can be two archives. Here each member begins where the
one before ends, both descriptions agree, and nothing stands before, between or behind: APPNOTE.TXT, sections
4.3 and 4.4.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BufferedReader, RawIOBase
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, TypeVar, cast

import msgspec

from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.reader import CHUNK_BYTES, Reader

_Found = TypeVar("_Found")
_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_UTF8 = 0x800
_DEFLATE_LEVEL = 0x6
_ZIP64 = 1
_IN_ZIP64 = 0xFFFFFFFF
_FILE_TYPE = 0o170000
_REGULAR = 0o100000
_MAX_MEMBERS = 200_000
_IN_MEMORY_BYTES = 16 << 20


class Member(msgspec.Struct, frozen=True):
    """One member: its name, where its packed bytes are, and how they are packed."""

    name: str
    offset: int
    packed_bytes: int
    size_bytes: int
    crc: int
    is_deflated: bool


class Archive:
    """A ZIP archive that has one reading only.

    Args:
        file: the whole archive, seekable.
        max_bytes: most that it may unpack to.

    Raises:
        MalformedError: it has two readings, or a member that no honest archive has.
    """

    def __init__(self, file: BinaryIO, max_bytes: int) -> None:
        self._file = file
        directory_at = _end(file)
        try:
            with zipfile.ZipFile(file) as listed:
                infos = sorted(listed.infolist(), key=lambda info: info.header_offset)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError) as error:
            raise MalformedError("zip-malformed", f"no directory that can be read: {error}") from error
        _names([info.orig_filename for info in infos])
        size_bytes = sum(info.file_size for info in infos)
        if size_bytes > max_bytes:
            raise MalformedError("too-large", f"{size_bytes}", wanted=f"at most {max_bytes} bytes unpacked")
        self.members = tuple(self._members(infos, directory_at))

    def read(self, member: Member, look: Callable[[Reader], _Found]) -> _Found:
        """Unpack a member and let `look` take it; whatever `look` leaves is unpacked too.

        Raises:
            MalformedError: the packed bytes are damaged, or not what both directories say.
        """
        self._file.seek(member.offset)
        raw = _Unpacked(self._file, member)
        stream = BufferedReader(raw, CHUNK_BYTES)
        found = look(Reader(stream))
        while stream.read(CHUNK_BYTES):
            continue
        return found

    def _members(self, infos: list[zipfile.ZipInfo], directory_at: int) -> list[Member]:
        expected, members = 0, []
        for info in infos:
            if info.header_offset != expected:
                raise MalformedError("zip-malformed", f"overlapping or hidden bytes before {info.filename!r}")
            member = _member(self._file, info)
            members.append(member)
            expected = member.offset + member.packed_bytes
        if expected != directory_at:
            raise MalformedError("zip-malformed", "hidden bytes between the members and the directory")
        return members


def _end(file: BinaryIO) -> int:
    """Where the directory begins; the record of the end must be the last thing, without a comment."""
    size_bytes = file.seek(0, 2)
    if size_bytes < _END.size:
        raise MalformedError("truncated", "no archive")
    file.seek(-_END.size, 2)
    signature, disk, start, here, total, directory_bytes, directory_at, comment = _END.unpack(
        file.read(_END.size)
    )
    if signature != b"PK\5\6" or comment:
        raise MalformedError("zip-malformed", "no end of the archive at the end of the file, or a comment")
    if disk or start or here != total or total > _MAX_MEMBERS or _IN_ZIP64 in {directory_bytes, directory_at}:
        raise MalformedError("zip-malformed", "an archive in several parts, or a second directory's end")
    if directory_at + directory_bytes + _END.size != size_bytes:
        raise MalformedError("zip-malformed", "a directory that does not end where the archive does")
    file.seek(directory_at)
    directory = file.read(directory_bytes)
    if _directory_entries(directory) != total:
        raise MalformedError("zip-malformed", "more or fewer members in the directory than it says")
    return int(directory_at)


def _directory_entries(directory: bytes) -> int:
    """How many entries fill the directory exactly; -1 where something else is in it."""
    at = count = 0
    while at < len(directory):
        if directory[at : at + 4] != b"PK\1\2" or at + 46 > len(directory):
            return -1
        name, extra, comment = struct.unpack_from("<3H", directory, at + 28)
        if comment:
            return -1
        at += 46 + name + extra
        count += 1
    return count if at == len(directory) else -1


def _names(names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        path = PurePosixPath(name)
        is_plain = name == str(path) and not path.is_absolute() and ".." not in path.parts
        if not is_plain or not name.isprintable() or "\\" in name or ":" in name:
            raise MalformedError("zip-malformed", f"the member name {name[:80]!r}", wanted="plain names")
        if name.casefold() in seen:
            raise MalformedError("zip-malformed", f"{name[:80]!r} twice", wanted="each member once")
        seen.add(name.casefold())


def _member(file: BinaryIO, info: zipfile.ZipInfo) -> Member:
    if info.flag_bits & ~(_UTF8 | _DEFLATE_LEVEL):
        raise MalformedError("zip-malformed", f"{info.filename!r} encrypted, or written to a pipe")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise MalformedError("zip-malformed", f"{info.filename!r} packed by method {info.compress_type}")
    if info.extra:
        raise MalformedError("zip-malformed", f"{info.filename!r} with another name or size beside its own")
    if (info.external_attr >> 16) & _FILE_TYPE not in (0, _REGULAR) or info.external_attr & 0x10:
        raise MalformedError("zip-malformed", f"{info.filename!r}, a link or folder", wanted="files only")
    file.seek(info.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) != _LOCAL.size or not head.startswith(b"PK\3\4"):
        raise MalformedError("zip-malformed", f"no header before {info.filename!r}")
    _, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = _LOCAL.unpack(head)
    name, extra = file.read(name_bytes), file.read(extra_bytes)
    if (packed, size) == (_IN_ZIP64, _IN_ZIP64):
        size, packed = _zip64(extra)
    elif extra:
        raise MalformedError("zip-malformed", f"{info.filename!r} with additions that no reader asks for")
    said = (flags, method, crc, packed, size, name)
    encoded = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
    listed = (info.flag_bits, info.compress_type, info.CRC, info.compress_size, info.file_size, encoded)
    if said != listed:
        raise MalformedError("zip-malformed", f"{info.filename!r} described in two ways")
    offset = info.header_offset + _LOCAL.size + name_bytes + extra_bytes
    return Member(info.filename, offset, packed, size, crc, method == zipfile.ZIP_DEFLATED)


def _zip64(extra: bytes) -> tuple[int, int]:
    """Size and packed size from the one addition that an honest writer makes."""
    if len(extra) != 20 or struct.unpack_from("<2H", extra) != (_ZIP64, 16):  # noqa: PLR2004  4.5.3
        raise MalformedError("zip-malformed", "sizes that stand nowhere")
    size, packed = struct.unpack_from("<2Q", extra, 4)
    return int(size), int(packed)


class _Unpacked(RawIOBase):
    """A member's bytes; at their end, size and checksum must be those of the directory."""

    def __init__(self, file: BinaryIO, member: Member) -> None:
        self._file, self._member = file, member
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS) if member.is_deflated else None
        self._left = member.packed_bytes
        self._size_bytes = self._crc = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self._step(len(buffer))
        self._size_bytes += len(content)
        self._crc = zlib.crc32(content, self._crc)
        if self._size_bytes > self._member.size_bytes or (not content and not self._is_as_listed()):
            raise MalformedError("zip-malformed", f"{self._member.name!r} with another size or checksum")
        buffer[: len(content)] = content
        return len(content)

    def _step(self, wanted_bytes: int) -> bytes:
        if self._inflater is None:
            return self._take(wanted_bytes)
        content = b""
        while not content and not self._inflater.eof:
            packed = self._inflater.unconsumed_tail or self._take(CHUNK_BYTES)
            try:
                content = self._inflater.decompress(packed, wanted_bytes)
            except zlib.error as error:
                raise MalformedError("zip-malformed", f"{self._member.name!r} damaged: {error}") from error
            if not packed and not content and not self._inflater.eof:
                raise MalformedError("zip-malformed", f"{self._member.name!r} cut off")
        return content

    def _take(self, wanted_bytes: int) -> bytes:
        content = self._file.read(min(wanted_bytes, self._left))
        self._left -= len(content)
        return content

    def _is_as_listed(self) -> bool:
        is_whole = self._left == 0 and not (self._inflater and self._inflater.unused_data)
        return is_whole and (self._size_bytes, self._crc) == (self._member.size_bytes, self._member.crc)


def nested(reader: Reader, max_bytes: int, look: Callable[[Archive], _Found]) -> _Found:
    """Let `look` take the archive that a member of another archive is."""
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as copy:
        while piece := reader.piece():
            copy.write(piece)
        return look(Archive(cast("BinaryIO", copy), max_bytes))
