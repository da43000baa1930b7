"""From the bytes of a ``pyproject.toml`` to the policy."""

from collections.abc import Callable
from typing import Any

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.policy.environment import EnvironmentPolicy, EnvironmentTable
from ona_pipeline.policy.images import ImagePolicy
from ona_pipeline.policy.meetable import flaws
from ona_pipeline.policy.people import People, Person
from ona_pipeline.policy.retention import RetentionPolicy
from ona_pipeline.policy.signers import SignaturePolicy
from ona_pipeline.policy.verify import VerifyPolicy
from ona_pipeline.policy.waivers import WaiverPolicy
from ona_pipeline.pyproject import ona_table
from ona_pipeline.records.canonical import convert


class Policy(msgspec.Struct, frozen=True):
    """All that is allowed.

    Attributes:
        verify: for models.
        environments: by name, in the order in which a release passes through them.
        images: for what was published.
        retention: for what nothing needs any more.
    """

    verify: VerifyPolicy = VerifyPolicy()
    environments: dict[str, EnvironmentPolicy] = {}
    images: ImagePolicy = ImagePolicy()
    retention: RetentionPolicy = RetentionPolicy()

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

    def without_own(self, own: "Policy", before: "Policy") -> "Policy":
        """This policy, without what a commit changed in the policy that it is judged by.

        Args:
            own: the policy at the commit.
            before: the policy that the commit was to be judged by.
        """
        names = (
            before.environments if list(self.environments) == list(own.environments) else self.environments
        )
        judged = {
            name: before.environments.get(name, present)
            if (present := self.environments.get(name)) == own.environments.get(name)
            else present
            for name in names
        }
        verify = before.verify if self.verify == own.verify else self.verify
        return msgspec.structs.replace(
            self, verify=verify, environments={name: found for name, found in judged.items() if found}
        )

    def upto(self, name: str) -> list[str]:
        """The environments on the way, in order, `name` included; none where it is empty.

        Raises:
            UsageError: there is none of that name.
        """
        if not name:
            return []
        self.environment(name)
        names = list(self.environments)
        return names[: names.index(name) + 1]


_BUILT_IN = {"staging": EnvironmentTable(approval="automatic"), "production": EnvironmentTable()}


DEFAULT_ENVIRONMENTS = {
    name: EnvironmentPolicy(**msgspec.structs.asdict(table)) for name, table in _BUILT_IN.items()
}


def no_file(path: str) -> bytes:
    """What is read where there is no repository: nothing."""
    del path
    return b""


def parse_policy(pyproject: bytes, *, subject: str, beside: Callable[[str], bytes] = no_file) -> Policy:
    """Read the policy out of the bytes of a ``pyproject.toml``.

    Args:
        pyproject: the file's content, UTF-8.
        subject: where it came from, for messages: ``pyproject.toml at origin/main``.
        beside: reads another file of the same commit, by its path.

    Raises:
        UsageError: it is not TOML, holds unknown keys or wrong types, or nobody could meet it.
    """
    table = ona_table(pyproject, subject=subject)
    try:
        verify = convert(table.get("verify", {}), VerifyPolicy)
        images = convert(table.get("images", {}), ImagePolicy)
        retention = convert(table.get("retention", {}), RetentionPolicy)
        environments = _environments(table, beside)
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise UsageError(f"{subject}: the policy cannot be read: {error}") from error
    for flaw in flaws(environments):
        raise UsageError(f"{subject}: [tool.ona] {flaw.key}: {flaw.sentence}", hint=flaw.hint)
    return Policy(verify=verify, environments=environments, images=images, retention=retention)


def _environments(table: dict[str, Any], beside: Callable[[str], bytes]) -> dict[str, EnvironmentPolicy]:
    people = People(
        persons=convert(table.get("people", {}), dict[str, Person]),
        groups=convert(table.get("groups", {}), dict[str, tuple[str, ...]]),
    )
    waivers = convert(table.get("waivers", {}), WaiverPolicy)
    path = convert(table.get("signatures", {}), SignaturePolicy).allowed_signers
    shared: dict[str, Any] = {
        "people": people,
        "waivers": waivers,
        "signers": beside(path).decode() if path else "",
    }
    found = convert(table.get("environments", {}), dict[str, EnvironmentTable])
    return {
        name: EnvironmentPolicy(**msgspec.structs.asdict(one), **shared)
        for name, one in (found or _BUILT_IN).items()
    }
