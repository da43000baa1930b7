"""Image registries that tests start for themselves: Debian's, and one of another make."""

import base64
import json
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.backends import lab, missing
from tests.certificates import Certificate

USER, PASSWORD = "releaser", "sesame"
_BCRYPT = "$2b$04$1Cq3gIJs2OxfKL79TBN0m.0/T/3nu019oVAN/mx2c7sfmvCgWGbDe"  # of that password
_PATIENCE_S = 20.0


@contextmanager
def debian_registry(
    folder: Path, *, certificate: Certificate | None = None, auth: dict[str, Any] | None = None
) -> Iterator[str]:
    """Debian's `docker-registry` on a port of its own, until the end of the block; gives ``host:port``."""
    program = shutil.which("docker-registry") or missing(
        "docker-registry is not there: `make lab` installs it"
    )
    address = free_address()
    files = certificate and {
        "certificate": str(certificate.certificate_file),
        "key": str(certificate.key_file),
    }
    configuration = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": address, "secret": secrets.token_hex(8), **({"tls": files} if files else {})},
        **({"auth": auth} if auth else {}),
    }
    (folder / "registry.yml").write_text(yaml.safe_dump(configuration))
    with _running(program, "serve", str(folder / "registry.yml"), address=address):
        yield address


@contextmanager
def other_registry(certificate: Certificate, *options: str) -> Iterator[str]:
    """go-containerregistry's registry; gives ``host:port``."""
    address = free_address()
    files = (str(certificate.certificate_file), str(certificate.key_file))
    with _running(lab("other_registry"), address, *files, *options, address=address):
        yield address


def passwords(folder: Path) -> dict[str, Any]:
    """Basic authentication, for USER with PASSWORD."""
    (folder / "htpasswd").write_text(f"{USER}:{_BCRYPT}\n")
    return {"htpasswd": {"realm": "ona tests", "path": str(folder / "htpasswd")}}


def log_in(home: Path, host: str, user: str = USER, password: str = PASSWORD) -> None:
    """Do what `docker login` does, with a home folder of the test's own."""
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    configure(home, {"auths": {host: {"auth": auth}}})


def configure(home: Path, configuration: dict[str, Any]) -> None:
    """Write ``~/.docker/config.json``."""
    (home / ".docker").mkdir(exist_ok=True, parents=True)
    (home / ".docker" / "config.json").write_text(json.dumps(configuration))


def free_address() -> str:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def _running(*command: str, address: str) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(process, address)
            yield
        finally:
            process.kill()


def _wait_for(process: "subprocess.Popen[bytes]", address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            socket.create_connection((host, int(port)), 1.0).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
