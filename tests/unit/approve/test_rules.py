"""Beside a yes: no freeze, and the same release well elsewhere for so long."""

from typing import Any

import pytest

from ona_pipeline.approve.rules import must_be_met, unmet
from ona_pipeline.errors import RefusedError
from ona_pipeline.policy import EnvironmentPolicy, Freeze, WaiverPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import RolledBack
from ona_pipeline.records.waiver import Unwaived
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import APPROVER, binding, digest, published, roll_out, waive, write
from tests.fakes.requests import ask, say_yes

WAIVERS = WaiverPolicy(by=("approver",), findings=("frozen", "not-proven"))
MONDAY = EnvironmentPolicy(freeze=(Freeze(days=("mon",), reason="stocktaking"),), waivers=WAIVERS)
PROVEN = EnvironmentPolicy(requires={"staging": "30m"}, waivers=WAIVERS)


@pytest.fixture
def approved(ledger: FakeLedger, clock: FakeClock) -> Promotion:
    """On a Monday, at noon."""
    return say_yes(ledger, clock, ask(ledger, clock, published(ledger)))


def met(ledger: FakeLedger, clock: FakeClock, promotion: Promotion, policy: Any) -> tuple[Digest, ...]:
    with ledger.reading() as reading:
        return must_be_met(reading, promotion, policy, clock())


def on_staging(ledger: FakeLedger, clock: FakeClock, name: str = "digits-1") -> Promotion:
    release = published(ledger, name) if name != "digits-1" else _known(ledger)
    return roll_out(ledger, say_yes(ledger, clock, ask(ledger, clock, release, environment="staging")))


def _known(ledger: FakeLedger) -> Any:
    from ona_pipeline.ledger import histories

    with ledger.reading() as reading:
        return histories.release(reading, "digits-1")


def test_without_rules_nothing_keeps_it(ledger: FakeLedger, clock: FakeClock, approved: Promotion) -> None:
    assert met(ledger, clock, approved, EnvironmentPolicy()) == ()


def test_a_freeze_keeps_it_until_it_is_over(
    ledger: FakeLedger, clock: FakeClock, approved: Promotion
) -> None:
    with pytest.raises(RefusedError) as refused:
        met(ledger, clock, approved, MONDAY)
    assert refused.value.message == (
        "digits-1.production.1 is approved, and not rolled out yet:"
        "\n  frozen: production is frozen until 2026-11-24 00:00:00 UTC: stocktaking"
    )
    assert refused.value.hint == "then: ona resume digits-1"
    clock.pass_(hours=12)
    assert met(ledger, clock, approved, MONDAY) == ()


def test_a_release_that_was_never_there_is_not_proven(
    ledger: FakeLedger, clock: FakeClock, approved: Promotion
) -> None:
    with pytest.raises(
        RefusedError, match="wanted digits-1 well in staging for 30m, found it not live there"
    ):
        met(ledger, clock, approved, PROVEN)


def test_a_release_is_proven_once_it_was_there_for_so_long(
    ledger: FakeLedger, clock: FakeClock, approved: Promotion
) -> None:
    on_staging(ledger, clock)
    clock.pass_(minutes=29, seconds=59)
    with pytest.raises(
        RefusedError, match=r"there since 2026-11-23 12:00:00 UTC: 0:00:01 yet, until 2026-11-23 12:30:00 UTC"
    ):
        met(ledger, clock, approved, PROVEN)
    clock.pass_(seconds=1)
    assert met(ledger, clock, approved, PROVEN) == ()


def test_the_time_of_another_release_does_not_count(
    ledger: FakeLedger, clock: FakeClock, approved: Promotion
) -> None:
    on_staging(ledger, clock, "digits-2")
    clock.pass_(hours=1)
    with pytest.raises(RefusedError, match="found it not live there"):
        met(ledger, clock, approved, PROVEN)


def test_what_was_replaced_there_counts_for_as_long_as_it_was(
    ledger: FakeLedger, clock: FakeClock, approved: Promotion
) -> None:
    on_staging(ledger, clock)
    clock.pass_(minutes=10)
    on_staging(ledger, clock, "digits-2")
    clock.pass_(hours=1)
    with pytest.raises(
        RefusedError, match="it there from 2026-11-23 12:00:00 UTC to 2026-11-23 12:10:00 UTC"
    ):
        met(ledger, clock, approved, PROVEN)


def test_what_was_rolled_back_there_is_not_proven_however_long_it_was(
    ledger: FakeLedger, clock: FakeClock, approved: Promotion
) -> None:
    live = on_staging(ledger, clock)
    clock.pass_(hours=2)
    write(ledger, live, RolledBack(digest("rollout"), "", "sevens are wrong"))
    with pytest.raises(RefusedError, match="not-proven"):
        met(ledger, clock, approved, PROVEN)


@pytest.mark.parametrize(("policy", "code"), [(MONDAY, "frozen"), (PROVEN, "not-proven")])
class TestAWaiver:
    def test_lets_it_go_and_is_named(
        self, ledger: FakeLedger, clock: FakeClock, approved: Promotion, policy: Any, code: str
    ) -> None:
        waiver = waive(ledger, code)
        assert met(ledger, clock, approved, policy) == (waiver.digest,)
        with ledger.reading() as reading:
            assert [finding.code for finding in unmet(reading, approved, policy, clock())] == [code]

    def test_that_expired_does_nothing(
        self, ledger: FakeLedger, clock: FakeClock, approved: Promotion, policy: Any, code: str
    ) -> None:
        waive(ledger, code, days=0)
        with pytest.raises(RefusedError, match=code):
            met(ledger, clock, approved, policy)

    def test_that_was_revoked_does_nothing(
        self, ledger: FakeLedger, clock: FakeClock, approved: Promotion, policy: Any, code: str
    ) -> None:
        waiver = waive(ledger, code)
        with ledger.writing() as writing:
            over = Unwaived(waiver.digest, "over")
            writing.append(over, model="digits", subject=waiver.subject, actor=APPROVER)
        with pytest.raises(RefusedError, match=code):
            met(ledger, clock, approved, policy)

    @pytest.mark.parametrize(
        "foreign",
        [{"environment": "staging"}, {"about": "another"}, {"actor": Actor("passer-by")}],
        ids=["another environment", "another subject", "somebody who may not"],
    )
    def test_that_is_foreign_does_nothing(
        self,
        ledger: FakeLedger,
        clock: FakeClock,
        approved: Promotion,
        policy: Any,
        code: str,
        foreign: Any,
    ) -> None:
        waive(ledger, code, **foreign)
        with pytest.raises(RefusedError, match=code):
            met(ledger, clock, approved, policy)


def test_an_approval_does_not_outlive_the_waiver_that_it_is_bound_to(
    ledger: FakeLedger, clock: FakeClock
) -> None:
    release, waiver = published(ledger), waive(ledger, "frozen")
    bound = binding(ledger, release, waivers=(waiver.digest,))
    approved = say_yes(ledger, clock, ask(ledger, clock, release, bound=bound))
    assert met(ledger, clock, approved, MONDAY) == (waiver.digest,)
    with ledger.writing() as writing:
        over = Unwaived(waiver.digest, "over")
        writing.append(over, model="digits", subject=waiver.subject, actor=APPROVER)
    with pytest.raises(RefusedError, match="was approved with a waiver that is over") as refused:
        met(ledger, clock, approved, EnvironmentPolicy(waivers=WAIVERS))
    assert waiver.digest in refused.value.message
    assert "ona resume digits-1" in refused.value.hint
