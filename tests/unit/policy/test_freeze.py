"""Freeze windows: in their own time zone, once or weekly, and when it is over."""

from datetime import UTC, datetime

import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.policy import Freeze, Policy, parse_policy
from ona_pipeline.policy.freeze import frozen


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def windows(*lines: str) -> tuple[Freeze, ...]:
    return parsed(*lines).environment("production").freeze


def parsed(*lines: str) -> Policy:
    text = f"[tool.ona.environments.production]\nfreeze = [{', '.join(lines)}]\n"
    return parse_policy(text.encode(), subject="pyproject.toml at main")


YEAR_END = (
    '{from = "2026-12-20 18:00", until = "2027-01-04 08:00", zone = "Europe/Berlin", reason = "year end"}'
)
WEEKEND = '{days = ["sat", "sun"], zone = "Europe/Berlin"}'
FRIDAY = '{days = ["fri"], from = "16:00", zone = "Europe/Berlin"}'


@pytest.mark.parametrize(
    ("now", "is_frozen"),
    [
        ("2026-12-20 16:59", False),
        ("2026-12-20 17:00", True),
        ("2027-01-04 06:59", True),
        ("2027-01-04 07:00", False),
    ],
)
def test_a_window_that_comes_once_is_in_its_own_time_zone(now: str, is_frozen: bool) -> None:
    assert (frozen(windows(YEAR_END), at(now)) is not None) is is_frozen


def test_a_weekly_window_follows_the_clocks_of_its_zone_in_summer() -> None:
    assert frozen(windows(FRIDAY), at("2026-07-03 13:59")) is None
    assert frozen(windows(FRIDAY), at("2026-07-03 14:00")) is not None
    assert frozen(windows(FRIDAY), at("2026-12-04 14:30")) is None


def test_windows_that_touch_are_over_together() -> None:
    met = frozen(windows(FRIDAY, WEEKEND), at("2026-11-27 16:00"))
    assert met is not None
    assert met.until == at("2026-11-29 23:00")
    assert met.window.days == ("fri",)


def test_a_freeze_that_never_ends_does_not_hang() -> None:
    halves = ('{days = ["mon", "tue", "wed"]}', '{days = ["thu", "fri", "sat", "sun"]}')
    assert frozen(windows(*halves), at("2026-11-27 16:00")) is not None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{from = "2026-12-20 18:00", until = "2026-12-20 17:00"}', "wanted until after from"),
        ('{from = "2026-12-20 18:00"}', "wanted a date and time such as 2026-12-20 18:00, found ''"),
        ('{from = "16:00", until = "2026-12-20 17:00"}', "found '16:00'"),
        ('{from = "2026-12-20T18:00Z", until = "2026-12-21 18:00"}', "wanted a local time"),
        ('{days = ["fri"], from = "16:00", until = "09:00"}', "wanted until after from"),
        ('{days = ["fri"], from = "soon"}', "wanted a time such as 16:00, found 'soon'"),
        ('{days = ["fri"], zone = "Mars/Olympus"}', "wanted an IANA time zone such as Europe/Berlin"),
        ('{days = ["fri"], zone = "Europe"}', "wanted an IANA time zone"),
        ('{days = ["fri"], zone = "../etc/passwd"}', "wanted an IANA time zone"),
        ('{days = ["friday"]}', "Invalid enum value 'friday'"),
        ('{days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}', "wanted a day of the week on which"),
        ('{start = "16:00", days = ["fri"]}', "unknown field `start`"),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused_when_it_is_read(line: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed(line)
    assert refused.value.message.startswith("pyproject.toml at main: the policy cannot be read: ")
    assert said in refused.value.message
    assert "freeze" in refused.value.message
