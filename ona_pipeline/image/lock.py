"""Hashed requirements: what two locks name in common, and one file out of both.

Source:
    pip documentation, "Requirements File Format" and "Hash-checking Mode"; PEP 508 for markers.
"""

import re
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_CONTINUED = re.compile(r"\\\r?\n")
_HASH = re.compile(r"\s--hash=\S+")


class Pin(NamedTuple):
    """One requirement of a lock.

    Attributes:
        name: canonical.
        version: what it is pinned to; empty where it is not.
        line: the requirement with its hashes, on one line.
    """

    name: str
    version: str
    line: str


def pins(lock: str, environment: dict[str, str]) -> tuple[Pin, ...]:
    """The requirements of a lock that apply in an environment.

    Args:
        lock: the file's text.
        environment: PEP 508 variables of where it will run.

    Raises:
        ValueError: a line is no requirement.
    """
    lines = [line.strip() for line in _CONTINUED.sub(" ", lock).splitlines()]
    found = [_pin(line, environment) for line in lines if line and not line.startswith("#")]
    return tuple(pin for pin in found if pin is not None)


def conflicts(model: tuple[Pin, ...], server: tuple[Pin, ...]) -> tuple[str, ...]:
    """Packages that both locks name, in different versions: one sentence each."""
    wanted = {pin.name: pin.version for pin in server}
    return tuple(
        f"{pin.name}: the server needs {wanted[pin.name]}, the model's lock has {pin.version}"
        for pin in model
        if wanted.get(pin.name, pin.version) != pin.version
    )


def merged(model: tuple[Pin, ...], server: tuple[Pin, ...]) -> str:
    """One lock of both, sorted; where both name a package, the model's line stands."""
    lines = {pin.name: pin.line for pin in (*server, *model)}
    return "".join(f"{lines[name]}\n" for name in sorted(lines))


def _pin(line: str, environment: dict[str, str]) -> Pin | None:
    try:
        requirement = Requirement(_HASH.split(f" {line}", maxsplit=1)[0].strip())
    except InvalidRequirement as error:
        raise ValueError(f"no pinned requirement: {line[:80]}") from error
    if requirement.marker is not None and not requirement.marker.evaluate(environment):
        return None
    versions = [one.version for one in requirement.specifier if one.operator == "=="]
    return Pin(canonicalize_name(requirement.name), "".join(versions), line)
