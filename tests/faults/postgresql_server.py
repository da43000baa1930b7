"""A PostgreSQL server of a test's own, to be restarted under a running `ona`."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.backends import missing


class PostgresqlServer:
    """On a free port of the loopback address, with its data in a folder of its own.

    Args:
        settings: such as ``fsync=off``, where what is written need not outlive the machine.
    """

    def __init__(self, *settings: str) -> None:
        self._settings = [f"--{setting}" for setting in settings]
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not found:
            missing("no PostgreSQL server is installed: the package postgresql")
        self._programs, self._folder = found[-1], Path(tempfile.mkdtemp(prefix="ona-postgresql-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """Its database, as a setting of `ona`."""
        return f"postgresql://ona@{self.address}/postgres"

    def __enter__(self) -> Self:
        if os.getuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        self._run("initdb", "-D", "data", "--username=ona", "--auth=trust", "--no-sync")
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        shutil.rmtree(self._folder)

    def restart(self) -> None:
        """End every connection at once, and be there again."""
        self._stop()
        self._start()

    def _stop(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGQUIT)  # at once, as by a crash
        self._process.wait()

    def _start(self) -> None:
        options = [
            f"--port={self._port}",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            *self._settings,
        ]
        command = self._as_postgres("postgres", "-D", "data", *options)
        self._process = subprocess.Popen(
            command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        answers = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        while subprocess.run(answers, check=False).returncode:
            assert self._process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)

    def _run(self, *command: str) -> None:
        subprocess.run(self._as_postgres(*command), cwd=self._folder, check=True, capture_output=True)

    def _as_postgres(self, program: str, *arguments: str) -> list[str]:
        """The server refuses to run as root."""
        own = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
        return [*own, str(self._programs / program), *arguments]
