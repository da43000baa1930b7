"""What an auditor can prove of a signed decision, with the installed `ona` and a real rollout."""

import os
import pwd
import shutil
from pathlib import Path

import pytest

from tests.e2e.world import World
from tests.keys import Key

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
SETTINGS = """\
[tool.ona.environments.staging]
require_signature = true
deadline = "2m"

[tool.ona.people.operator]
logins = ["{login}"]
keys = ["{key}"]

[tool.ona.targets.staging]
kind = "docker"
namespace = "{namespace}"
"""


def test_a_signed_decision_can_be_proven_and_not_be_undone_unseen(world: World, tmp_path: Path) -> None:
    key, other = Key(tmp_path / "keys", "operator"), Key(tmp_path / "keys", "other")
    login = pwd.getpwuid(os.getuid()).pw_name
    settings = SETTINGS.format(login=login, key=key.fingerprint, namespace=world.namespace)
    world.write("pyproject.toml", settings)
    world.commit("decisions are signed")
    released = world.ona("release", "digits", "--to", "staging", "--json").release

    approve = ("approve", released, "--yes", "--reason", "seen")
    assert "no signing key is set" in world.ona(*approve, status=2).notes
    refused = world.ona(*approve, status=3, environment={"ONA_SIGNING_KEY": str(other.path)})
    assert "a key of nobody" in refused.notes
    assert world.serving("staging") == ""

    ledger = Path(world.environment["ONA_LEDGER"].removeprefix("sqlite:///"))
    shutil.copy(ledger, tmp_path / "old.db")
    world.ona(*approve, environment={"ONA_SIGNING_KEY": str(key.path)})
    assert world.serving("staging") == released
    assert world.git("status", "--porcelain") == ""

    audited = world.ona("ledger", "verify", "--json").record
    assert (audited["findings"], audited["signed_by"], audited["checkpoints"]) == ([], "operator", 1)
    world.ona("ledger", "export", "--out", str(tmp_path / "ledger.jsonl"))
    noted = world.ona("ledger", "checkpoint").answer
    (tmp_path / "noted.json").write_text(noted)
    file = ("--file", str(tmp_path / "ledger.jsonl"), "--checkpoint", str(tmp_path / "noted.json"))
    assert world.ona("ledger", "verify", *file).answer.count("compared with 2 checkpoints") == 1

    shutil.copy(tmp_path / "old.db", ledger)
    found = world.ona("ledger", "verify", status=3)
    assert "ledger-cut" in found.answer
    assert "put a copy of the ledger back" in found.notes
