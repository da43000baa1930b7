"""Who did something, as far as this machine can tell."""

import msgspec

_ROOT = "root"


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A claim, not a proof: what the operating system and git say of the person or job.

    Attributes:
        login: the operating-system user, or the login that a CI system vouches for.
        email: from git's configuration; may be empty.
        via: how it was done: ``terminal``, ``command``, ``hook``, ``job``; ``policy`` where no one was asked.
        behind: the login that became `login` by ``sudo``; empty where it is the same.
        account: the operating-system user where a CI system's word for `login` went before it; else empty.
    """

    login: str
    email: str = msgspec.field(default_factory=str)
    via: str = msgspec.field(default_factory=lambda: "command")
    behind: str = ""
    account: str = ""

    @property
    def is_person(self) -> bool:
        """Whether somebody typed it; hooks, jobs and the policy are automation."""
        return self.via not in _NOBODY

    @property
    def name(self) -> str:
        """For people: ``releaser <releaser@example.org>``, ``root (releaser)``."""
        login = f"{self.login} ({self.behind})" if self.behind else self.login
        return f"{login} <{self.email}>" if self.email else login

    @property
    def acting(self) -> str:
        """The login whose word it is: that of whoever is behind root, for root is nobody in particular."""
        return self.behind if self.behind and self.login == _ROOT else self.login


_NOBODY = frozenset({"hook", "job", "policy"})
POLICY = Actor(login="policy", via="policy")
