"""What people, jobs and accidents do to one model's environments, in any order."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ona_pipeline.journey import Journey
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.sql import open_ledger
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.promotions import Promotions
from ona_pipeline.records import environment as environments
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.environment import place
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.records.release import Release
from tests.fakes.clock import FakeClock
from tests.fakes.releases import APPROVER, JOB, RELEASER, digest, published
from tests.fakes.target import FakeTarget
from tests.faults.stage import Stage

ACTORS = st.sampled_from([RELEASER, APPROVER, Actor(login="second", via="terminal"), JOB])
ENVIRONMENTS = st.sampled_from(["staging", "production"])
LIVES_FOR = st.one_of(st.none(), st.integers(0, 9))
BEHAVIOURS = st.sampled_from(["digits", "digits", "digits", "crash"])
POLICIES = st.sampled_from(
    [
        EnvironmentPolicy(),
        EnvironmentPolicy(approval="automatic"),
        EnvironmentPolicy(approvers=("approver", "second")),
        EnvironmentPolicy(expires_after="2d"),
        EnvironmentPolicy(quorum=2),
    ]
)


class Interleavings(RuleBasedStateMachine):
    """One ledger, emptied before each example.

    Attributes:
        fresh: the URL of an empty ledger.
        ended: how many examples came to their end.
    """

    fresh: ClassVar[Callable[[], str]]
    ended: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        self.clock = FakeClock()
        ledger = open_ledger(type(self).fresh(), clock=self.clock)
        self.stage = Stage(ledger, self.clock)

    @precondition(lambda self: len(self.stage.releases) < 4)
    @rule(behaviour=BEHAVIOURS, doubt=st.booleans(), actor=ACTORS)
    def release(self, behaviour: str, doubt: bool, actor: Actor) -> None:
        name = f"digits-{len(self.stage.releases)}"
        made = published(self.stage.ledger, name, actor=actor, doubt=doubt, repository=behaviour)
        self.stage.releases.append(made)

    @precondition(lambda self: self.stage.releases)
    @rule(data=st.data(), actor=ACTORS, lives_for=LIVES_FOR, environment=ENVIRONMENTS)
    def request(self, data: st.DataObject, actor: Actor, lives_for: int | None, environment: str) -> None:
        release = data.draw(st.sampled_from(self.stage.releases))
        self.stage.act(actor, lives_for, lambda promotions, _: promotions.promote(release, environment))

    @precondition(lambda self: self.stage.promotions())
    @rule(data=st.data(), actor=ACTORS, lives_for=LIVES_FOR)
    def approve(self, data: st.DataObject, actor: Actor, lives_for: int | None) -> None:
        found = data.draw(st.sampled_from(self.stage.promotions()))
        self.stage.act(actor, lives_for, lambda promotions, _: promotions.approve(found, reason="seen"))

    @precondition(lambda self: self.stage.promotions())
    @rule(data=st.data(), actor=ACTORS)
    def reject(self, data: st.DataObject, actor: Actor) -> None:
        found = data.draw(st.sampled_from(self.stage.promotions()))
        self.stage.act(actor, None, lambda promotions, _: promotions.reject(found, reason="sevens"))

    @precondition(lambda self: self.stage.promotions())
    @rule(data=st.data(), actor=ACTORS)
    def withdraw(self, data: st.DataObject, actor: Actor) -> None:
        found = data.draw(st.sampled_from(self.stage.promotions()))
        self.stage.act(actor, None, lambda promotions, _: promotions.withdraw(found, reason="too early"))

    @precondition(lambda self: self.stage.releases)
    @rule(data=st.data(), back=st.booleans())
    def retag(self, data: st.DataObject, back: bool) -> None:
        release = data.draw(st.sampled_from(self.stage.releases))
        self.stage.moved.pop(release.id, None)
        if not back:
            self.stage.moved[release.id] = digest(f"another than {release.id}")

    @rule(environment=ENVIRONMENTS, policy=POLICIES)
    def edit_policy(self, environment: str, policy: EnvironmentPolicy) -> None:
        self.stage.environments[environment] = policy

    @rule(actor=ACTORS, held=st.booleans(), environment=ENVIRONMENTS)
    def hold(self, actor: Actor, held: bool, environment: str) -> None:
        self.stage.act(
            actor,
            None,
            lambda promotions, _: promotions.set_hold("digits", environment, reason="audit", held=held),
        )

    @rule(actor=ACTORS, lives_for=LIVES_FOR, environment=ENVIRONMENTS)
    def roll_back(self, actor: Actor, lives_for: int | None, environment: str) -> None:
        self.stage.act(
            actor,
            lives_for,
            lambda promotions, _: promotions.roll_back("digits", environment, to="", reason="worse"),
        )

    @precondition(lambda self: self.stage.releases)
    @rule(data=st.data(), actor=ACTORS, lives_for=LIVES_FOR)
    def resume(self, data: st.DataObject, actor: Actor, lives_for: int | None) -> None:
        release = data.draw(st.sampled_from(self.stage.releases))
        self.stage.act(actor, lives_for, lambda _, journey: journey.resume(release))

    @rule(days=st.integers(1, 8))
    def wait(self, days: int) -> None:
        self.clock.pass_(days=days)
        self.stage.act(JOB, None, lambda promotions, _: promotions.expire_due())

    @invariant()
    def the_ledger_says_what_the_targets_serve(self) -> None:
        for environment, target in self._targets():
            serving = target.serving()
            with self.stage.ledger.reading() as reading:
                champion = histories.champion(reading, "digits", environment)
                wanted = environments.last_rollback(reading.events(subject=place("digits", environment)))
            known = self.stage.promotions(environment)
            under_way = [p for p in known if p.phase is PromotionPhase.ROLLING_OUT]
            left_by_rollback = [p for p in known if wanted and p.id == wanted.asked.to]
            possible = {(p.release, p.binding.image) for p in (champion, *under_way, *left_by_rollback) if p}
            if serving is None:
                assert champion is None, f"{environment} serves nothing, and {champion.id} is live"
            else:
                assert (serving.release, serving.image) in possible, f"{environment} serves {serving}"

    @invariant()
    def at_most_one_request_waits_for_an_environment(self) -> None:
        for environment, _ in self._targets():
            phases = [promotion.phase for promotion in self.stage.promotions(environment)]
            assert phases.count(PromotionPhase.AWAITING) <= 1
            assert phases.count(PromotionPhase.LIVE) <= 1
            assert phases.count(PromotionPhase.ROLLING_OUT) <= 1

    def _targets(self) -> list[tuple[str, FakeTarget]]:
        return list(self.stage.targets.items()) if hasattr(self, "stage") else []

    def teardown(self) -> None:
        if not hasattr(self, "stage"):
            return
        for left in self.stage.releases:
            self.stage.act(JOB, None, partial(_resumed, left))
        self.the_ledger_says_what_the_targets_serve()
        audited = self.stage.ledger.verify()
        assert audited.findings == (), audited.findings
        type(self).ended += 1


def _resumed(release: Release, _: Promotions, journey: Journey) -> None:
    journey.resume(release)


def machine(fresh: Callable[[], str]) -> type[Interleavings]:
    """A machine on ledgers that `fresh` makes empty."""
    return type("OnOneDatabase", (Interleavings,), {"fresh": staticmethod(fresh), "ended": 0})
