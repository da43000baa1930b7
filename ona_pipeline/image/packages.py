"""Packages for an image, unpacked by uv: wheels only, by hash, for the image's platform.

uv runs on the releaser's side, with the releaser's index, proxy and certificates; none of them reaches the
image.
"""

import re
import subprocess
import sys
from pathlib import Path

from ona_pipeline.errors import BackendError
from ona_pipeline.image.platform import Platform

# What never serves: commands with the releaser's paths in them, type stubs, C headers, test suites, the list
# of all these files, and what uv notes for itself.
_LEFT_OUT = ("bin", "include")
_LEFT_OUT_ANYWHERE = frozenset({"tests", "test", "__pycache__"})
_LEFT_OUT_NAMES = frozenset({"RECORD", "INSTALLER", "REQUESTED", ".lock", "uv_cache.json"})
_LEFT_OUT_SUFFIXES = frozenset({".pyi", ".pyx", ".pxd", ".h", ".hpp", ".c", ".cpp", ".f90", ".a"})
_UNREACHABLE = ("error sending request", "failed to fetch", "dns error", "timed out", "connection")
# ONNX Runtime for programs in C, a second time beside the Python module that has all of it.
_LEFT_OUT_LIBRARY = "libonnxruntime.so"
_CREDENTIALS = re.compile(r"://[^/\s@]+@")
_TIMEOUT_S = 900


class UnresolvableError(Exception):
    """The lock cannot be installed as it is; the message says why, in uv's words."""


def install(lock: str, target: Path, scratch: Path, platform: Platform) -> None:
    """Unpack every package of a lock into a folder.

    Args:
        lock: pinned and hashed requirements.
        target: becomes the folder.
        scratch: an existing folder for the lock's file.
        platform: that the wheels are for.

    Raises:
        UnresolvableError: no such version, no wheel for the platform, or other bytes than the hash says.
        BackendError: uv, or the package index, is not there.
    """
    requirements = scratch / "requirements.lock"
    requirements.write_text(lock)
    try:
        done = subprocess.run(
            _command(requirements, target, platform),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            cwd=scratch,  # uv reads settings out of the folder it runs in: a commit's must not count
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendError(f"uv did not run to its end: {type(error).__name__}", retryable=True) from error
    if done.returncode != 0:
        raise _failure(done.stderr)


def keep(unpacked: Path, target: Path) -> None:
    """Move what an image needs of the unpacked packages to another folder on the same disk."""
    for path in sorted(unpacked.rglob("*")):
        name = path.relative_to(unpacked)
        if path.is_file() and _is_needed(name):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            path.rename(target / name)


def _command(requirements: Path, target: Path, platform: Platform) -> list[str]:
    import uv

    return [
        uv.find_uv_bin(),
        *("pip", "install", "--quiet", "--no-progress", "--python", sys.executable),
        *("--target", str(target), "--requirements", str(requirements)),
        *("--python-version", platform.python, "--python-platform", platform.wheels),
        *("--only-binary", ":all:", "--require-hashes", "--no-deps", "--link-mode", "hardlink"),
    ]


def _is_needed(name: Path) -> bool:
    return not (
        name.parts[0] in _LEFT_OUT
        or _LEFT_OUT_ANYWHERE.intersection(name.parts[:-1])
        or name.name in _LEFT_OUT_NAMES
        or name.suffix in _LEFT_OUT_SUFFIXES
        or name.name.startswith(_LEFT_OUT_LIBRARY)
    )


def _failure(stderr: str) -> Exception:
    words = " ".join(_CREDENTIALS.sub("://", stderr).split())
    if any(sign in words.lower() for sign in _UNREACHABLE):
        return BackendError(
            f"the package index did not answer: {words[:400]}",
            hint="uv reads UV_INDEX_URL, HTTPS_PROXY and SSL_CERT_FILE",
            retryable=True,
        )
    return UnresolvableError(words[:400])
