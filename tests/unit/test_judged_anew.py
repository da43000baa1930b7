"""A gate that is asked anew about what was published: the policy of what models may be changed since."""

import pytest

from ona_pipeline import queries
from ona_pipeline.errors import RefusedError
from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from tests.fakes.given import Given
from tests.fakes.releases import APPROVER, published

SKOPS = VerifyPolicy(formats=("skops",))
ONNX = VerifyPolicy(formats=("onnx",))


@pytest.fixture
def given() -> Given:
    return Given()


@pytest.fixture
def asked(given: Given) -> Promotion:
    return given.promotions().promote(published(given.ledger, "digits-1"), "production")


def test_nothing_is_verified_anew_by_the_policy_that_judged_already(given: Given, asked: Promotion) -> None:
    assert given.promotions(APPROVER).approve(asked).phase is PromotionPhase.LIVE
    assert given.verified == []
    assert asked.binding.verify_policy == VerifyPolicy().digest


def test_an_edited_policy_of_models_voids_and_what_is_asked_anew_was_verified_by_it(
    given: Given, asked: Promotion
) -> None:
    given.verify_policy = SKOPS
    with pytest.raises(RefusedError, match=f"verify policy: wanted {VerifyPolicy().digest}, found") as said:
        given.promotions(APPROVER).approve(asked)
    assert "a new request is open: ona approve digits-1 --to production" in said.value.hint
    newer = given.waiting()
    assert given.verified == ["digits-1"]
    assert newer.binding.evidence["verify"] != asked.binding.evidence["verify"]
    assert f"verify for {newer.id}" in queries.show(given.ledger, "digits-1").evidence
    assert given.promotions(APPROVER).approve(newer).phase is PromotionPhase.LIVE


def test_a_policy_that_does_not_let_the_model_be_keeps_it_out(given: Given, asked: Promotion) -> None:
    given.verify_policy = ONNX
    with pytest.raises(RefusedError) as said:
        given.promotions(APPROVER).approve(asked)
    assert "verify policy: wanted" in said.value.message
    assert "no new request is open: digits-1 was judged anew for production" in said.value.message
    assert "verify: format-not-allowed: model: wanted ('onnx',), found skops" in said.value.message
    assert given.newest().phase is PromotionPhase.VOID
    for _ in range(2):
        with pytest.raises(RefusedError, match="verify: format-not-allowed"):
            given.promotions().promote(given.release("digits-1"), "production")
    assert given.verified == ["digits-1"]
    assert given.targets["production"].applied == []


def test_an_approval_that_was_not_acted_on_is_void_too(given: Given, asked: Promotion) -> None:
    approved = given.approved_under_a_hold(asked)
    given.verify_policy = SKOPS
    with pytest.raises(RefusedError, match="verify policy: wanted"):
        given.promotions(APPROVER).resume(approved)
    assert given.targets["production"].applied == []
    assert given.waiting().release == "digits-1"


def test_a_policy_that_is_put_back_finds_what_it_said_before(given: Given, asked: Promotion) -> None:
    given.verify_policy = SKOPS
    with pytest.raises(RefusedError, match="verify policy"):
        given.promotions(APPROVER).approve(asked)
    given.verify_policy = VerifyPolicy()
    with pytest.raises(RefusedError, match="verify policy"):
        given.promotions(APPROVER).approve(given.waiting())
    assert given.waiting().binding == asked.binding
    assert given.verified == ["digits-1"]
