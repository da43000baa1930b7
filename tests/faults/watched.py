"""A program, each of whose persistence and network calls waits until it is told what becomes of it.

The seam is the kernel's, not the program's: whichever library makes the call, in whichever thread or child,
it stops before the call is made. So calls have one order, and none can be left out.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from tests.backends import missing
from tests.faults.calls import NUMBERS, Call, Memory

_LAUNCH = Path(__file__).with_name("launch.py")
_SYS_PIDFD_GETFD = 438
_RECEIVE, _ANSWER = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, …_SEND
_GOES_THROUGH = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE
_PAUSE_S = 0.002


class Watched:
    """A program that was started.

    Args:
        command: its absolute path, and its arguments.
        folder: where it works.
        environment: of the program.
        counts: which calls are told; the others go through.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        counts: Callable[[Call], bool],
    ) -> None:
        if platform.machine() != "x86_64":
            missing(f"calls are watched on x86_64 only, and this is {platform.machine()}")
        self._counts = counts
        self._memory = Memory()
        self._output, self._notes = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115 - see __exit__
        numbers = ",".join(map(str, NUMBERS.values()))
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCH), numbers, *command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._notes,
        )
        self._pidfd = os.pidfd_open(self._process.pid)
        self._listener = self._borrowed(_listener(self._process))
        assert self._process.stdin
        self._process.stdin.write(b".")
        self._process.stdin.close()
        self._waiting = self._descriptor = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """It does not outlive the block."""
        self.is_killed()
        os.close(self._listener)
        os.close(self._pidfd)
        self._output.close()
        self._notes.close()

    def calls(self) -> Iterator[Call]:
        """Each call that counts, before it is made; asking for the next one lets it through."""
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while True:
            self._answer(0)
            ready = poll.poll(1000)
            if ready and ready[0][1] & select.POLLIN:
                call = self._next()
                if call and self._counts(call):
                    yield call
            elif ready or self._process.poll() is not None:
                return

    def fails(self, error: int) -> None:
        """The waiting call is not made, and ends with this error number."""
        self._answer(-error)

    def is_cut(self, *, after_s: float | None = None) -> None:
        """The connection of the waiting call breaks: before anything is sent; or so long after it was.

        Args:
            after_s: seconds; None: before.
        """
        if after_s is None:
            self.fails(errno.ECONNRESET)
            return
        connection = self._borrowed(self._descriptor)
        self._answer(0)
        time.sleep(after_s)
        with socket.socket(fileno=connection) as mine, contextlib.suppress(OSError):
            mine.shutdown(socket.SHUT_RDWR)

    def is_killed(self, *, after_s: float | None = None) -> float:
        """Kill it before the waiting call is made; or let that through, and kill it so long after.

        Returns:
            When, in seconds since the epoch.
        """
        if after_s is not None:
            self._answer(0)
            time.sleep(after_s)
        at = time.time()
        self._process.send_signal(signal.SIGKILL)  # nothing happens where it has ended already
        self._process.wait()
        return at

    def ended(self) -> "subprocess.CompletedProcess[str]":
        """Let it go on to its end, and tell what it said."""
        for _ in self.calls():
            pass
        status = self._process.wait()
        return subprocess.CompletedProcess(
            self._process.args, status, _read(self._output), _read(self._notes)
        )

    def _next(self) -> Call | None:
        notice = bytearray(80)
        try:
            fcntl.ioctl(self._listener, _RECEIVE, notice)
            self._waiting, thread, _, number = struct.unpack_from("QIIi", notice)
            arguments = struct.unpack_from("6Q", notice, 32)
            self._descriptor = arguments[0]
            return self._memory.call(thread, number, arguments)
        except OSError:  # the thread ended while it waited
            return None

    def _borrowed(self, descriptor: int) -> int:
        """A file of the program's, opened here too."""
        libc = ctypes.CDLL(None, use_errno=True)
        mine = int(libc.syscall(_SYS_PIDFD_GETFD, self._pidfd, descriptor, 0))
        if mine < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
        return mine

    def _answer(self, error: int) -> None:
        if not self._waiting:
            return
        flags = 0 if error else _GOES_THROUGH
        answer = bytearray(struct.pack("QqiI", self._waiting, 0, error, flags))
        self._waiting = 0
        try:
            fcntl.ioctl(self._listener, _ANSWER, answer)
        except OSError:  # the thread ended while it waited
            return


def _listener(process: "subprocess.Popen[bytes]") -> int:
    """The number of the listening end in the launcher, once that has laid the filter on itself."""
    while process.poll() is None:
        for link in Path(f"/proc/{process.pid}/fd").iterdir():
            if _leads_to(link) == "anon_inode:seccomp notify":
                return int(link.name)
        time.sleep(_PAUSE_S)
    raise AssertionError("the launcher ended")


def _leads_to(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed in between
        return ""


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
