"""The contract of a sandbox: one program, its files, its limits, and what became of it."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from ona_pipeline.records.reference import PinnedReference

SIGNALLED = 128  # plus the number of the signal: the status of a program that was ended by one
Ending = Literal["ended", "out-of-memory", "timed-out", "crashed", "too-many-processes", "too-much-written"]
_CAUSES: dict[Ending, str] = {
    "ended": "",
    "crashed": "it was ended by a fault ({signal}) after {seconds:.1f} s",
    "out-of-memory": "it wanted more memory than its sandbox allows",
    "timed-out": "it had not come to its end after {seconds:.0f} s",
    "too-many-processes": "it wanted more processes and threads than its sandbox allows",
    "too-much-written": "it wanted to write more than its sandbox allows",
}


class Limits(msgspec.Struct, frozen=True):
    """What a program may use at the most.

    Attributes:
        memory_bytes: resident memory of all its processes.
        cpus: CPU time per wall-clock second.
        processes: processes and threads.
        timeout_s: wall clock, seconds.
        file_bytes: largest single file that it may write.
        written_bytes: all of its outputs together.
    """

    memory_bytes: int = 2 * 2**30
    cpus: float = 2.0
    processes: int = 256
    timeout_s: float = 300.0
    file_bytes: int = 2 * 2**30
    written_bytes: int = 4 * 2**30


class SandboxJob(msgspec.Struct, frozen=True):
    """A program to run on hostile input.

    Attributes:
        runtime: the image whose Python runs it.
        command: argument list; nothing is passed through a shell.
        inputs: path inside to file or folder outside; read-only.
        outputs: path inside to an existing, empty folder outside; the only thing the program can write.
        files: paths in those folders. Of a folder that has any, nothing else comes back; where the disk is
            shared with us the kernel lets nothing else be written, so that their number and `file_bytes`
            bound it whoever watches. A folder without any may be filled up to `written_bytes`.
        environment: the only variables that it sees.
        loopback: whether it talks to itself over Internet sockets, as a training does; nobody else is there.
        limits: what it may use.
    """

    runtime: PinnedReference
    command: tuple[str, ...]
    inputs: dict[str, Path]
    outputs: dict[str, Path]
    files: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    loopback: bool = False
    limits: Limits = Limits()


class SandboxOutcome(msgspec.Struct, frozen=True):
    """What became of it. Dying is an outcome, not an error: the gate lives on.

    Attributes:
        ending: ``ended`` when it ran to its own end, whatever its exit status.
        status: exit status; 0 is success.
        output: the last 64 KiB of standard output and error, as text.
        seconds: wall clock.
    """

    ending: Ending
    status: int
    output: str
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether it ran to its end and said that all was well."""
        return self.ending == "ended" and self.status == 0

    @property
    def cause(self) -> str:
        """Why it did not run to its own end, for people; empty where it did."""
        return _CAUSES[self.ending].format(
            signal=self.signal or f"status {self.status}", seconds=self.seconds
        )

    @property
    def signal(self) -> str:
        """The signal that ended it, such as ``SIGSEGV``; empty where none did."""
        number = self.status - SIGNALLED
        return signal.Signals(number).name if number in set(signal.Signals) else ""


class Sandbox(Protocol):
    """Where model code runs: without network, credentials or anything to write but its outputs."""

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run the job to its end.

        Raises:
            BackendError: the sandbox itself could not be made; nothing is known of the program.
        """
        ...


class Root(msgspec.Struct, frozen=True):
    """An image in a folder.

    Attributes:
        folder: its files; nothing may write to them.
        environment: the variables that the image declares.
    """

    folder: Path
    environment: dict[str, str]


class Roots(Protocol):
    """Where a sandbox without an engine has its images from."""

    def have(self, image: PinnedReference) -> Root:
        """The image, unpacked.

        Raises:
            BackendError: it cannot be had.
        """
        ...


class Laden(Protocol):
    """Where a sandbox that shares no disk with us has its images from, with the inputs already in them."""

    def have(self, image: PinnedReference, inputs: Mapping[str, Path]) -> PinnedReference:
        """An image that is `image` and has the inputs at their paths.

        Raises:
            BackendError: it cannot be had, or the inputs are too large to travel so.
        """
        ...
