"""One call of a watched program: which one, and to what."""

import re
import socket
import struct
from pathlib import Path

import msgspec

NUMBERS = {
    "write": 1,
    "pwrite64": 18,
    "writev": 20,
    "msync": 26,
    "sendfile": 40,
    "connect": 42,
    "sendto": 44,
    "sendmsg": 46,
    "fsync": 74,
    "fdatasync": 75,
    "ftruncate": 77,
    "rename": 82,
    "link": 86,
    "unlink": 87,
    "unlinkat": 263,
    "renameat": 264,
    "linkat": 265,
    "pwritev": 296,
    "sendmmsg": 307,
    "renameat2": 316,
}
"""Everything by which bytes leave a process for a disk or a network, on x86_64; nothing that only reads."""

NAMES = {number: name for name, number in NUMBERS.items()}
_PATH_ARGUMENT = {
    "rename": 1,
    "link": 1,
    "unlink": 0,
    "unlinkat": 1,
    "renameat": 3,
    "linkat": 3,
    "renameat2": 3,
}
_REQUEST = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) /\S*")
_STATEMENT = re.compile(r"BEGIN|COMMIT|ROLLBACK|WITH|SELECT|INSERT|DELETE|CREATE|SET|SHOW")
OPENS, LEAVES = "opens a connection", "leaves"
_HEADER = 4
# What differs from run to run: digests, ids, names with a random end, ports of containers.
_CHANGING = re.compile(
    r"\?.*|[0-9a-f]{12,}|[0-9a-f]{8}-[0-9a-f-]{27,}|-\d{8}-[0-9a-z]{6}|(?<=\d\d-)[0-9a-f]{7}\b|(?<=:)\d{5}\b|(?<=\.ledger-)\w{8}"
)


class Call(msgspec.Struct, frozen=True):
    """What a program is about to do.

    Attributes:
        name: of the system call.
        object: path of the file, or the peer's address.
        words: what is said to the peer, as far as it can be read: an HTTP request or a SQL statement.
        is_socket: whether it goes to a peer.
        is_beat: whether another thread makes it than the one that does the work.
    """

    name: str
    object: str
    words: str = ""
    is_socket: bool = False
    is_beat: bool = False

    @property
    def label(self) -> str:
        """The same in every run, for the same step."""
        place = self.object if self.is_socket else self.object.rpartition("/")[2]
        return " ".join(part for part in (self.name, _CHANGING.sub("*", place), self.words) if part)


class Memory:
    """Reads calls of one program out of its memory, and remembers whom its sockets are connected to."""

    def __init__(self) -> None:
        self._peers: dict[tuple[int, int], str] = {}

    def call(self, thread: int, number: int, arguments: tuple[int, ...]) -> Call:
        """The call that a thread waits with.

        Raises:
            OSError: the thread is gone.
        """
        process = _process(thread)
        return msgspec.structs.replace(
            self._read(thread, process, NAMES[number], arguments), is_beat=thread != process
        )

    def _read(self, thread: int, process: int, name: str, arguments: tuple[int, ...]) -> Call:
        if name in _PATH_ARGUMENT:
            return Call(name, _text(thread, arguments[_PATH_ARGUMENT[name]]))
        if name == "connect":
            peer = _address(_bytes(thread, arguments[1], min(arguments[2], 128)))
            self._peers[process, arguments[0]] = peer
            return Call("connect", peer, is_socket=True)
        link = str(Path(f"/proc/{thread}/fd/{arguments[0]}").readlink())
        if not link.startswith("socket:"):
            return Call(name, link)
        peer = self._peers.get((process, arguments[0]), "socket")
        return Call(name, peer, _words(thread, name, arguments), is_socket=True)


def _words(thread: int, name: str, arguments: tuple[int, ...]) -> str:
    at, size = arguments[1], arguments[2]
    if name == "sendmsg":
        vectors, count = struct.unpack("QQ", _bytes(thread, at + 16, 16))
        at, size = struct.unpack("QQ", _bytes(thread, vectors, 16)) if count else (0, 0)
    content = _bytes(thread, at, min(size, 400))
    if of_connection := _of_connection(content):
        return of_connection
    said = content.decode("ascii", "replace")
    if request := _REQUEST.match(said):
        return _CHANGING.sub("*", request[0])
    statement = _STATEMENT.search(said)
    if not statement:
        return ""
    return " ".join(said[statement.start() :].partition("\0")[0].split())[:60]


def _of_connection(content: bytes) -> str:
    """What a message to PostgreSQL is that says no more than who is there, or no longer; empty for any other.

    Source:
        PostgreSQL, "Frontend/Backend Protocol", message formats: StartupMessage and those for encryption have
        no type and begin with their length, PasswordMessage and its kin are ``p``, Terminate is ``X``.
    """
    if len(content) > _HEADER and int.from_bytes(content[:4]) == len(content):
        return OPENS
    if content[:1] == b"p" and int.from_bytes(content[1:5]) + 1 == len(content):
        return OPENS
    return LEAVES if content == b"X\0\0\0\4" else ""


def _address(content: bytes) -> str:
    family = struct.unpack_from("H", content)[0]
    if family == socket.AF_UNIX:
        return content[2:].partition(b"\0")[0].decode(errors="replace")
    if family == socket.AF_INET:
        return f"{socket.inet_ntoa(content[4:8])}:{struct.unpack_from('!H', content, 2)[0]}"
    return f"family {family}"


def _text(thread: int, at: int) -> str:
    page = 4096 - at % 4096  # a path may end where the next page is not there
    content = _bytes(thread, at, min(page, 512))
    if b"\0" not in content:
        content += _bytes(thread, at + len(content), 512)
    return content.split(b"\0")[0].decode(errors="replace")


def _bytes(thread: int, at: int, size: int) -> bytes:
    with Path(f"/proc/{thread}/mem").open("rb", buffering=0) as memory:
        memory.seek(at)
        return memory.read(size)


def _process(thread: int) -> int:
    status = Path(f"/proc/{thread}/status").read_text()
    return int(status.partition("Tgid:")[2].split()[0])
