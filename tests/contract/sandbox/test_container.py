"""The sandbox that is a container, on a real Docker engine: the contract, and hostile programs."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ona_pipeline.clients.docker_orphans import owned
from ona_pipeline.errors import BackendError
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.container import LABEL, ContainerSandbox
from ona_pipeline.sandbox.interface import Limits
from tests.backends import base_image, docker_engine
from tests.contract.sandbox.outcomes import OutcomeContract, Runner

pytestmark = [pytest.mark.docker, pytest.mark.registry]
_MIB = 2**20


@pytest.fixture(name="runner")
def _runner() -> Runner:
    return Runner(ContainerSandbox(docker_engine()), base_image())


class TestContainerSandbox(OutcomeContract):
    """The contract that every sandbox keeps."""


def test_there_is_no_network(runner: Runner):
    outcome = runner.python("import socket; print([name for _, name in socket.if_nameindex()])")
    assert outcome.output == "['lo']\n"


def test_the_registry_of_the_machine_cannot_be_reached(runner: Runner):
    outcome = runner.python("import socket; socket.create_connection(('127.0.0.1', 5000), 2)")
    assert "Connection refused" in outcome.output


def test_it_is_not_root_and_has_no_capabilities(runner: Runner):
    outcome = runner.python("import os; print(os.getuid()); print(open('/proc/self/status').read())")
    lines = outcome.output.splitlines()
    assert lines[0] == str(65532 if os.geteuid() == 0 else os.geteuid())
    assert "CapEff:\t0000000000000000" in lines
    assert "NoNewPrivs:\t1" in lines


@pytest.mark.parametrize("path", ["/in/number", "/in/new", "/etc/passwd", "/opt/new"])
def test_it_cannot_write_anything_but_its_outputs(runner: Runner, tmp_path: Path, path: str):
    (tmp_path / "number").write_text("41")
    outcome = runner.python(f"open({path!r}, 'w')", inputs={"/in": tmp_path})
    assert "Read-only file system" in outcome.output or "Permission denied" in outcome.output
    assert outcome.status == 1
    assert (tmp_path / "number").read_text() == "41"


def test_inputs_that_only_we_can_read_are_readable_inside(runner: Runner, tmp_path: Path):
    (tmp_path / "secret").write_text("41")
    (tmp_path / "secret").chmod(0o600)
    tmp_path.chmod(0o700)
    assert runner.python("print(open('/in/secret').read())", inputs={"/in": tmp_path}).output == "41\n"
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_too_much_memory_is_an_outcome(runner: Runner):
    limits = Limits(memory_bytes=64 * _MIB, timeout_s=30)
    assert runner.python("x = bytearray(500_000_000)", limits=limits).ending == "out-of-memory"


def test_a_memory_bomb_in_a_child_is_noticed_too(runner: Runner):
    limits = Limits(memory_bytes=64 * _MIB, timeout_s=30)
    program = "import os\nif os.fork() == 0: x = bytearray(500_000_000)\nos.wait()"
    assert runner.python(program, limits=limits).ending == "out-of-memory"


def test_a_fork_bomb_stays_in_its_sandbox(runner: Runner):
    limits = Limits(processes=32, timeout_s=5)
    outcome = runner.python("import os\nwhile True: os.fork()", limits=limits)
    assert not outcome.succeeded


def test_a_file_cannot_outgrow_its_limit(runner: Runner, tmp_path: Path):
    outcome = runner.python(
        "open('/out/big', 'wb').write(bytes(3_000_000))",
        outputs={"/out": tmp_path},
        limits=Limits(file_bytes=1_000_000),
    )
    assert not outcome.succeeded
    assert (tmp_path / "big").stat().st_size <= 1_000_000


def test_the_temporary_folder_is_small(runner: Runner):
    outcome = runner.python("open('/tmp/big', 'wb').write(bytes(80_000_000))")
    assert "No space left on device" in outcome.output


def test_results_are_ours_and_links_among_them_are_removed(runner: Runner, tmp_path: Path):
    program = (
        "import os; os.mkdir('/out/d'); open('/out/d/f', 'w').write('1'); os.chmod('/out/d', 0);"
        "os.symlink('/etc/shadow', '/out/link'); os.mkfifo('/out/pipe')"
    )
    assert runner.python(program, outputs={"/out": tmp_path}).succeeded
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["d", "f"]
    assert {path.stat().st_uid for path in tmp_path.rglob("*")} == {os.geteuid()}


def test_the_container_is_gone_afterwards(runner: Runner):
    runner.python("raise SystemExit(1)")
    runner.python("while True: pass", limits=Limits(timeout_s=1))
    ours = docker_engine().sdk.containers.list(all=True, filters={"label": f"{LABEL}={owned(LABEL)[LABEL]}"})
    assert ours == []


def test_a_runtime_that_the_registry_does_not_have_is_a_backend_error(runner: Runner):
    runner.runtime = PinnedReference(f"{runner.runtime.repository}@sha256:{'0' * 64}")
    with pytest.raises(BackendError, match=r"could not pull .*@sha256:000"):
        runner.python("pass")


def test_what_a_killed_process_left_is_removed_by_the_next_job(runner: Runner):
    program = [sys.executable, "-c", "import os; print(os.getpid())"]
    gone = int(subprocess.run(program, capture_output=True, check=True).stdout)
    sdk = docker_engine().sdk
    left, elsewhere = (
        sdk.containers.create(base_image(), ["python3"], labels={LABEL: f"{host}/{gone}"})
        for host in (socket.gethostname(), "elsewhere")
    )
    try:
        runner.python("pass")
        known = {one.id for one in sdk.containers.list(all=True, filters={"label": LABEL})}
        assert left.id not in known
        assert elsewhere.id in known
    finally:
        elsewhere.remove()
