"""What the environment variables of the process say, and how many CPUs it may use."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import NotServableError

_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Environment:
    """The settings of one server; each is the environment variable of the same name with `ONA_` before it.

    Attributes:
        root: folder that holds `model/`, `model.manifest.json` and `release.json`.
        host: address to listen on.
        port: TCP port; 0 lets the system choose.
        max_body_bytes: longest request body that is read.
        max_rows: most rows in one request.
        threads: predictions at once.
        queue: requests that may wait for a thread; one more gets 503.
        patience_s: seconds that the head of a request may take to arrive, and then its body.
        drain_s: seconds between SIGTERM and the end of listening, for the Service to take the pod out.
    """

    root: Path = Path("/opt/ona")
    host: str = "0.0.0.0"  # noqa: S104  a container's only way to be reached
    port: int = 8080
    max_body_bytes: int = 16 << 20
    max_rows: int = 10_000
    threads: int = 1
    queue: int = 128
    patience_s: float = 10.0
    drain_s: float = 5.0


def read_environment(variables: Mapping[str, str]) -> Environment:
    """The settings in `variables`, with defaults for the rest.

    Raises:
        NotServableError: a number is not one, or is too small.
    """
    return Environment(
        root=Path(variables.get("ONA_ROOT", "/opt/ona")),
        host=variables.get("ONA_HOST", Environment().host),
        port=int(_number(variables, "ONA_PORT", 8080, least=0)),
        max_body_bytes=int(_number(variables, "ONA_MAX_BODY_BYTES", 16 << 20, least=1)),
        max_rows=int(_number(variables, "ONA_MAX_ROWS", 10_000, least=1)),
        threads=int(_number(variables, "ONA_THREADS", cpu_limit(), least=1)),
        queue=int(_number(variables, "ONA_QUEUE", 128, least=1)),
        patience_s=_number(variables, "ONA_PATIENCE_S", 10.0, least=0.001),
        drain_s=_number(variables, "ONA_DRAIN_S", 5.0, least=0),
    )


def cpu_limit(cgroup: Path = _CGROUP) -> int:
    """Whole CPUs that this process may use, at least 1: what cgroup v2 or v1 allows, else all."""
    scheduled = len(os.sched_getaffinity(0))
    quota = _quota(cgroup / "cpu.max") or _quota(
        cgroup / "cpu/cpu.cfs_quota_us", cgroup / "cpu/cpu.cfs_period_us"
    )
    return max(1, min(scheduled, math.ceil(quota))) if quota else scheduled


def _quota(*files: Path) -> float | None:
    """CPUs in `<quota> <period>`, microseconds both; None where there is no limit or no such file."""
    try:
        quota, period = " ".join(file.read_text() for file in files).split()[:2]
    except (OSError, ValueError):
        return None
    return None if quota in {"max", "-1"} else int(quota) / int(period)


def _number(variables: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    text = variables.get(name, str(default))
    try:
        number = float(text)
    except ValueError as error:
        raise NotServableError(f"{name}: wanted a number, found {text!r}") from error
    if not least <= number < math.inf:
        raise NotServableError(f"{name}: wanted at least {least:g}, found {text!r}")
    return number
