import pytest

from ona_pipeline.admission import admit
from ona_pipeline.attestation.signer import FileSigner
from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.policy import ImagePolicy
from tests.fakes.registry import FakeRegistry
from tests.signing_keys import private_key, public_key

REPOSITORY = "registry.example/ona/digits"
POLICY = ImagePolicy(signing_keys=(public_key(private_key()),))


def test_where_nobody_asks_for_signatures_none_is_wanted() -> None:
    admit(FakeRegistry(), REPOSITORY, signer=None, policy=ImagePolicy())


def test_a_key_of_the_policy_is_let_in() -> None:
    admit(FakeRegistry(), REPOSITORY, signer=FileSigner(private_key()), policy=POLICY)


def test_without_a_key_nothing_is_begun_that_the_policy_wants_signed() -> None:
    with pytest.raises(UsageError, match="image_key is not set"):
        admit(FakeRegistry(), REPOSITORY, signer=None, policy=POLICY)


def test_a_key_that_does_not_count_is_told_before_the_work() -> None:
    with pytest.raises(UsageError, match="image_key is another one"):
        admit(FakeRegistry(), REPOSITORY, signer=FileSigner(private_key("other")), policy=POLICY)


def test_a_registry_that_lets_nobody_in_is_told_before_the_work() -> None:
    registry = FakeRegistry()
    registry.closed.add(REPOSITORY)
    with pytest.raises(BackendError, match="lets nobody send"):
        admit(registry, REPOSITORY, signer=None, policy=ImagePolicy())
