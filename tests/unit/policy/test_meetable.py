"""A policy that nobody could meet is refused when it is read: subject, wanted, found, hint."""

import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.policy import Policy, parse_policy

PEOPLE = """\
[tool.ona.people.approver-a]
logins = ["approver-a"]
emails = ["approver-a@example.org"]
keys = ["SHA256:aaaa"]

[tool.ona.people.approver-b]
logins = ["approver-b"]

[tool.ona.groups]
reviewers = ["approver-a", "approver-b"]

[tool.ona.environments.staging]
approval = "automatic"

[tool.ona.environments.production]
"""


def parsed(text: str) -> Policy:
    return parse_policy(text.encode(), subject="pyproject.toml at main")


def test_people_groups_and_all_that_an_environment_may_want_are_read() -> None:
    text = PEOPLE + (
        'approvers = ["reviewers"]\nquorum = 2\nrequester_may_approve = true\nrequires = {staging = "30m"}\n'
        '[tool.ona.waivers]\nby = ["approver-a"]\nfindings = ["frozen"]\n'
    )
    production = parsed(text).environment("production")
    assert production.allowed == ("approver-a", "approver-b")
    assert production.quorum == 2
    assert production.lets_requester_approve
    assert production.requires == {"staging": "30m"}
    assert production.waivers.by == ("approver-a",)


def test_a_requester_counts_only_while_nobody_is_named_unless_the_policy_says_so() -> None:
    assert parsed(PEOPLE).environment("production").lets_requester_approve
    named = parsed(PEOPLE + 'approvers = ["approver-a"]\n')
    assert not named.environment("production").lets_requester_approve
    nobody = parsed(PEOPLE + "requester_may_approve = false\n")
    assert not nobody.environment("production").lets_requester_approve


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        (
            'approvers = ["reviewers"]\nquorum = 3\n',
            "quorum: wanted at most 2, for that many may approve (approver-a, approver-b), found 3",
            "name more approvers, or lower the quorum",
        ),
        ("quorum = 0\n", "environments.production.quorum: wanted 1 or more, found 0", "approval ="),
        (
            'approvers = ["reviewers", "approver-c"]\n',
            "environments.production.approvers: wanted declared people or groups, found approver-c",
            "[tool.ona.people.NAME]",
        ),
        (
            'approvers = ["approver-a", "approver-b"]\nrequire_signature = true\n',
            "require_signature: wanted an SSH key of everyone who may approve, found none for approver-b",
            "ssh-keygen -l",
        ),
        (
            'requires = {canary = "30m"}\n',
            "environments.production.requires: wanted environments before it (staging), found canary",
            "in the order of the file",
        ),
        (
            'requires = {later = "30m"}\n[tool.ona.environments.later]\n',
            "environments.production.requires: wanted environments before it (staging), found later",
            "in the order of the file",
        ),
        (
            'requires = {production = "30m"}\n',
            "wanted environments before it (staging), found production",
            "in the order of the file",
        ),
        (
            '[tool.ona.people.approver-c]\nlogins = ["approver-a"]\n',
            "people.approver-c.logins: wanted approver-a to be one person, found it with approver-a and ",
            "take it from one of them",
        ),
        (
            '[tool.ona.people.approver-c]\nemails = ["approver-a@example.org"]\n',
            "people.approver-c.emails: wanted approver-a@example.org to be one person",
            "take it from one of them",
        ),
        (
            '[tool.ona.people.approver-c]\nkeys = ["SHA256:aaaa"]\n',
            "people.approver-c.keys: wanted SHA256:aaaa to be one person",
            "take it from one of them",
        ),
        (
            'approvers = ["approver-c"]\n[tool.ona.people.approver-c]\nemails = ["approver-c@example.org"]\n',
            "environments.production.approvers: wanted people with a login, found none of approver-c",
            "logins = [",
        ),
        (
            '[tool.ona.waivers]\nby = ["approver-c"]\n',
            "waivers.by: wanted declared people or groups, found approver-c",
            "[tool.ona.people.NAME]",
        ),
        (
            '[tool.ona.waivers]\nfindings = ["digest-mismatch"]\n',
            "waivers.findings: wanted findings that can be waived (expectation-unmet, ",
            "what was declared",
        ),
    ],
)
def test_what_nobody_could_meet_is_refused(text: str, said: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed(PEOPLE + text)
    assert refused.value.message.startswith("pyproject.toml at main: [tool.ona] ")
    assert said in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ('reviewers = ["approver-c"]', "groups.reviewers: wanted declared people, found approver-c"),
        ('approver-a = ["approver-b"]', "groups.approver-a: wanted a name of its own, found a person's"),
    ],
)
def test_a_group_is_of_declared_people_and_has_a_name_of_its_own(groups: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed(PEOPLE.replace('reviewers = ["approver-a", "approver-b"]', groups))
    assert said in refused.value.message


def test_where_signatures_are_wanted_only_declared_people_make_a_quorum() -> None:
    wanted = "[tool.ona.environments.production]\nrequire_signature = true\nquorum = 2\n"
    with pytest.raises(UsageError, match=r"quorum: wanted at most 1, .* \(approver-a\), found 2"):
        parsed('[tool.ona.people.approver-a]\nlogins = ["a"]\nkeys = ["SHA256:aaaa"]\n' + wanted)


def test_signatures_are_wanted_of_somebody_who_has_a_key() -> None:
    with pytest.raises(UsageError, match="found no people at all"):
        parsed("[tool.ona.environments.production]\nrequire_signature = true\n")
    with pytest.raises(UsageError, match="found none for approver-a"):
        parsed('[tool.ona.environments.production]\napprovers = ["approver-a"]\nrequire_signature = true\n')


def test_without_declared_people_approvers_are_logins_and_any_may_be() -> None:
    production = parsed('[tool.ona.environments.production]\napprovers = ["approver-a", "approver-b"]\n')
    assert production.environment("production").allowed == ("approver-a", "approver-b")


def test_a_wrong_duration_of_another_environment_is_refused() -> None:
    with pytest.raises(UsageError, match="wanted a duration such as 30s"):
        parsed(PEOPLE + 'requires = {staging = "soon"}\n')


def test_a_change_of_who_is_who_is_another_policy() -> None:
    first = parsed(PEOPLE).environment("production")
    second = parsed(PEOPLE.replace('["approver-b"]', '["approver-b", "approver-b-admin"]')).environment(
        "production"
    )
    assert first.digest != second.digest
