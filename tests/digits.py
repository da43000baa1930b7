"""The committed digits model, laid out as a snapshot that a test may spoil."""

import shutil
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.records.canonical import convert
from ona_pipeline.records.declaration import Declaration
from ona_pipeline.records.snapshot import Origins, Snapshot
from ona_pipeline.serving import manifest

PROJECT = Path(__file__).resolve().parents[1]
MODEL = PROJECT / "models" / "digits"


class Clock:
    """A clock that goes on by one second each time it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def lay_out(folder: Path) -> Snapshot:
    """A snapshot in `folder`, with the files as they are committed."""
    for part in ("models", "validation"):
        shutil.copytree(PROJECT / part / "digits", folder / part / "digits")
    declared = convert(tomllib.loads((MODEL / "release.toml").read_text()), Declaration)
    return Snapshot("digits", Origins("git", "HEAD", "0" * 40), folder, declared)


def remake_manifest(snapshot: Snapshot) -> None:
    """Declare the files as they now are, as somebody who means harm would too."""
    snapshot.manifest.write_bytes(manifest.make(snapshot.model))


def with_model_file(snapshot: Snapshot, content: bytes, name: str = "model.skops") -> Snapshot:
    """Put `content` into the model and declare it."""
    (snapshot.model / name).write_bytes(content)
    remake_manifest(snapshot)
    return snapshot


def with_estimator(snapshot: Snapshot, estimator: Any) -> Snapshot:
    """Put another estimator in the model's place and declare it."""
    import skops.io

    return with_model_file(snapshot, skops.io.dumps(estimator))


def estimator_of(snapshot: Snapshot) -> Any:
    """The committed digits pipeline, loaded."""
    import skops.io

    return skops.io.load(snapshot.model / "model.skops")


def redeclared(snapshot: Snapshot, **changes: Any) -> Snapshot:
    """The snapshot with parts of its declaration replaced."""
    return msgspec.structs.replace(
        snapshot, declaration=msgspec.structs.replace(snapshot.declaration, **changes)
    )
