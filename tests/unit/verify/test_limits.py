"""Memory stays within twice the file and 100 MB, and time within reason, whatever a file is made of."""

import io
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pytest

from tests.hostile import onnxes
from tests.hostile.assembly import op, text, value

MEBIBYTE = 1 << 20
PROGRAM = r"""\
import re, sys
from datetime import UTC, datetime
from pathlib import Path
from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.verify.formats import WALKED
from ona_pipeline.verify.paths import judge
found = judge(Path(sys.argv[1]), VerifyPolicy(formats=WALKED), clock=lambda: datetime.now(UTC))
print(found.verdict, re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])
"""


def compressed(size_bytes: int) -> bytes:
    file = io.BytesIO()
    joblib.dump(np.random.default_rng(0).random(size_bytes // 8), file, compress=("zlib", 1))
    return file.getvalue()


MADE: dict[str, Callable[[int], bytes]] = {
    "one array": lambda size: pickle.dumps(np.zeros(size // 8), 5),
    "one text, with one wide letter": lambda size: pickle.dumps("a" * size + "\N{GRINNING FACE}", 4),
    "many texts": lambda size: pickle.dumps({f"word{n}": n for n in range(size // 16)}, 4),
    "many small tuples": lambda size: pickle.dumps([(n, n + 1) for n in range(size // 12)], 4),
    "tuples in tuples": lambda size: op("PROTO", b"\x04") + op("EMPTY_TUPLE") + op("TUPLE1") * size + b".",
    "the memo alone": lambda size: (
        op("PROTO", b"\x04") + (op("EMPTY_LIST") + op("MEMOIZE") + op("POP")) * (size // 3) + value(1) + b"."
    ),
    "texts in the memo": lambda size: (
        op("PROTO", b"\x04")
        + b"".join(text(f"{n:x}") + op("MEMOIZE") + op("POP") for n in range(size // 9))
        + value(1)
        + b"."
    ),
    "dictionaries in tuples": lambda size: (
        op("PROTO", b"\x04")
        + (op("EMPTY_DICT") + op("MEMOIZE") + op("TUPLE1") + op("MEMOIZE") + op("POP")) * (size // 5)
        + value(1)
        + b"."
    ),
    "an open stack": lambda size: op("PROTO", b"\x04") + op("EMPTY_TUPLE") * size,
    "a compressed array": compressed,
    "empty nodes": lambda size: onnxes.model(onnxes.field(1, onnxes.field(4, "A")) * (size // 5)),
    "numbers of an attribute": lambda size: onnxes.model(
        onnxes.graph(nodes=(onnxes.node("A", onnxes.field(5, onnxes.field(8, 5) * (size // 2))),))
    ),
    "a proto 0 list": lambda size: pickle.dumps(list(range(size // 8)), 0),
}


def most_bytes(content: bytes, folder: Path) -> tuple[str, int]:
    """The verdict, and the largest memory of a process that reached it."""
    path = folder / "model"
    path.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=True
    )
    verdict, kibibytes = done.stdout.split()
    return verdict, int(kibibytes) * 1024


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_memory_is_bounded(made: Callable[[int], bytes], tmp_path: Path) -> None:
    content = made(2 * MEBIBYTE)
    assert most_bytes(content, tmp_path)[1] <= 2 * len(content) + 100 * MEBIBYTE


@pytest.mark.full
@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_memory_of_large_files_is_bounded(made: Callable[[int], bytes], tmp_path: Path) -> None:
    content = made(int(os.environ.get("ONA_LARGE_BYTES", 100 * MEBIBYTE)))
    assert most_bytes(content, tmp_path)[1] <= 2 * len(content) + 100 * MEBIBYTE
