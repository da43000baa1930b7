"""Requests, decisions and rollouts in any order: nothing is rolled out without a yes to exactly that."""

from contextlib import suppress

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ona_pipeline.approve.expire import expire_due
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.history import TransitionError
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import (
    Approved,
    Replaced,
    RolledBack,
    RolledOut,
    RolloutErrored,
    RolloutStarted,
)
from ona_pipeline.records.release import Release
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import AUTOMATIC, MANUAL, digest, hold, published, write
from tests.fakes.requests import ask, say_no, say_yes, take_back

D = digest("rollout")
CARRIED_OUT = {
    PromotionPhase.ROLLING_OUT,
    PromotionPhase.LIVE,
    PromotionPhase.REPLACED,
    PromotionPhase.ROLLED_BACK,
}


class Interleavings(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.clock = FakeClock()
        self.ledger = FakeLedger(clock=self.clock)
        self.releases: list[Release] = []

    def promotions(self) -> list[Promotion]:
        with self.ledger.reading() as reading:
            return histories.promotions(reading)

    @precondition(lambda self: len(self.releases) < 3)
    @rule(doubt=st.booleans())
    def release(self, doubt: bool) -> None:
        self.releases.append(published(self.ledger, f"digits-{len(self.releases)}", doubt=doubt))

    @precondition(lambda self: self.releases)
    @rule(data=st.data(), policy=st.sampled_from([MANUAL, AUTOMATIC]))
    def request(self, data: st.DataObject, policy: EnvironmentPolicy) -> None:
        ask(self.ledger, self.clock, data.draw(st.sampled_from(self.releases)), policy=policy)

    @precondition(lambda self: self.releases and self.promotions())
    @rule(data=st.data(), decide=st.sampled_from([say_yes, say_no, take_back]))
    def decide(self, data: st.DataObject, decide: object) -> None:
        promotion = data.draw(st.sampled_from(self.promotions()))
        with suppress(RefusedError):
            decide(self.ledger, self.clock, promotion)  # type: ignore[operator]

    @precondition(lambda self: self.releases and self.promotions())
    @rule(
        data=st.data(),
        fact=st.sampled_from(
            [RolloutStarted(), RolloutErrored("no"), RolledOut(D), RolledBack(D, "", "no"), Replaced("x")]
        ),
    )
    def carry_out(self, data: st.DataObject, fact: RolledOut) -> None:
        with suppress(TransitionError):
            write(self.ledger, data.draw(st.sampled_from(self.promotions())), fact)

    @rule(days=st.integers(1, 8))
    def wait(self, days: int) -> None:
        self.clock.pass_(days=days)
        expire_due(self.ledger, self.clock)

    @rule(lifted=st.booleans())
    def hold(self, lifted: bool) -> None:
        hold(self.ledger, lifted=lifted)

    @invariant()
    def what_is_carried_out_was_approved_as_it_is(self) -> None:
        for promotion in self.promotions() if hasattr(self, "ledger") else ():
            if promotion.phase in CARRIED_OUT:
                assert isinstance(promotion.decision, Approved)
                assert promotion.decision.binding == promotion.binding.digest

    @invariant()
    def at_most_one_request_waits_for_an_environment(self) -> None:
        promotions = self.promotions() if hasattr(self, "ledger") else []
        assert sum(promotion.phase is PromotionPhase.AWAITING for promotion in promotions) <= 1

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            assert self.ledger.verify().findings == ()


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
