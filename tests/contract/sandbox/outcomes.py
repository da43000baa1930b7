"""What every sandbox owes: an honest ending, and no way out for a program that means harm."""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ona_pipeline.errors import BackendError
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.interface import Limits, Sandbox, SandboxJob, SandboxOutcome

MIB = 2**20


class Runner:
    """Runs lines of Python in a sandbox."""

    def __init__(self, sandbox: Sandbox, runtime: PinnedReference) -> None:
        self.sandbox = sandbox
        self.runtime = runtime

    def python(self, program: str, **settings) -> SandboxOutcome:
        settings = {"inputs": {}, "outputs": {}, **settings}
        job = SandboxJob(runtime=self.runtime, command=("python3", "-c", program), **settings)
        return self.sandbox.run(job)


def until(is_so: Callable[[], object], *, timeout_s: float = 30) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)


class CoreContract:
    """The least of it, for where each program costs seconds. Subclasses give the fixture `runner`."""

    def test_a_program_that_ends_well_succeeds(self, runner: Runner):
        outcome = runner.python("print('hello')")
        assert outcome.succeeded
        assert outcome.output == "hello\n"
        assert outcome.seconds > 0

    def test_a_program_killed_by_a_fault_has_crashed_and_the_signal_is_known(self, runner: Runner):
        outcome = runner.python("import ctypes; ctypes.string_at(0)")
        assert (outcome.ending, outcome.signal) == ("crashed", "SIGSEGV")

    def test_an_endless_program_times_out(self, runner: Runner):
        outcome = runner.python("while True: pass", limits=Limits(timeout_s=1.5))
        assert outcome.ending == "timed-out"
        assert outcome.seconds < 30

    def test_it_reads_its_inputs_and_writes_its_outputs(self, runner: Runner, tmp_path: Path):
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "number").write_text("41")
        (tmp_path / "out").mkdir()
        outcome = runner.python(
            "n = int(open('/in/number').read()); open('/out/number', 'w').write(str(n + 1))",
            inputs={"/in": tmp_path / "in"},
            outputs={"/out": tmp_path / "out"},
        )
        assert outcome.succeeded, outcome.output
        assert (tmp_path / "out" / "number").read_text() == "42"

    def test_too_much_memory_is_an_outcome(self, runner: Runner):
        limits = Limits(memory_bytes=64 * MIB, timeout_s=30)
        assert runner.python("x = bytearray(500_000_000)", limits=limits).ending == "out-of-memory"

    def test_a_fork_bomb_stays_in_its_sandbox(self, runner: Runner):
        limits = Limits(processes=32, timeout_s=5)
        outcome = runner.python("import os\nwhile True: os.fork()", limits=limits)
        assert outcome.ending == "too-many-processes"


class OutcomeContract(CoreContract):
    """How a program ends. Subclasses give the fixture `runner`."""

    def test_an_exit_status_is_an_outcome_and_not_an_error(self, runner: Runner):
        outcome = runner.python("raise SystemExit(3)")
        assert (outcome.ending, outcome.status, outcome.succeeded) == ("ended", 3, False)

    def test_what_it_says_to_standard_error_is_kept_too(self, runner: Runner):
        assert "went wrong" in runner.python("import sys; print('went wrong', file=sys.stderr)").output

    def test_only_the_last_64_kib_of_output_are_kept(self, runner: Runner):
        outcome = runner.python("print('x' * 1_000_000); print('the end')")
        assert len(outcome.output.encode()) <= 64 * 1024
        assert outcome.output.endswith("the end\n")

    def test_an_abort_is_a_crash_too(self, runner: Runner):
        # The first process of a container cannot be aborted, and faults instead: the signal is another one.
        assert runner.python("import os; os.abort()").ending == "crashed"

    def test_children_that_it_leaves_die_with_it(self, runner: Runner):
        started = time.monotonic()
        program = "import os, time\nif os.fork() == 0: os.setsid(); time.sleep(600)\nprint('left')"
        assert runner.python(program).output == "left\n"
        assert time.monotonic() - started < 60

    def test_a_file_is_laid_into_a_folder_that_the_image_has(self, runner: Runner, tmp_path: Path):
        (tmp_path / "number").write_text("41")
        program = "import os; print(open('/usr/lib/ona/number').read(), os.path.isdir('/usr/lib/python3.11'))"
        outcome = runner.python(program, inputs={"/usr/lib/ona/number": tmp_path / "number"})
        assert outcome.output == "41 True\n"

    def test_a_memory_bomb_in_a_child_is_noticed_too(self, runner: Runner):
        limits = Limits(memory_bytes=64 * MIB, timeout_s=30)
        program = "import os\nif os.fork() == 0: x = bytearray(500_000_000)\nos.wait()"
        assert runner.python(program, limits=limits).ending == "out-of-memory"

    def test_memory_that_nobody_could_give_is_out_of_memory(self, runner: Runner):
        assert runner.python("x = bytearray(10**15)").ending == "out-of-memory"

    def test_threads_without_end_are_too_many_processes(self, runner: Runner):
        program = "import threading as t\nwhile True: t.Thread(target=t.Event().wait, daemon=True).start()"
        outcome = runner.python(program, limits=Limits(processes=32, timeout_s=30))
        assert outcome.ending == "too-many-processes"

    def test_a_file_cannot_outgrow_its_limit(self, runner: Runner, tmp_path: Path):
        outcome = runner.python(
            "open('/out/big', 'wb').write(bytes(3_000_000))",
            outputs={"/out": tmp_path},
            limits=Limits(file_bytes=1_000_000),
        )
        assert outcome.ending == "too-much-written"
        assert (tmp_path / "big").stat().st_size <= 1_000_000

    def test_many_files_cannot_outgrow_theirs(self, runner: Runner, tmp_path: Path):
        program = (
            "import itertools, time\n"
            "for n in itertools.count(): open(f'/out/{n}', 'wb').write(b'x' * 1_000_000); time.sleep(0.01)"
        )
        limits = Limits(written_bytes=20_000_000, timeout_s=60)
        outcome = runner.python(program, outputs={"/out": tmp_path}, limits=limits)
        assert outcome.ending == "too-much-written"
        assert outcome.seconds < 30

    def test_where_files_are_declared_nothing_else_comes_back(self, runner: Runner, tmp_path: Path):
        program = (
            "import os\n"
            "open('/out/number', 'w').write('42')\n"
            "for act in (lambda: open('/out/other', 'w'), lambda: os.mkdir('/out/more'),\n"
            "            lambda: os.symlink('number', '/out/link')):\n"
            "    try: act()\n"
            "    except OSError as error: print(error.errno)"
        )
        outcome = runner.python(program, outputs={"/out": tmp_path}, files=("/out/number",))
        assert outcome.status == 0, outcome.output
        assert [path.name for path in tmp_path.iterdir()] == ["number"]
        assert (tmp_path / "number").read_text() == "42"
        assert (tmp_path / "number").stat().st_uid == os.geteuid()

    def test_a_declared_file_cannot_outgrow_its_limit(self, runner: Runner, tmp_path: Path):
        outcome = runner.python(
            "file = open('/out/big', 'wb', buffering=0)\nwhile True: file.write(bytes(100_000))",
            outputs={"/out": tmp_path},
            files=("/out/big",),
            limits=Limits(file_bytes=1_000_000, timeout_s=60),
        )
        assert outcome.ending == "too-much-written"
        assert all(path.stat().st_size <= 1_000_000 for path in tmp_path.iterdir())

    @pytest.mark.parametrize(("depth", "ending"), [(1200, "ended"), (5000, "too-much-written")])
    def test_folders_without_end_neither_stay_nor_hide_what_is_in_them(
        self, runner: Runner, tmp_path: Path, depth: int, ending: str
    ):
        program = f"import os; os.chdir('/out')\nfor _ in range({depth}): os.mkdir('d'); os.chdir('d')"
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            outcome = runner.python(program, outputs={"/out": Path(folder)})
            assert outcome.ending == ending
        assert not list(tmp_path.iterdir())

    def test_the_temporary_folder_is_small(self, runner: Runner):
        outcome = runner.python("open('/tmp/big', 'wb').write(bytes(80_000_000))")
        assert "No space left on device" in outcome.output
        assert outcome.ending == "too-much-written"

    def test_a_runtime_that_the_registry_does_not_have_is_an_error(self, runner: Runner):
        runner.runtime = PinnedReference(f"{runner.runtime.repository}@sha256:{'0' * 64}")
        with pytest.raises(BackendError, match=r"@sha256:000"):
            runner.python("pass")

    def test_a_program_that_the_image_does_not_have_is_an_error(self, runner: Runner):
        job = SandboxJob(runtime=runner.runtime, command=("no-such-program",), inputs={}, outputs={})
        with pytest.raises(BackendError, match="no-such-program"):
            runner.sandbox.run(job)


class WallContract:
    """What a program cannot do. Subclasses give the fixture `runner`."""

    def is_its_user(self, user: int) -> bool:
        """Whether a sandbox of this kind runs as that user."""
        return user == (65532 if os.geteuid() == 0 else os.geteuid())

    def test_there_is_no_network(self, runner: Runner):
        outcome = runner.python("import socket; print([name for _, name in socket.if_nameindex()])")
        assert outcome.output == "['lo']\n"

    @pytest.mark.parametrize("address", [("127.0.0.1", 5000), ("169.254.169.254", 80), ("192.0.2.1", 443)])
    def test_nobody_can_be_reached(self, runner: Runner, address: tuple[str, int]):
        outcome = runner.python(f"import socket; socket.create_connection({address!r}, 2)")
        assert outcome.status == 1
        assert "refused" in outcome.output or "unreachable" in outcome.output

    def test_a_socket_of_this_machine_that_needs_no_address_cannot_be_reached(self, runner: Runner):
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("\0ona-sandbox-contract")
            listening.listen()
            program = "import socket; socket.socket(socket.AF_UNIX).connect(chr(0) + 'ona-sandbox-contract')"
            assert "ConnectionRefusedError" in runner.python(program).output

    def test_it_is_not_root_and_has_no_capabilities(self, runner: Runner):
        outcome = runner.python("import os; print(os.getuid()); print(open('/proc/self/status').read())")
        lines = outcome.output.splitlines()
        assert self.is_its_user(int(lines[0]))
        assert "CapEff:\t0000000000000000" in lines
        assert "CapBnd:\t0000000000000000" in lines
        assert "NoNewPrivs:\t1" in lines
        assert "Seccomp:\t2" in lines

    @pytest.mark.parametrize("call", ["unshare(0x10000000)", "mount(b'x', b'/tmp', b'tmpfs', 0, None)"])
    def test_it_cannot_make_namespaces_or_mounts(self, runner: Runner, call: str):
        program = f"import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.{call}, ctypes.get_errno())"
        assert runner.python(program).output == "-1 1\n"

    @pytest.mark.parametrize("path", ["/in/number", "/in/new", "/etc/passwd", "/opt/new", "/new", "/dev/new"])
    def test_it_cannot_write_anything_but_its_outputs(self, runner: Runner, tmp_path: Path, path: str):
        (tmp_path / "number").write_text("41")
        outcome = runner.python(f"open({path!r}, 'w')", inputs={"/in": tmp_path})
        assert "Read-only file system" in outcome.output or "Permission denied" in outcome.output
        assert outcome.status == 1
        assert (tmp_path / "number").read_text() == "41"

    def test_it_cannot_change_the_kernels_settings(self, runner: Runner):
        outcome = runner.python("open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x')")
        assert outcome.status == 1

    def test_inputs_that_only_we_can_read_are_readable_inside(self, runner: Runner, tmp_path: Path):
        (tmp_path / "secret").write_text("41")
        (tmp_path / "secret").chmod(0o600)
        tmp_path.chmod(0o700)
        assert runner.python("print(open('/in/secret').read())", inputs={"/in": tmp_path}).output == "41\n"
        assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600

    def test_results_are_ours_and_links_among_them_are_removed(self, runner: Runner, tmp_path: Path):
        program = (
            "import os; os.mkdir('/out/d'); open('/out/d/f', 'w').write('1'); os.chmod('/out/d', 0);"
            "os.symlink('/etc/shadow', '/out/link'); os.mkfifo('/out/pipe')"
        )
        assert runner.python(program, outputs={"/out": tmp_path}).succeeded
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["d", "f"]
        assert {path.stat().st_uid for path in tmp_path.rglob("*")} == {os.geteuid()}

    def test_it_sees_the_variables_it_is_given_and_none_of_ours(
        self, runner: Runner, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sesame")
        program = "import os, pathlib; print(dict(os.environ), pathlib.Path('/proc/1/environ').read_bytes())"
        outcome = runner.python(program, environment={"ONA_GIVEN": "given"})
        assert (
            "given"
            in runner.python("import os; print(os.environ)", environment={"ONA_GIVEN": "given"}).output
        )
        assert "sesame" not in outcome.output

    def test_there_are_no_credentials_to_be_found(self, runner: Runner):
        places = (
            "/var/run/docker.sock",
            "/run/docker.sock",
            "/run/containerd/containerd.sock",
            "/var/run/secrets/kubernetes.io/serviceaccount/token",
            *(f"{home}/{name}" for home in ("/root", "/") for name in (".docker", ".kube", ".ssh")),
            "/var/lib/ona-lab",
            "/home",
        )
        program = (
            "import os\n"
            f"for place in {places!r}:\n"
            "    try: found = os.listdir(place) if os.path.isdir(place) else os.path.exists(place)\n"
            "    except PermissionError: found = False\n"
            "    if found: print(place)\n"
            "print('looked')"
        )
        assert runner.python(program).output == "looked\n"

    def test_it_sees_no_process_but_its_own(self, runner: Runner):
        program = "import os; print(len([name for name in os.listdir('/proc') if name.isdigit()]) <= 2)"
        assert runner.python(program).output == "True\n"

    def test_no_open_file_of_ours_is_left_to_it(self, runner: Runner):
        program = "import os; print(sorted(int(name) for name in os.listdir('/proc/self/fd')))"
        assert runner.python(program).output == "[0, 1, 2, 3]\n"  # the fourth is the folder itself

    def test_two_at_once_keep_apart(self, runner: Runner):
        said: list[str] = []
        program = "import os, time; open('/tmp/mine', 'x'); time.sleep(1); print(os.listdir('/tmp'))"
        threads = [threading.Thread(target=lambda: said.append(runner.python(program).output)) for _ in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert said == ["['mine']\n"] * 2


class SharedDiskContract:
    """What a sandbox owes that writes straight to our disk: the kernel bounds it, watched or not."""

    def test_where_files_are_declared_the_kernel_lets_it_write_those_alone(
        self, runner: Runner, tmp_path: Path
    ):
        program = (
            "import os\n"
            "open('/out/number', 'w').write('42')\n"
            "for act in (lambda: open('/out/other', 'w'), lambda: os.mkdir('/out/more'),\n"
            "            lambda: os.remove('/out/number'), lambda: os.rename('/out/number', '/out/b'),\n"
            "            lambda: os.link('/out/number', '/out/b'), lambda: os.chmod('/out', 0o777)):\n"
            "    try: act()\n"
            "    except OSError as error: print('refused')"
        )
        outcome = runner.python(program, outputs={"/out": tmp_path}, files=("/out/number",))
        assert outcome.output == "refused\n" * 6
