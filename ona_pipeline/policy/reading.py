"""From the bytes of a ``pyproject.toml`` to the policy."""

from typing import Any

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.policy.environment import EnvironmentPolicy, EnvironmentTable
from ona_pipeline.policy.meetable import flaws
from ona_pipeline.policy.people import People, Person
from ona_pipeline.policy.verify import VerifyPolicy
from ona_pipeline.policy.waivers import WaiverPolicy
from ona_pipeline.pyproject import ona_table
from ona_pipeline.records.canonical import convert


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


_BUILT_IN = {"staging": EnvironmentTable(approval="automatic"), "production": EnvironmentTable()}


def _joined(table: EnvironmentTable, people: People, waivers: WaiverPolicy) -> EnvironmentPolicy:
    return EnvironmentPolicy(**msgspec.structs.asdict(table), people=people, waivers=waivers)


DEFAULT_ENVIRONMENTS = {name: _joined(table, People(), WaiverPolicy()) for name, table in _BUILT_IN.items()}


def parse_policy(pyproject: bytes, *, subject: str) -> Policy:
    """Read the policy out of the bytes of a ``pyproject.toml``.

    Args:
        pyproject: the file's content, UTF-8.
        subject: where it came from, for messages: ``pyproject.toml at origin/main``.

    Raises:
        UsageError: it is not TOML, holds unknown keys or wrong types, or nobody could meet it.
    """
    table = ona_table(pyproject, subject=subject)
    try:
        verify = convert(table.get("verify", {}), VerifyPolicy)
        environments = _environments(table)
    except msgspec.ValidationError as error:
        raise UsageError(f"{subject}: the policy cannot be read: {error}") from error
    for flaw in flaws(environments):
        raise UsageError(f"{subject}: [tool.ona] {flaw.key}: {flaw.sentence}", hint=flaw.hint)
    return Policy(verify=verify, environments=environments)


def _environments(table: dict[str, Any]) -> dict[str, EnvironmentPolicy]:
    people = People(
        persons=convert(table.get("people", {}), dict[str, Person]),
        groups=convert(table.get("groups", {}), dict[str, tuple[str, ...]]),
    )
    waivers = convert(table.get("waivers", {}), WaiverPolicy)
    found = convert(table.get("environments", {}), dict[str, EnvironmentTable])
    return {name: _joined(one, people, waivers) for name, one in (found or _BUILT_IN).items()}
