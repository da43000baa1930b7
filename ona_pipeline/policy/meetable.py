"""Refuses a policy that nobody could meet, with the key, what was wanted and what was found."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ona_pipeline.policy.environment import EnvironmentPolicy
from ona_pipeline.policy.people import People
from ona_pipeline.policy.waivers import WAIVABLE, WaiverPolicy


class Flaw(NamedTuple):
    """Why a policy cannot be met.

    Attributes:
        key: the table and key: ``environments.production.quorum``.
        sentence: wanted and found.
        hint: what to do about it.
    """

    key: str
    sentence: str
    hint: str


_DECLARE = "declare [tool.ona.people.NAME] or [tool.ona.groups], or correct the name"


def flaws(environments: Mapping[str, EnvironmentPolicy]) -> Iterator[Flaw]:
    """What keeps anyone from ever meeting the policies of these environments, in the order of the file."""
    for one in list(environments.values())[:1]:
        yield from _people(one.people)
        yield from _waivers(one.waivers, one.people)
    for name, environment in environments.items():
        earlier = tuple(environments)[: tuple(environments).index(name)]
        yield from _approvers(f"environments.{name}", environment)
        yield from _requires(f"environments.{name}.requires", environment.requires, earlier)


def _people(people: People) -> Iterator[Flaw]:
    for kind in ("logins", "emails", "keys"):
        owners: dict[str, str] = {}
        for name, person in people.persons.items():
            for claim in getattr(person, kind):
                if owners.setdefault(claim, name) != name:
                    sentence = f"wanted {claim} to be one person, found it with {owners[claim]} and {name}"
                    yield Flaw(f"people.{name}.{kind}", sentence, "take it from one of them")
    for group, members in people.groups.items():
        if group in people.persons:
            yield Flaw(f"groups.{group}", "wanted a name of its own, found a person's", "rename the group")
        for name in members:
            if name not in people.persons:
                yield Flaw(f"groups.{group}", f"wanted declared people, found {name}", _DECLARE)


def _waivers(waivers: WaiverPolicy, people: People) -> Iterator[Flaw]:
    yield from _known("waivers.by", waivers.by, people)
    for code in waivers.findings:
        if code not in WAIVABLE:
            sentence = f"wanted findings that can be waived ({', '.join(WAIVABLE)}), found {code}"
            yield Flaw(
                "waivers.findings", sentence, "what was declared, and what could not be judged, stands"
            )


def _approvers(key: str, environment: EnvironmentPolicy) -> Iterator[Flaw]:
    yield from _known(f"{key}.approvers", environment.approvers, environment.people)
    if environment.require_signature:
        yield from _keys(f"{key}.require_signature", environment)
    else:
        yield from _logins(f"{key}.approvers", environment)
    if environment.quorum < 1:
        sentence = f"wanted 1 or more, found {environment.quorum}"
        yield Flaw(f"{key}.quorum", sentence, 'where nobody is to be asked: approval = "automatic"')
    voters = environment.voters
    if voters is not None and environment.quorum > len(voters):
        names = ", ".join(voters) or "nobody"
        sentence = (
            f"wanted at most {len(voters)}, for that many may approve ({names}), found {environment.quorum}"
        )
        yield Flaw(f"{key}.quorum", sentence, "name more approvers, or lower the quorum")


def _logins(key: str, environment: EnvironmentPolicy) -> Iterator[Flaw]:
    persons = environment.people.persons
    for name in environment.allowed:
        if name in persons and not persons[name].logins:
            yield Flaw(
                key, f"wanted people with a login, found none of {name}", f"logins = […] of people.{name}"
            )


def _keys(key: str, environment: EnvironmentPolicy) -> Iterator[Flaw]:
    persons = environment.people.persons
    wanted = environment.allowed or tuple(persons)
    without = [name for name in wanted if name not in persons or not persons[name].keys]
    if without or not wanted:
        found = f"none for {', '.join(without)}" if without else "no people at all"
        hint = 'keys = ["SHA256:…"] in [tool.ona.people.NAME], as ssh-keygen -l prints it'
        yield Flaw(key, f"wanted an SSH key of everyone who may approve, found {found}", hint)


def _known(key: str, names: tuple[str, ...], people: People) -> Iterator[Flaw]:
    """Where nobody is declared, names are logins, and any may be."""
    declared = {*people.persons, *people.groups}
    for name in names if declared else ():
        if name not in declared:
            yield Flaw(key, f"wanted declared people or groups, found {name}", _DECLARE)


def _requires(key: str, requires: Mapping[str, str], earlier: tuple[str, ...]) -> Iterator[Flaw]:
    for name in requires:
        if name not in earlier:
            sentence = (
                f"wanted environments before it ({', '.join(earlier) or 'there is none'}), found {name}"
            )
            yield Flaw(key, sentence, "environments are passed in the order of the file")
