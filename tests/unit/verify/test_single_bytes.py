"""Every single byte of a model, its manifest and its lock is part of the answer."""

import random
from pathlib import Path

import pytest

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.verify import files

SAMPLE = 400
SWEEP = 10_000


def noticed(snapshot: Snapshot, *, times: int) -> int:
    """How many of `times` changes of one byte the manifest tells of, each in another place."""
    chance, count = random.Random(7), 0
    paths = [path for path in files.regular_files(snapshot.model).values() if path.stat().st_size]
    contents = {path: path.read_bytes() for path in paths}
    wanted = Digest.of(snapshot.manifest.read_bytes())
    for _ in range(times):
        path = chance.choice(paths)
        changed = bytearray(contents[path])
        at = chance.randrange(len(changed))
        changed[at] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        found = files.compare(snapshot.model, snapshot.manifest)
        count += [(one.code, one.subject) for one in found] == [("digest-mismatch", named(path, snapshot))]
        path.write_bytes(contents[path])
    assert Digest.of(snapshot.manifest.read_bytes()) == wanted
    return count


def named(path: Path, snapshot: Snapshot) -> str:
    return path.relative_to(snapshot.model).as_posix()


def test_a_changed_byte_of_any_file_is_named(snapshot: Snapshot) -> None:
    assert noticed(snapshot, times=SAMPLE) == SAMPLE


@pytest.mark.full
def test_ten_thousand_changed_bytes_are_noticed(snapshot: Snapshot) -> None:
    assert noticed(snapshot, times=SWEEP) == SWEEP
