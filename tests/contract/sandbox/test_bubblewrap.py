"""The sandbox without an engine, on the real kernel: the contract, and what is its own."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ona_pipeline.image.root_folder import RootFolders
from ona_pipeline.sandbox import bubblewrap
from ona_pipeline.sandbox.bubblewrap import BubblewrapSandbox
from ona_pipeline.sandbox.interface import Limits
from tests.backends import base_image, bubblewrap_program, image_registry, lab, missing
from tests.contract.sandbox.outcomes import OutcomeContract, Runner, SharedDiskContract, WallContract, until

pytestmark = [pytest.mark.registry]
ROOT = Path(__file__).parents[3]


@pytest.fixture(name="roots", scope="module")
def _roots(tmp_path_factory: pytest.TempPathFactory) -> RootFolders:
    bubblewrap_program()
    return RootFolders(image_registry(lab("registry")), tmp_path_factory.mktemp("roots"))


@pytest.fixture(name="runner")
def _runner(roots: RootFolders) -> Runner:
    return Runner(BubblewrapSandbox(roots), base_image())


class TestBubblewrapSandbox(OutcomeContract, WallContract, SharedDiskContract):
    """The contract that every sandbox keeps."""


class TestAKilledReleaser:
    """Nobody is left to end what it had started."""

    PROGRAM = (
        "import sys\n"
        "from pathlib import Path\n"
        "from ona_pipeline.clients.oci import ImageRegistry\n"
        "from ona_pipeline.image.root_folder import RootFolders\n"
        "from ona_pipeline.records.reference import PinnedReference\n"
        "from ona_pipeline.sandbox.bubblewrap import BubblewrapSandbox\n"
        "from ona_pipeline.sandbox.interface import SandboxJob\n"
        "sandbox = BubblewrapSandbox(RootFolders(ImageRegistry(), Path(sys.argv[1])))\n"
        "command = ('python3', '-c', 'open(\"/out/started\", \"w\").close(); import time; time.sleep(600)')\n"
        "outputs = {'/out': Path(sys.argv[3])}\n"
        "sandbox.run(SandboxJob(PinnedReference(sys.argv[2]), command, {}, outputs))\n"
    )

    def test_leaves_no_process_and_its_groups_are_removed_by_the_next(
        self, runner: Runner, roots: RootFolders, tmp_path: Path
    ):
        runner.python("pass")  # the image is there
        arguments = [str(roots.cache), str(runner.runtime), str(tmp_path)]
        releaser = subprocess.Popen([sys.executable, "-c", self.PROGRAM, *arguments])
        until((tmp_path / "started").exists)
        assert _living(tmp_path)
        releaser.kill()
        releaser.wait()
        until(lambda: not _living(tmp_path))
        runner.python("pass")
        assert list(Path("/sys/fs/cgroup").glob(f"**/ona-sandbox-{releaser.pid}-*")) == []


class TestAnOrdinaryUser:
    """Nobody's rights are needed: no control group, no other user, this one's own files."""

    USER = 54321
    PROGRAM = (
        "import sys\n"
        "from pathlib import Path\n"
        "from ona_pipeline.clients.oci import ImageRegistry\n"
        "from ona_pipeline.image.root_folder import RootFolders\n"
        "from ona_pipeline.records.reference import PinnedReference\n"
        "from ona_pipeline.sandbox.bubblewrap import BubblewrapSandbox\n"
        "from ona_pipeline.sandbox.interface import Limits, SandboxJob\n"
        "folder = Path(sys.argv[1])\n"
        "sandbox = BubblewrapSandbox(RootFolders(ImageRegistry(), folder / 'roots'))\n"
        "limits = Limits(memory_bytes=300_000_000, processes=32, timeout_s=5)\n"
        "for program in (\n"
        '    \'import os; open("/out/me", "w").write(str(os.getuid())); open("/in/secret").read()\',\n'
        "    'import ctypes; ctypes.string_at(0)',\n"
        "    'while True: pass',\n"
        "    'x = bytearray(900_000_000)',\n"
        "    'import os\\nwhile True: os.fork()',\n"
        "):\n"
        "    job = SandboxJob(PinnedReference(sys.argv[2]), ('python3', '-c', program),\n"
        "        {'/in': folder / 'in'}, {'/out': folder / 'out'}, limits=limits)\n"
        "    print(sandbox.run(job).ending)\n"
    )

    def test_has_the_same_walls_and_limits(self, tmp_path: Path):
        image_registry(lab("registry"))
        bubblewrap_program()
        with tempfile.TemporaryDirectory() as name:  # below folders that anyone may enter
            folder = Path(name)
            for each in ("roots", "in", "out"):
                (folder / each).mkdir()
            (folder / "in/secret").write_text("41")
            (folder / "in/secret").chmod(0o600)
            self._given_away(folder)
            done = subprocess.run(
                [*self._as_the_user(), "-c", self.PROGRAM, name, base_image()],
                env={"PYTHONPATH": os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")]), "HOME": name},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            endings = ["ended", "crashed", "timed-out", "out-of-memory", "too-many-processes"]
            assert done.stdout.split() == endings, done.stderr
            assert (folder / "out/me").read_text() == str((folder / "out").stat().st_uid)

    def _given_away(self, folder: Path) -> None:
        if os.geteuid() == 0:
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, self.USER, self.USER)

    def _as_the_user(self) -> list[str]:
        packages = Path(sysconfig.get_path("purelib"))
        is_closed = any(not path.stat().st_mode & 0o001 for path in [*packages.parents, *ROOT.parents])
        if os.geteuid() != 0 or is_closed:  # where root alone may read the code, root it is
            return [sys.executable]
        user = ["--reuid", str(self.USER), "--regid", str(self.USER), "--clear-groups"]
        # An interpreter that lies in root's own folder is closed to others; the system's is as good.
        ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
        system = shutil.which(ours, path="/usr/local/bin:/usr/bin") or missing(f"no {ours} for every user")
        return ["setpriv", *user, system]


def _living(output: Path) -> list[str]:
    """Processes that name an output folder of a sandbox."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if b"bwrap" in command and os.fsencode(output) in command:
            found.append(process.name)
    return found


@contextmanager
def _no_group(limits: Limits, *, mount: Path = Path()) -> Iterator[None]:
    yield None


class TestWithoutControlGroups:
    """What limits each process by itself, where nobody may make a control group."""

    @pytest.fixture(autouse=True)
    def _without(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bubblewrap, "control_group", _no_group)

    def test_too_much_memory_is_an_outcome(self, runner: Runner):
        outcome = runner.python("x = bytearray(500_000_000)", limits=Limits(memory_bytes=200_000_000))
        assert outcome.ending == "out-of-memory"

    def test_a_fork_bomb_stays_in_its_sandbox(self, runner: Runner):
        limits = Limits(processes=32, timeout_s=5)
        assert runner.python("import os\nwhile True: os.fork()", limits=limits).ending == "too-many-processes"

    def test_an_endless_program_times_out(self, runner: Runner):
        assert runner.python("while True: pass", limits=Limits(timeout_s=1.5)).ending == "timed-out"

    def test_cpu_time_is_limited_too(self, runner: Runner):
        limits = Limits(cpus=0.01, timeout_s=60)
        outcome = runner.python("while True: pass", limits=limits)
        assert outcome.ending == "timed-out"
        assert outcome.seconds < 30
