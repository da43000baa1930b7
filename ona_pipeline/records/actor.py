"""Who did something, as far as this machine can tell."""

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """A claim, not a proof: what the operating system and git say of the person or job.

    Attributes:
        login: the operating-system user, or the login that a CI system vouches for.
        email: from git's configuration; may be empty.
        via: how it was done: ``terminal``, ``command``, ``hook``, ``job``; ``policy`` where no one was asked.
    """

    login: str
    email: str = ""
    via: str = "command"

    @property
    def name(self) -> str:
        """For people: ``releaser`` or ``releaser <releaser@example.org>``."""
        return f"{self.login} <{self.email}>" if self.email else self.login


POLICY = Actor(login="policy", via="policy")
