"""`make demo` at a terminal, as a newcomer meets it; its transcript is docs/demo.md."""

import re
import subprocess
from collections.abc import Iterator

import pexpect
import pytest

from tests.backends import docker_engine, lab
from tests.e2e.conftest import kubectl
from tests.e2e.world import ONA, ROOT, World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes, pytest.mark.mlflow]
TRANSCRIPT = ROOT / "docs" / "demo.md"
ROW = "4"
HEAD = """\
# A transcript of `make demo`

Written by `pytest tests/e2e/test_demo.py --golden-update`, and compared with a fresh run by the same test.
What differs from run to run is replaced: ids, digests, times, addresses. The lab was up; a first run brings
it up before this.

```
"""
# What differs from run to run, and what stands for it in the transcript.
CHANGING = (
    (r"\x1b\[[0-9;?]*[A-Za-z]|\r", ""),
    (r"digits-\d{8}-[0-9a-z]{6}", "digits-20261123-k7f3qa"),
    (r"sha256:[0-9a-f]{64}", "sha256:…"),
    (r"\b[0-9a-f]{12}\b", "0123456789ab"),
    (r"\d{4}-\d\d-\d\d-[0-9a-f]{7}(-[0-9a-z]{6})?", "2026-11-23-abc1234"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", "2026-11-23 12:00"),
    (r" +\d+\.\d s\b", "   1.0 s"),
    (r"after \d+\.\d s", "after 1.0 s"),
    (r"\d+\.\d\d MiB new", "0.05 MiB new"),
    (r"(?<![\d.])\d+(\.\d)? MiB(?! new)", "96 MiB"),
    (r"127\.0\.0\.1:\d+/[\w-]+", "registry.example/ona"),
    (r"http://[\d.]+:\d+", "http://127.0.0.1:30000"),
    (r"(?m)^(  asked by +)\S.*\n(?: {16}.*\n)*", r"\1releaser at 2026-11-23 12:00 UTC (a claim)\n"),
    (r"(?m)^(  by +)(\S.*)$", r"\1releaser"),
    (r"(?m)^(  latency_\w+ +)\S+", r"\g<1>0.0010"),
    (r"ona-e2e-[0-9a-f]{6}", "ona-production"),
    (r"runtime (made|known)", "runtime known"),
    (r"\S+/demo\.env", "/var/lib/ona-lab/demo.env"),
)
# Told while a rollout is watched; how often, and which, depends on the machine.
WATCHED = re.compile(
    r"^(pod |ona-digits-|container |it answers|models/.* uncommitted|Deployment |docker |kubernetes .* well)"
)


@pytest.fixture
def demo(world: World, addresses: dict[str, str]) -> Iterator[pexpect.spawn]:
    """The demo in this repository, with a ledger and places of its own."""
    terminal = pexpect.spawn(
        "bash",
        [str(ROOT / "k8s/lab/demo.sh")],
        env={
            **world.environment,
            "PATH": f"{ONA.parent}:{world.environment['PATH']}",
            "TERM": "dumb",
            "ONA_LAB_REGISTRY": addresses["ONA_IMAGE_REGISTRY"],
            "ONA_LAB_MLFLOW": lab("mlflow"),
            "ONA_DEMO_NAMESPACE": world.namespace,
            "ONA_DEMO_ROW": ROW,
            "ONA_DEMO_ENV": str(world.folder / "demo.env"),
            "ONA_TRUSTED_REF": "HEAD",
            "ONA_TARGETS_STAGING_NAMESPACE": world.namespace,
        },
        encoding="utf-8",
        timeout=240,
        dimensions=(60, 160),
    )
    yield terminal
    terminal.close(force=True)
    for container in docker_engine().sdk.containers.list(all=True, filters={"label": "ona.place"}):
        if container.labels["ona.place"].startswith(f"{world.namespace}/"):
            container.remove(force=True)


def test_the_demo_at_a_terminal_is_as_its_transcript_says(
    demo: pexpect.spawn, world: World, pytestconfig: pytest.Config
) -> None:
    seen: list[str] = []
    demo.expect(r"release to production\? \[y/N\]")
    seen += [demo.before, demo.after]
    demo.sendline("y")
    demo.expect(pexpect.EOF)
    seen.append(demo.before)

    assert demo.wait() == 0, "".join(seen)
    settings = f". {world.folder / 'demo.env'} && ona status"
    status = subprocess.run(
        ["bash", "-c", settings],
        cwd=ROOT,
        env={"HOME": "/nowhere", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "production" in status.stdout
    transcript = HEAD + told("".join(seen)) + "```\n"
    if pytestconfig.getoption("--golden-update"):
        TRANSCRIPT.write_text(transcript)
    assert transcript == TRANSCRIPT.read_text()
    path = "jsonpath={.spec.template.spec.containers[0].image}"
    assert "@sha256:" in kubectl("get", "deploy", "digits", "-n", world.namespace, "-o", path)


def told(text: str) -> str:
    """What the demo said, without what differs from run to run."""
    for pattern, stands_for in CHANGING:
        text = re.sub(pattern, stands_for, text)
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(line for line in lines if not WATCHED.match(line)) + "\n"
