"""A release that is signed: by the installed `ona`, judged by it and by cosign, from anywhere."""

import json
import subprocess
from pathlib import Path

import msgspec
import pytest

from tests.backends import lab
from tests.e2e.world import ONA, World
from tests.signing_keys import private_key, public_key

pytestmark = [pytest.mark.docker, pytest.mark.registry]
POLICY = '\n[tool.ona.images]\nsigning_keys = ["""\n{key}"""]\n'


@pytest.fixture(name="key")
def _key(tmp_path: Path) -> Path:
    """The key of this releaser, on its own machine; the public half is policy, and lies beside it."""
    (tmp_path / "cosign.pub").write_text(public_key(private_key()))
    key = tmp_path / "key.pem"
    key.write_bytes(private_key())
    return key


@pytest.fixture(name="signed")
def _signed(world: World, key: Path) -> World:
    text = (world.folder / "pyproject.toml").read_text()
    world.write("pyproject.toml", text + POLICY.format(key=public_key(private_key())))
    world.commit("whose word counts about images")
    world.environment["ONA_IMAGE_KEY"] = str(key)
    return world


def published(world: World, release: str) -> dict[str, str]:
    found: dict[str, str] = world.ona("show", release, "--json").record["evidence"]["publish"]
    return found


def test_anyone_can_find_out_where_an_image_came_from(signed: World, key: Path, tmp_path: Path) -> None:
    released = signed.ona("release", "digits", "--to", "staging", "--json")
    evidence = published(signed, released.release)
    image = evidence["image"]

    # the ledger and every approval name what was signed
    assert len(evidence["attestations"]) == 3

    # in the project: the keys of the policy, and who approved
    record = signed.ona("verify", image, "--json").record
    origin = record["origin"]
    assert origin["verdict"] == "passed", origin["findings"]
    assert origin["release"] == released.release
    assert origin["commit"] == signed.git("rev-parse", "HEAD")
    assert [said["environment"] for said in record["approvals"]] == ["staging"]
    assert record["approvals"][0]["by"] == ["policy"]

    # anywhere: a public key is enough, and the tag will do
    tag = f"{image.partition('@')[0]}:{evidence['tag']}"
    elsewhere = [str(ONA), "verify", tag, "--key", str(key.with_name("cosign.pub"))]
    done = subprocess.run(elsewhere, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"commit    {origin['commit']}" in done.stdout
    assert "approvals unknown: there is no project here" in done.stdout

    # and cosign agrees, with no network but the registry
    offline = {"HOME": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    for kind in ("slsaprovenance1", "cyclonedx", "urn:ona:validation-evidence:v1"):
        command = [lab("cosign"), "verify-attestation", "--insecure-ignore-tlog=true", f"--type={kind}"]
        command += [f"--key={key.with_name('cosign.pub')}", "--allow-http-registry", image]
        judged = subprocess.run(command, capture_output=True, text=True, check=False, env=offline)
        assert judged.returncode == 0, judged.stderr

    # by another key it is refused
    (tmp_path / "other.pub").write_text(public_key(private_key("other")))
    refused = signed.ona("verify", image, "--key", str(tmp_path / "other.pub"), status=3)
    assert "attestation-missing" in refused.answer

    # the secret is nowhere
    told = msgspec.json.encode(record).decode() + signed.facts() + json.dumps(evidence)
    assert "PRIVATE" not in told


def test_without_the_key_nothing_is_begun_that_the_policy_wants_signed(signed: World) -> None:
    said = signed.ona("release", "digits", status=2, environment={"ONA_IMAGE_KEY": ""})
    assert "images have to be signed by one of 1 keys of the policy, and image_key is not set" in said.notes
    assert '"prepare"' in signed.facts()
    assert '"stage-passed","name":"prepare"' not in signed.facts()


def test_an_image_is_asked_for_by_whoever_has_a_key(world: World, tmp_path: Path) -> None:
    nobody = world.ona("verify", f"{lab('registry')}/ona/base@sha256:{'0' * 64}", status=2)
    assert "no key says whose word" in nobody.notes
    key = tmp_path / "cosign.pub"
    key.write_text(public_key(private_key()))
    gone = f"{lab('registry')}/ona-tests/digits@sha256:{'0' * 64}"
    assert "has no image" in world.ona("verify", gone, "--key", str(key), status=2).notes
    there = world.ona("verify", lab("base"), "--key", str(key), status=3)
    assert "attestation-missing" in there.answer


@pytest.mark.full
def test_what_no_release_needs_goes_from_the_registry_and_what_is_served_stays(signed: World) -> None:
    # given releases of which one was rejected, one is served, and one waits
    text = (signed.folder / "pyproject.toml").read_text()
    signed.write("pyproject.toml", text + '\n[tool.ona.retention]\nmin_age = "0s"\n')
    signed.commit("nothing is kept for its age")
    images, releases = [], []
    for number in range(3):
        signed.commit(f"version {number}")
        released = signed.ona("release", "digits", "--to", "staging", "--json")
        releases.append(released.release)
        images.append(published(signed, released.release))

    # then only what cannot be rolled back to may go
    listed = signed.ona("retention", "--dry-run", "--json").record
    assert listed == []
    policy = (signed.folder / "pyproject.toml").read_text()
    signed.write("pyproject.toml", policy.replace('min_age = "0s"', 'min_age = "0s"\nkeep = 2'))
    signed.commit("one way back is enough")
    listed = signed.ona("retention", "--dry-run", "--json").record
    assert [(one["kind"], one["release"]) for one in listed] == [("image", releases[0])]

    # and it goes, with what lies beside it
    gone = signed.ona("retention")
    assert gone.answer.startswith(f"removed  image    {images[0]['image']}  {releases[0]}: ")
    assert "has no image" in signed.ona("verify", images[0]["image"], status=2).notes
    for image in images[1:]:
        assert signed.ona("verify", image["image"], "--json").record["origin"]["verdict"] == "passed"
    assert "nothing may go" in signed.ona("retention").notes

    # and there is a way back, but not to what is gone
    signed.ona("rollback", "digits", "--env", "staging", "--reason", "worse")
    assert signed.serving("staging") == releases[1]
