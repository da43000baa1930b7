"""What every sandbox owes: the ending, the status and the output of a program; and a runner of programs."""

from pathlib import Path

import pytest

from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.interface import Limits, Sandbox, SandboxJob, SandboxOutcome


class Runner:
    """Runs lines of Python in a sandbox."""

    def __init__(self, sandbox: Sandbox, runtime: PinnedReference) -> None:
        self.sandbox = sandbox
        self.runtime = runtime

    def python(self, program: str, **settings) -> SandboxOutcome:
        settings = {"inputs": {}, "outputs": {}, **settings}
        job = SandboxJob(runtime=self.runtime, command=("python3", "-c", program), **settings)
        return self.sandbox.run(job)


class OutcomeContract:
    """Subclasses give the fixture `runner`."""

    def test_a_program_that_ends_well_succeeds(self, runner: Runner):
        outcome = runner.python("print('hello')")
        assert outcome.succeeded
        assert outcome.output == "hello\n"
        assert outcome.seconds > 0

    def test_an_exit_status_is_an_outcome_and_not_an_error(self, runner: Runner):
        outcome = runner.python("raise SystemExit(3)")
        assert (outcome.ending, outcome.status, outcome.succeeded) == ("ended", 3, False)

    def test_what_it_says_to_standard_error_is_kept_too(self, runner: Runner):
        assert "went wrong" in runner.python("import sys; print('went wrong', file=sys.stderr)").output

    def test_only_the_last_64_kib_of_output_are_kept(self, runner: Runner):
        outcome = runner.python("print('x' * 1_000_000); print('the end')")
        assert len(outcome.output.encode()) <= 64 * 1024
        assert outcome.output.endswith("the end\n")

    def test_a_program_killed_by_a_fault_has_crashed(self, runner: Runner):
        outcome = runner.python("import ctypes; ctypes.string_at(0)")
        assert outcome.ending == "crashed"

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

    def test_it_sees_the_variables_it_is_given_and_none_of_ours(
        self, runner: Runner, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sesame")
        outcome = runner.python("import os; print(dict(os.environ))", environment={"ONA_GIVEN": "given"})
        assert "given" in outcome.output
        assert "sesame" not in outcome.output
