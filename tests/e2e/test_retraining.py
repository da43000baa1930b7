"""Retraining with nobody at the keyboard: trained, registered, released over the same road, waiting."""

import pytest

from tests.backends import lab
from tests.e2e.world import World
from tests.signing_keys import private_key, public_key

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes, pytest.mark.mlflow]


@pytest.fixture(scope="module", name="addresses")
def _addresses(addresses: dict[str, str]) -> dict[str, str]:
    """With the MLflow server, which other tests do without: each command tells it something."""
    return addresses | {"ONA_MLFLOW": lab("mlflow")}


@pytest.fixture(name="signing")
def _signing(world: World) -> dict[str, str]:
    """A policy that wants attestations, and the setting that makes them."""
    policy = (world.folder / "pyproject.toml").read_text()
    keys = f'signing_keys = ["""{public_key(private_key())}"""]'
    world.write("pyproject.toml", f"{policy}\n[tool.ona.verify]\nrequire_signature = true\n{keys}\n")
    world.commit("models are signed")
    key = world.folder.parent / "key.pem"
    key.write_bytes(private_key())
    return {"ONA_ATTESTATION_KEY": str(key)}


def test_a_committed_model_is_refused_without_the_attestation_that_policy_wants(
    world: World, signing: dict[str, str]
) -> None:
    said = world.ona("release", "digits", "--dry-run", status=3, environment=signing)
    assert "attestation-missing: model.sig" in said.answer


def test_retraining_signs_the_model_asks_for_approval_and_does_nothing_again_while_nothing_changes(
    world: World, signing: dict[str, str]
) -> None:
    said = world.ona("retrain", "digits", "--json", environment=signing)

    shown = world.ona("show", said.release, "--json").record
    assert "attested" in {finding["code"] for finding in shown["evidence"]["verify"]["findings"]}
    assert said.phase("staging") == "live"
    assert said.phase("production") == "awaiting approval"
    origins = said.record["release"]["requested"]["origins"]
    assert origins["origin"] == "mlflow"
    assert origins["revision"].startswith("models:/digits/")
    assert said.record["release"]["by"]["via"] == "job"

    again = world.ona("retrain", "digits", "--json", environment=signing)

    assert f"nothing of digits has changed since {origins['revision']} was trained" in again.notes
    assert again.release == said.release
    assert world.releases() == [said.release]


def test_a_training_that_fails_is_refused_and_releases_nothing(world: World) -> None:
    world.write("models/digits/train.py", "raise SystemExit('no data today')\n")
    world.commit("a training that fails")

    said = world.ona("retrain", "digits", status=3)

    assert "no data today" in said.notes
    assert world.releases() == []
