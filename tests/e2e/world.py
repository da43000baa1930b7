"""A project of models on real parts, and the installed `ona` in it."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ona_pipeline.ledger import histories
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.event import Event
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.release_facts import ReleaseRequested

ROOT = Path(__file__).parents[2]
ONA = Path(sys.executable).with_name("ona")
SETTINGS = """\
[tool.ona.environments.staging]
approval = "automatic"
deadline = "2m"

[tool.ona.environments.production]
approval = "{approval}"
deadline = "2m"

[tool.ona.targets.staging]
kind = "docker"
namespace = "{namespace}"

[tool.ona.targets.production]
kind = "kubernetes"
namespace = "{namespace}"
service = "NodePort"
"""


PRODUCTION_ALONE = """\
[tool.ona.environments.production]
approval = "{approval}"
expires_after = "{expires_after}"
deadline = "{deadline}"

[tool.ona.targets.production]
kind = "{kind}"
namespace = "{namespace}"
"""


class World:
    """One git repository, one ledger, one namespace."""

    def __init__(self, folder: Path, *, environment: dict[str, str], namespace: str) -> None:
        self.folder = folder
        self.namespace = namespace
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ONA_", "GIT_"))},
            "ONA_LEDGER": f"sqlite:///{folder.parent / (folder.name + '-state')}/ledger.db",
            **environment,
        }

    def given_a_project(self, *, approval: str = "manual") -> None:
        """The digits model, committed to a new repository."""
        self.folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "releaser")
        self.git("config", "user.email", "releaser@example.org")
        for name in ("models", "validation"):
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.write("pyproject.toml", SETTINGS.format(approval=approval, namespace=self.namespace))
        self.commit("the digits model")

    def set_production_alone(
        self,
        *,
        approval: str = "manual",
        expires_after: str = "7d",
        deadline: str = "5m",
        kind: str = "kubernetes",
    ) -> None:
        """Commit a policy with production as the only environment."""
        said = {"approval": approval, "expires_after": expires_after, "deadline": deadline, "kind": kind}
        self.write("pyproject.toml", PRODUCTION_ALONE.format(namespace=self.namespace, **said))
        self.commit("the policy of production")

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def ona(self, *arguments: str, status: int = 0, environment: dict[str, str] | None = None) -> "Said":
        """Run `ona` in the repository, without a terminal."""
        done = subprocess.run(
            [str(ONA), *arguments],
            cwd=self.folder,
            env=self.environment | (environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        said = Said(done)
        assert done.returncode == status, said
        return said

    def started(self, *arguments: str, environment: dict[str, str] | None = None) -> "subprocess.Popen[str]":
        """Start `ona`, and do not wait for it."""
        return subprocess.Popen(
            [str(ONA), *arguments],
            cwd=self.folder,
            env=self.environment | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def facts(self) -> str:
        """The facts of the ledger as text, in their order; empty where there is no ledger yet."""
        return "\n".join(encode(event.fact).decode() for event in self.events())

    def releases(self) -> list[str]:
        """The ids of all releases, in the order in which they were asked for."""
        return [event.subject for event in self.events() if isinstance(event.fact, ReleaseRequested)]

    def promotions(self) -> list[Promotion]:
        """All promotions, in the order of the requests."""
        with self._ledger.reading() as reading:
            return histories.promotions(reading)

    def events(self) -> list[Event]:
        """All of them, in the order of writing."""
        with self._ledger.reading() as reading:
            return reading.events()

    @property
    def _ledger(self) -> SqlLedger:
        return open_ledger(self.environment["ONA_LEDGER"], clock=lambda: datetime.now(UTC))

    def serving(self, environment: str) -> str:
        """The release that the ledger says is served."""
        places = self.ona("status", "--json").record["places"]
        return next((p["serving"] for p in places if p["environment"] == environment), "")

    def address(self, release: str, environment: str) -> str:
        """Where a release answers, as its rollout found."""
        shown = self.ona("show", release, "--json").record
        found = [p for p in shown["promotions"] if p["requested"]["binding"]["environment"] == environment]
        return str(shown["evidence"][found[-1]["id"]]["address"])


class Said:
    """What a command printed."""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        self.status = done.returncode
        self.answer = done.stdout
        self.notes = done.stderr

    @property
    def record(self) -> Any:
        return json.loads(self.answer)

    @property
    def release(self) -> str:
        return str(self.record["release"]["id"])

    def phase(self, environment: str) -> str:
        return next(
            str(p["phase"])
            for p in self.record["promotions"]
            if p["requested"]["binding"]["environment"] == environment
        )

    def __repr__(self) -> str:
        return f"exit {self.status}\n--- answer\n{self.answer}\n--- notes\n{self.notes}"


def ask(address: str, pixels: list[float]) -> tuple[dict[str, Any], dict[str, str]]:
    """Ask a served model over the Open Inference Protocol; the answer's outputs by name, and its headers."""
    tensor = {"name": "pixels", "shape": [1, 64], "datatype": "FP64", "data": pixels}
    request = urllib.request.Request(
        f"{address}/v2/models/digits/infer",
        data=json.dumps({"inputs": [tensor]}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        outputs = {output["name"]: output["data"] for output in json.load(response)["outputs"]}
        return outputs, {name.lower(): value for name, value in response.headers.items()}
