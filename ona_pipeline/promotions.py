"""A published release on its way to one environment: request, decision, rollout.

Waiting holds nothing: between these calls there is no process and no lock, only the ledger.
"""

from collections.abc import Callable
from datetime import datetime

from ona_pipeline.approve import decide
from ona_pipeline.approve.allowed import must_be_allowed, must_not_have_said
from ona_pipeline.approve.expire import expire_due
from ona_pipeline.approve.hindsight import must_hold
from ona_pipeline.approve.standing import is_due
from ona_pipeline.asking import Asking
from ona_pipeline.bindings import Ground
from ona_pipeline.delivery import Delivery
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.decision import Said, Verb, words
from ona_pipeline.records.environment import AskedRollback, Held, Unheld, WayBack, place, way_back
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.release import Release
from ona_pipeline.signing import Signing


class Promotions:
    """Requests and decides promotions, and hands what is approved to the delivery.

    Args:
        ground: policy, targets and registry.
        delivery: carries approved promotions out.
        ledger: where facts are kept.
        leases: an environment is worked on by one process at a time.
        clock: the time now, aware UTC.
        actor: in whose name.
        signing: what decisions are signed with.
    """

    def __init__(
        self,
        *,
        ground: Ground,
        delivery: Delivery,
        ledger: Ledger,
        leases: Leases,
        clock: Callable[[], datetime],
        actor: Actor,
        signing: Signing,
    ) -> None:
        self._ground = ground
        self._asking = Asking(ground=ground, ledger=ledger, clock=clock, actor=actor)
        self._delivery = delivery
        self._ledger = ledger
        self._leases = leases
        self._clock = clock
        self._actor = actor
        self._signing = signing

    def promote(
        self,
        release: Release,
        environment: str,
        *,
        requester: Actor | None = None,
        reopened: bool = False,
    ) -> Promotion:
        """Ask for `release` to go to `environment`; where the policy says yes by itself, it goes.

        Args:
            release: published.
            environment: its name.
            requester: in whose name, where that is somebody else.
            reopened: whether an earlier request was void; then a person decides, whatever the policy says.

        Raises:
            UsageError: no such environment.
            RefusedError: the release is not published, or not there any more as it was; the environment is on
                hold for automation; what was waived of the release is not waived there; or validation against
                what serves there now refuses it.
        """
        with self._leases.sought(place(release.model, environment)):
            asked = self._asking.ask(release, environment, requester=requester, reopened=reopened)
            return self._onward(asked)

    def approve(self, promotion: Promotion, *, reason: str = "") -> Promotion:
        """Say yes to what `promotion` binds, and carry it out.

        Raises:
            RefusedError: it was decided, superseded or expired, what it binds has changed or is gone, or this
                person may not decide.
            BackendError: the image registry does not answer; or, once it is approved, the target.
            BusyError: the yes is kept, and a living process is rolling something else out there.
        """
        policy = self._policy(promotion)
        signature = self._signature(promotion, "approve", reason, policy)
        with self._leases.sought(place(promotion.model, promotion.environment)):
            # Whoever decides may have no rights on the target; whoever rolls out has, and looks again.
            current = self._asking.current(promotion, believing=promotion.binding.serving)
            decided = decide.approve(
                promotion.id,
                actor=self._actor,
                reason=reason,
                policy=policy,
                current=current,
                ledger=self._ledger,
                clock=self._clock,
                signature=signature,
            )
            if decided.phase is PromotionPhase.VOID:
                raise self._asking.reopened(decided)
            return self._onward(decided)

    def may_decide(self, promotion: Promotion) -> bool:
        """Whether this person may say yes to it; asked before a question that would come to nothing."""
        policy = self._policy(promotion)
        try:
            must_be_allowed(promotion, self._actor, policy, "approve")
            must_not_have_said(promotion, self._actor, policy)
        except RefusedError:
            return False
        return True

    def reject(self, promotion: Promotion, *, reason: str) -> Promotion:
        """Say no.

        Raises:
            RefusedError: it was decided, superseded or expired before, or this person may not.
        """
        policy = self._policy(promotion)
        return decide.reject(
            promotion.id,
            actor=self._actor,
            reason=reason,
            policy=policy,
            ledger=self._ledger,
            clock=self._clock,
            signature=self._signature(promotion, "reject", reason, policy),
        )

    def withdraw(self, promotion: Promotion, *, reason: str) -> Promotion:
        """Take back an own request or yes, or an approval that was not acted on.

        Raises:
            RefusedError: it is past that, or not this person's.
        """
        policy = self._policy(promotion)
        return decide.withdraw(
            promotion.id,
            actor=self._actor,
            reason=reason,
            policy=policy,
            ledger=self._ledger,
            clock=self._clock,
        )

    def environments(self, release: Release) -> list[str]:
        """The environments on the way of a release, in the policy's order.

        Raises:
            UsageError: there is none of the name that it is to go to.
        """
        return self._ground.judging(release).upto(release.requested.upto)

    def roll_back(self, model: str, environment: str, *, to: str, reason: str) -> Promotion:
        """Let an earlier release serve again; the environment is on hold afterwards.

        A rollout that a living process has under way there is taken out of its hands.

        Args:
            model: the model's name.
            environment: the environment's name.
            to: a release that served there before; empty means the one before the present one.
            reason: for the ledger.

        Raises:
            UsageError: nothing of that name ever served there.
            RefusedError: what served earlier is not well now.
        """
        policy = self._ground.policy().environment(environment)
        target = self._ground.target(model, environment)
        self._way_back(model, environment, to)
        with self._leases.seized(place(model, environment)):
            way = self._way_back(model, environment, to)
            return self._delivery.roll_back(way, reason=reason, target=target, policy=policy)

    def finish_rollback(self, model: str, environment: str) -> Promotion | None:
        """Carry out a rollback that somebody asked for and that did not come to its end; None: there is none.

        Raises:
            BusyError: a living process is carrying it out.
            RefusedError: what served earlier is not well now.
            BackendError: something outside failed; saying it again goes on.
        """
        if self._left_rollback(model, environment) is None:
            return None
        policy = self._ground.policy().environment(environment)
        target = self._ground.target(model, environment)
        with self._leases.taken(place(model, environment)):
            wanted = self._left_rollback(model, environment)
            if wanted is None:
                return None
            with self._ledger.reading() as reading:
                leave, to = (
                    histories.promotion(reading, one) for one in (wanted.asked.promotion, wanted.asked.to)
                )
            return self._delivery.go_on_back(WayBack(leave, to), wanted, target=target, policy=policy)

    def _left_rollback(self, model: str, environment: str) -> AskedRollback | None:
        with self._ledger.reading() as reading:
            return histories.unfinished_rollback(reading, model, environment)

    def _way_back(self, model: str, environment: str, to: str) -> WayBack:
        with self._ledger.reading() as reading:
            wanted = histories.find_release(reading, to).id if to else ""
            return way_back(histories.promotions(reading, model, environment), wanted)

    def set_hold(self, model: str, environment: str, *, reason: str, held: bool) -> None:
        """Keep automation, and everyone else, from changing an environment, or let them again."""
        self._ground.policy().environment(environment)
        fact = Held(reason) if held else Unheld(reason)
        with self._ledger.writing() as writing:
            writing.append(fact, model=model, subject=place(model, environment), actor=self._actor)

    def expire_due(self) -> None:
        """Write down which requests nobody decided in time."""
        expire_due(ledger=self._ledger, clock=self._clock)

    def resume(self, promotion: Promotion) -> Promotion:
        """Carry out what was approved, or left half done by a killed process; ask for what is in line."""
        if promotion.is_in_line:
            with self._ledger.reading() as reading:
                release = histories.release(reading, promotion.release)
            return self.promote(release, promotion.environment, requester=promotion.by)
        return self._onward(promotion)

    def _onward(self, promotion: Promotion) -> Promotion:
        if not promotion.is_under_way:
            return promotion
        with self._leases.taken(place(promotion.model, promotion.environment)):
            return self._carried_out(self._in_time(self._now(promotion)))

    def _carried_out(self, promotion: Promotion) -> Promotion:
        if not promotion.is_under_way:
            return promotion
        if promotion.phase is PromotionPhase.APPROVED:
            self._asking.must_be_as_approved(promotion)
        with self._ledger.reading() as reading:
            must_hold(reading, promotion, self._policy(promotion))
        target = self._ground.target(promotion.model, promotion.environment)
        return self._delivery.carry_out(promotion, target=target, policy=self._policy(promotion))

    def _in_time(self, promotion: Promotion) -> Promotion:
        """The promotion, unless its approval was not acted on before it expired."""
        if promotion.phase is PromotionPhase.APPROVED and is_due(promotion, self._clock()):
            self.expire_due()
            raise RefusedError(
                f"{promotion.id} was approved, and expired on {promotion.expires} before it was rolled out",
                hint=f"ask again: ona promote {promotion.release} --to {promotion.environment}",
            )
        return promotion

    def _signature(self, promotion: Promotion, verb: Verb, reason: str, policy: EnvironmentPolicy) -> str:
        said = Said(reason, policy.people.person_of(self._actor))
        return self._signing.of(words(promotion, verb, said), policy=policy)

    def _now(self, promotion: Promotion) -> Promotion:
        with self._ledger.reading() as reading:
            return histories.promotion(reading, promotion.id)

    def _policy(self, promotion: Promotion) -> EnvironmentPolicy:
        with self._ledger.reading() as reading:
            release = histories.release(reading, promotion.release)
        return self._ground.judging(release).environment(promotion.environment)
