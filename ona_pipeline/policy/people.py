"""Which logins, e-mail addresses and keys are one person, so that people are compared and not their names."""

from collections.abc import Iterable

import msgspec

from ona_pipeline.records.actor import Actor


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that one person goes by.

    Attributes:
        logins: of operating systems and CI systems.
        emails: as git's configuration says them.
        keys: fingerprints of SSH keys, as ``ssh-keygen -l`` prints them: ``SHA256:…``.
    """

    logins: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class People(msgspec.Struct, frozen=True):
    """The people that a policy declares; where it declares nobody, each login is somebody.

    An e-mail address is what anyone may write into git's configuration: it can show that two logins are one
    person, and gives nobody a right.

    Attributes:
        persons: by name.
        groups: name to the names of its people.
    """

    persons: dict[str, Person] = {}
    groups: dict[str, tuple[str, ...]] = {}

    def members(self, names: Iterable[str]) -> tuple[str, ...]:
        """The people whom a list of people and groups names, each once, in that order."""
        return tuple(dict.fromkeys(one for name in names for one in self.groups.get(name, (name,))))

    def person_of(self, actor: Actor) -> str:
        """The declared person whose login is acting; empty where it is nobody's."""
        return next((name for name, one in self.persons.items() if actor.acting in one.logins), "")

    def is_among(self, actor: Actor, names: Iterable[str]) -> bool:
        """Whether the actor is one of these people; where nobody is declared, one of these logins."""
        return (self.person_of(actor) if self.persons else actor.acting) in names

    def who(self, actor: Actor) -> str:
        """That person, or the login where it is nobody's."""
        return self.person_of(actor) or actor.acting

    def claims_of(self, actor: Actor) -> frozenset[str]:
        """Everyone whom the actor may be: by login and the login behind it, else by e-mail address.

        The account that a CI system's jobs have in common is nobody in particular, unless it is declared.
        """
        logins = {actor.login, actor.behind} - {""}
        declared = logins | {actor.account}
        by_login = {name for name, one in self.persons.items() if declared.intersection(one.logins)}
        by_email = {name for name, one in self.persons.items() if actor.email in one.emails}
        return frozenset(by_login or by_email or logins)

    def are_one(self, actor: Actor, other: Actor) -> bool:
        """Whether two actors may be the same person."""
        return not self.claims_of(actor).isdisjoint(self.claims_of(other))
