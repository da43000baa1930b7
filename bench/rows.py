"""Measures validation of many rows: `python -m bench.rows [ROWS]`, with the lab's addresses at hand."""

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

from ona_pipeline.image.runtime import Runtime, Runtimes, RuntimeSettings
from ona_pipeline.records.canonical import decode, encode
from ona_pipeline.records.declaration import Declaration
from ona_pipeline.records.snapshot import Origins, Snapshot
from ona_pipeline.sandbox.container import ContainerSandbox
from ona_pipeline.validate.validate import ValidateInput, validate
from ona_pipeline.wiring import clock
from tests.backends import base_image, docker_engine, image_registry, lab
from tests.digits import MODEL, lay_out
from tests.digits_prepared import prepared
from tests.validations import SHAPE, with_many_rows


def make(folder: Path, rows: int) -> None:
    """Lay model and rows out; in a process of its own, whose memory is not what is measured."""
    declaration = with_many_rows(lay_out(folder), rows).declaration
    (folder / "declaration.json").write_bytes(encode(declaration))


def request(folder: Path, rows: int) -> ValidateInput:
    """What is validated: the rows, and the runtime of digits."""
    maker = multiprocessing.get_context("spawn").Process(target=make, args=(folder, rows))
    maker.start()
    maker.join()
    declaration = decode((folder / "declaration.json").read_bytes(), Declaration)
    snapshot = Snapshot("digits", Origins("git", "HEAD", "0" * 40), folder, declaration)
    settings = RuntimeSettings(base_image(), f"{lab('registry')}/ona-bench/runtime")
    runtimes = Runtimes(image_registry(lab("registry")), settings)
    runtime = runtimes.have((MODEL / "requirements.lock").read_bytes())
    assert isinstance(runtime, Runtime), runtime
    return ValidateInput(snapshot, prepared(snapshot, runtime=runtime.image, signature=SHAPE))


def measured(rows: int = 1_000_000) -> tuple[str, float, str]:
    """What was measured: its name, seconds, remark. It belongs into a process of its own, for its memory."""
    with tempfile.TemporaryDirectory(prefix="ona-bench-") as scratch:
        asked = request(Path(scratch) / "snapshot", rows)
        cpu, began = time.process_time(), time.perf_counter()
        evidence = validate(asked, sandbox=ContainerSandbox(docker_engine()), clock=clock)
        cpu, seconds = time.process_time() - cpu, time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    sampled = ", ".join(f"{each.rows:,} {each.what}" for each in evidence.sampling)
    remark = f"goal 60; {peak:.2f} GB at most, goal 2; {cpu:.1f} s on a processor here; sampled: {sampled}"
    return f"{rows:,} rows x 50 columns validated: {evidence.verdict}", seconds, remark


if __name__ == "__main__":
    print(measured(*map(int, sys.argv[1:])))
