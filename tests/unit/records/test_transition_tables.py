"""Every pair of phase and fact: in the table, or refused."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ona_pipeline.records import promotion, promotion_facts, release, release_facts
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.history import TransitionError
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.release import Release, ReleasePhase
from ona_pipeline.records.snapshot import Origins
from tests.fakes.releases import digest
from tests.unit.records.bindings import BINDING

AT = datetime(2026, 11, 23, tzinfo=UTC)
BY = Actor("releaser")
D = digest("evidence")
PROMOTION_FACTS: list[Any] = [
    promotion_facts.PromotionRequested("digits", BINDING, AT),
    promotion_facts.Approved(BINDING.digest),
    promotion_facts.Rejected(BINDING.digest, "no"),
    promotion_facts.Withdrawn("no"),
    promotion_facts.Superseded("digits-2.production.1"),
    promotion_facts.Deferred("digits-2.production.1", "releaser"),
    promotion_facts.Expired(),
    promotion_facts.Voided(("image",)),
    promotion_facts.RolloutStarted(),
    promotion_facts.RolloutErrored("no answer"),
    promotion_facts.CanaryJudged(D, Verdict.PASSED),
    promotion_facts.RolledOut(D),
    promotion_facts.RolledBack(D, "", "wrong"),
    promotion_facts.Replaced("digits-2.production.1"),
    promotion_facts.Restored("digits-2.production.1"),
    promotion_facts.Endorsed(BINDING.digest),
    promotion_facts.Unendorsed("not yet"),
]
RELEASE_FACTS: list[Any] = [
    release_facts.ReleaseRequested("digits", Origins("git", "HEAD", "c"), "c", ""),
    release_facts.StageStarted("verify"),
    release_facts.StagePassed("verify", D, Verdict.PASSED),
    release_facts.StageRefused("verify", D),
    release_facts.StageErrored("verify", "no answer", True),
    release_facts.ReleasePublished(),
]


class Happened(msgspec.Struct):
    fact: Any
    at: datetime = AT
    actor: Actor = BY
    sequence: int = 1


def promotion_in(phase: PromotionPhase | None) -> Promotion | None:
    if phase is None:
        return None
    return Promotion(id="p", phase=phase, requested=PROMOTION_FACTS[0], by=BY, at=AT, changed_at=AT)


def release_in(phase: ReleasePhase | None) -> Release | None:
    if phase is None:
        return None
    return Release(id="r", phase=phase, requested=RELEASE_FACTS[0], by=BY, at=AT, changed_at=AT)


@pytest.mark.parametrize("fact", PROMOTION_FACTS, ids=lambda fact: type(fact).__name__)
@pytest.mark.parametrize("phase", [None, *PromotionPhase])
def test_each_fact_about_a_promotion_leads_where_the_table_says_or_is_refused(
    phase: PromotionPhase | None, fact: Any
) -> None:
    wanted = promotion.TRANSITIONS.get((phase, type(fact)))
    if wanted is None:
        with pytest.raises(TransitionError, match="cannot follow"):
            promotion.follow("p", promotion_in(phase), Happened(fact))
    else:
        assert promotion.follow("p", promotion_in(phase), Happened(fact)).phase is wanted


@pytest.mark.parametrize("fact", RELEASE_FACTS, ids=lambda fact: type(fact).__name__)
@pytest.mark.parametrize("phase", [None, *ReleasePhase])
def test_each_fact_about_a_release_leads_where_the_table_says_or_is_refused(
    phase: ReleasePhase | None, fact: Any
) -> None:
    wanted = release.TRANSITIONS.get((phase, type(fact)))
    if wanted is None:
        with pytest.raises(TransitionError, match="cannot follow"):
            release.follow("r", release_in(phase), Happened(fact))
    else:
        assert release.follow("r", release_in(phase), Happened(fact)).phase is wanted


def test_the_walk_leaves_no_fact_out() -> None:
    assert {type(fact) for fact in PROMOTION_FACTS} == set(promotion_facts.PromotionFact.__args__)
    assert {type(fact) for fact in RELEASE_FACTS} == set(release_facts.ReleaseFact.__args__)


def test_a_decision_about_another_binding_is_refused() -> None:
    other = Digest.of(b"another binding")
    for fact in (promotion_facts.Approved(other), promotion_facts.Endorsed(other)):
        with pytest.raises(TransitionError, match="is bound to"):
            promotion.follow("p", promotion_in(PromotionPhase.AWAITING), Happened(fact))


def test_a_decision_is_kept_with_who_and_when() -> None:
    decided = promotion.follow(
        "p", promotion_in(PromotionPhase.AWAITING), Happened(promotion_facts.Rejected(BINDING.digest, "no"))
    )
    assert (decided.decided_by, decided.decided_at, decided.reason) == (BY, AT, "no")


def test_a_rollout_keeps_what_failed_only_until_it_goes_on() -> None:
    errored = promotion.follow("p", promotion_in(PromotionPhase.ROLLING_OUT), Happened(PROMOTION_FACTS[9]))
    assert errored.error == "no answer"
    assert promotion.follow("p", errored, Happened(promotion_facts.RolloutStarted())).error == ""


def test_a_stage_that_errored_is_told_until_it_is_started_again() -> None:
    errored = release.follow("r", release_in(ReleasePhase.RUNNING), Happened(RELEASE_FACTS[4]))
    assert errored.error == "no answer"
    assert release.follow("r", errored, Happened(RELEASE_FACTS[1])).error == ""
