"""A model version as it was committed, laid out in a folder of its own."""

from pathlib import Path
from typing import Literal

import msgspec

from ona_pipeline.records.declaration import Declaration
from ona_pipeline.records.digest import Digest

Origin = Literal["git", "mlflow"]


class Origins(msgspec.Struct, frozen=True):
    """Where a model version came from; enough to read it again.

    Attributes:
        origin: whether the model's files came from git or from the model registry.
        revision: what was asked for: ``HEAD``, a branch, a commit, or ``models:/NAME/VERSION``.
        commit: full id of the git commit at which declaration, lock, suites (and model) were read.
        version: the model registry's version, when `origin` is ``mlflow``.
    """

    origin: Origin
    revision: str
    commit: str
    version: str = ""


class Snapshot(msgspec.Struct, frozen=True):
    """The files of one model version, read from git objects or the model registry, never from the work tree.

    Attributes:
        name: the model's name.
        origins: where it came from.
        folder: holds ``models/<name>/`` and ``validation/<name>/`` as they were committed.
        declaration: the parsed ``release.toml``.
    """

    name: str
    origins: Origins
    folder: Path
    declaration: Declaration

    @property
    def root(self) -> Path:
        """``models/<name>/`` in `folder`."""
        return self.folder / "models" / self.name

    @property
    def model(self) -> Path:
        """The model directory itself."""
        return self.root / self.declaration.model.path

    @property
    def manifest(self) -> Path:
        """The committed model manifest."""
        return self.root / self.declaration.model.manifest

    @property
    def attestation(self) -> Path:
        """The signed list of the model's files; there may be none."""
        return self.root / self.declaration.model.attestation

    @property
    def lock(self) -> Path:
        """The hashed requirements that the model needs at run time."""
        return self.root / self.declaration.model.lock

    @property
    def suites(self) -> Path:
        """The folder of Great Expectations suites."""
        return self.folder / "validation" / self.name

    @property
    def model_digest(self) -> Digest:
        """The digest of the model manifest's bytes, which names this version everywhere.

        Raises:
            OSError: there is no model manifest; `verify` has refused such a snapshot before anyone asks.
        """
        return Digest.of(self.manifest.read_bytes())
