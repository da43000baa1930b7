"""What is allowed: read at the trusted ref, so that no commit judges itself.

`[tool.ona.verify]` and `[tool.ona.environments.*]` of ``pyproject.toml`` are policy; the rest of `[tool.ona]`
is settings. `source` reads the file's bytes from git objects; here they become records.
"""

import re
from datetime import timedelta
from typing import Any, Literal

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.pyproject import ona_table
from ona_pipeline.records.canonical import convert, digest_of
from ona_pipeline.records.digest import Digest

# Six digits at most: a million days is past the calendar that Python has.
_DURATION = re.compile(r"([0-9]{1,6})\s*(s|m|h|d)\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """A duration written as a whole number and one unit: ``30s``, ``5m``, ``12h``, ``7d``.

    Raises:
        ValueError: the text is not such a duration.
    """
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f"wanted a duration such as 30s, 5m, 12h or 7d, found {text!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


class VerifyPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model may be.

    Attributes:
        formats: serialisation formats that may be released.
        trusted_types: exact ``module.Class`` names allowed beside the shipped list; no prefixes, no patterns.
        max_bytes: largest model directory, bytes.
    """

    formats: tuple[str, ...] = ("skops",)
    trusted_types: tuple[str, ...] = ()
    max_bytes: int = 4 * 2**30

    @property
    def digest(self) -> Digest:
        """What evidence and approvals name this policy by."""
        return digest_of(self)


class EnvironmentPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may go to one environment, and by whose word.

    Attributes:
        approval: whether a person decides.
        approvers: logins that may decide; empty means anyone, the requester too.
        expires_after: how long a request waits, such as ``7d``.
        deadline: how long a rollout may take to be well, such as ``5m``.
    """

    approval: Literal["automatic", "manual"] = "manual"
    approvers: tuple[str, ...] = ()
    expires_after: str = "7d"
    deadline: str = "5m"

    def __post_init__(self) -> None:
        duration(self.expires_after)
        duration(self.deadline)

    @property
    def digest(self) -> Digest:
        """What approvals name this policy by."""
        return digest_of(self)


class Policy(msgspec.Struct, frozen=True):
    """All that is allowed.

    Attributes:
        verify: for models.
        environments: by name, in the order in which a release passes through them.
    """

    verify: VerifyPolicy = VerifyPolicy()
    environments: dict[str, EnvironmentPolicy] = {}

    def environment(self, name: str) -> EnvironmentPolicy:
        """The policy of one environment.

        Raises:
            UsageError: there is none of that name.
        """
        if name not in self.environments:
            known = ", ".join(self.environments) or "none"
            raise UsageError(
                f"no environment is called {name!r}; known: {known}",
                hint="environments are the tables [tool.ona.environments.NAME] at the trusted ref",
            )
        return self.environments[name]


DEFAULT_ENVIRONMENTS = {
    "staging": EnvironmentPolicy(approval="automatic"),
    "production": EnvironmentPolicy(),
}


def parse_policy(pyproject: bytes, *, subject: str) -> Policy:
    """Read the policy out of the bytes of a ``pyproject.toml``.

    Args:
        pyproject: the file's content, UTF-8.
        subject: where it came from, for messages: ``pyproject.toml at origin/main``.

    Raises:
        UsageError: it is not TOML, or holds unknown keys or wrong types.
    """
    table = ona_table(pyproject, subject=subject)
    try:
        return Policy(
            verify=convert(table.get("verify", {}), VerifyPolicy), environments=_environments(table)
        )
    except msgspec.ValidationError as error:
        raise UsageError(f"{subject}: the policy cannot be read: {error}") from error


def _environments(table: dict[str, Any]) -> dict[str, EnvironmentPolicy]:
    found = convert(table.get("environments", {}), dict[str, EnvironmentPolicy])
    return found or dict(DEFAULT_ENVIRONMENTS)
