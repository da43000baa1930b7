"""Policy: what is allowed, with one clear sentence where it cannot be read."""

from datetime import timedelta

import msgspec
import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.policy import EnvironmentPolicy, Policy, VerifyPolicy, duration, parse_policy


def parsed(text: str) -> Policy:
    return parse_policy(text.encode(), subject="pyproject.toml at main")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("12 h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, wanted: timedelta) -> None:
    assert duration(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "5", "m", "1.5h", "-5m", "5m\n", "5 weeks", "\N{ARABIC-INDIC DIGIT FIVE}m"]
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="wanted a duration such as"):
        duration(text)


def test_a_duration_past_the_calendar_is_refused_and_does_not_crash() -> None:
    with pytest.raises(UsageError, match="wanted a duration"):
        parsed('[tool.ona.environments.staging]\nexpires_after = "99999999999d"\n')


def test_an_empty_file_means_the_defaults() -> None:
    policy = parsed("")
    assert list(policy.environments) == ["staging", "production"]
    assert policy.environment("staging").approval == "automatic"
    assert policy.environment("production") == EnvironmentPolicy()
    assert policy.verify == VerifyPolicy(formats=("skops", "onnx"))


def test_environments_keep_the_order_of_the_file() -> None:
    tables = "".join(
        f"[tool.ona.environments.{name}]\n" for name in ("test", "canary", "production", "archive")
    )
    assert list(parsed(tables).environments) == ["test", "canary", "production", "archive"]


def test_who_names_environments_names_all_of_them() -> None:
    with pytest.raises(UsageError, match="no environment is called 'production'; known: only"):
        parsed("[tool.ona.environments.only]\n").environment("production")


def test_all_keys_of_an_environment() -> None:
    text = """\
[tool.ona.environments.production]
approval = "automatic"
approvers = ["approver"]
expires_after = "1d"
deadline = "90s"
"""
    assert parsed(text).environment("production") == EnvironmentPolicy(
        approval="automatic", approvers=("approver",), expires_after="1d", deadline="90s"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.ona.verify]\nformat = ['skops']\n", "unknown field `format`"),
        ("[tool.ona.verify]\nformats = 'skops'\n", "Expected `array`, got `str` - at `$.formats`"),
        ("[tool.ona.environments.staging]\napprover = []\n", "unknown field `approver`"),
        ("[tool.ona.environments.staging]\napproval = 'never'\n", "Invalid enum value 'never'"),
        ("[tool.ona.environments.staging]\ndeadline = 'soon'\n", "wanted a duration such as 30s"),
        ("[tool.ona.environments.staging]\ndeadline = '4s'\n", "wanted a deadline of at least 5s"),
        ("[tool.ona.environments.staging]\nmin_ready_s = 300\n", "at least 304s: min_ready_s and 4 s"),
        ("[tool.ona.environments.staging]\nmin_ready_s = 0\n", "wanted min_ready_s of 1 or more"),
        (
            "[tool.ona.environments.staging]\ncanary = {share = 0.6}\n",
            "more than 0 and at most 0.5, found 0.6",
        ),
        ("[tool.ona.environments.staging]\ncanary = {for = '5s'}\n", "a canary for at least 10s, found 5s"),
        ("[tool.ona.environments.staging]\ncanary = {portion = 0.1}\n", "portion"),
        ("[tool.ona]\nenvironments = 3\n", "Expected `object`, got `int`"),
        ("[tool]\nona = 3\n", "wanted a table [tool.ona]"),
        ("[tool.ona.verify\n", "is not TOML"),
    ],
)
def test_what_is_wrong_names_the_file_and_the_ref(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        parsed(text)
    assert error.value.message.startswith("pyproject.toml at main")
    assert said in error.value.message


def test_equal_policies_have_equal_digests_and_others_have_not() -> None:
    assert EnvironmentPolicy().digest == EnvironmentPolicy(deadline="5m").digest
    assert EnvironmentPolicy().digest != EnvironmentPolicy(deadline="6m").digest
    assert VerifyPolicy().digest != VerifyPolicy(formats=("skops", "pickle")).digest


class TestWithoutOwn:
    """What a commit changes in the policy that it is judged by does not count for itself."""

    BEFORE = Policy(environments={"staging": EnvironmentPolicy(), "production": EnvironmentPolicy(quorum=2)})
    LOWERED = EnvironmentPolicy(quorum=1, deadline="9m")

    def test_a_change_of_an_environment_is_left_out(self) -> None:
        own = Policy(environments={**self.BEFORE.environments, "production": self.LOWERED})
        assert own.without_own(own, self.BEFORE) == self.BEFORE

    def test_what_others_changed_counts(self) -> None:
        own = Policy(environments={**self.BEFORE.environments, "production": self.LOWERED})
        stricter = EnvironmentPolicy(quorum=3)
        now = Policy(environments={"staging": stricter, "production": self.LOWERED})
        assert now.without_own(own, self.BEFORE).environments == {
            "staging": stricter,
            "production": EnvironmentPolicy(quorum=2),
        }
        later = Policy(environments={**own.environments, "production": stricter})
        assert later.without_own(own, self.BEFORE).environment("production") == stricter

    def test_a_later_word_on_what_models_may_be_counts_too(self) -> None:
        strict = VerifyPolicy(formats=("onnx",))
        own = msgspec.structs.replace(self.BEFORE, verify=VerifyPolicy(formats=("pickle",)))
        later = msgspec.structs.replace(self.BEFORE, verify=strict)
        assert later.without_own(own, self.BEFORE).verify == strict
        assert own.without_own(own, self.BEFORE).verify == self.BEFORE.verify

    def test_neither_an_own_environment_nor_one_left_out_counts(self) -> None:
        own = Policy(environments={"production": EnvironmentPolicy(quorum=2), "back-door": self.LOWERED})
        assert own.without_own(own, self.BEFORE) == self.BEFORE

    def test_a_commit_that_is_not_on_the_trusted_ref_changes_nothing_anyway(self) -> None:
        own = Policy(environments={**self.BEFORE.environments, "production": self.LOWERED})
        assert self.BEFORE.without_own(own, self.BEFORE) == self.BEFORE
