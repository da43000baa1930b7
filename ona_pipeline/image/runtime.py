"""The runtime image: base, locked packages and server. Looked up by the digest of its inputs, else made."""

import tempfile
from pathlib import Path
from typing import Any, Literal

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.image import bytecode, contents
from ona_pipeline.image.base import read_image
from ona_pipeline.image.document import Image
from ona_pipeline.image.packages import UnresolvableError
from ona_pipeline.image.platform import Platform
from ona_pipeline.image.registry import Registry
from ona_pipeline.image.send import send_blobs
from ona_pipeline.image.server import server_digest, server_files, server_lock
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference

_KEY_LABEL = "ona.runtime-key"
_FORMAT = 2  # of how a runtime is made out of its inputs: raised when that changes
_HINT = "lock again with the server's versions: uv pip compile -c ona_pipeline/serving/serving.lock …"

# What a runtime is for decides which of the server's locks goes in with the model's own; training has none.
Purpose = Literal["serving", "serving-onnx", "converting", "training"]


class RuntimeSettings(msgspec.Struct, frozen=True):
    """What every runtime is made of, and where runtimes are kept.

    Attributes:
        base: the image below; with the Python that `platform` says.
        repository: registry host and repository for runtime images.
        platform: that they are for.
    """

    base: PinnedReference
    repository: str
    platform: Platform = Platform()


class Runtime(msgspec.Struct, frozen=True):
    """A runtime image in the registry.

    Attributes:
        image: its pinned reference.
        key: the digest of what it is made of.
        was_made: whether that has just happened.
    """

    image: PinnedReference
    key: Digest
    was_made: bool


class Runtimes:
    """All runtime images.

    Args:
        registry: where they are kept.
        settings: what they are made of.
    """

    def __init__(self, registry: Registry, settings: RuntimeSettings) -> None:
        self._registry = registry
        self._settings = settings

    def key(self, lock: bytes, purpose: Purpose = "serving") -> Digest:
        """The digest of all that decides a runtime: lock, base, platform and server."""
        settings = self._settings
        inputs = {"format": _FORMAT, "lock": Digest.of(lock), "base": settings.base}
        server = server_digest(purpose) if purpose != "training" else None
        return digest_of({**inputs, "platform": settings.platform, "server": server})

    def have(self, lock: bytes, purpose: Purpose = "serving") -> Runtime | Finding:
        """The runtime for a lock: the one that is there, else a new one.

        Args:
            lock: content of the model's hashed requirements; empty where ONNX alone serves, for a graph
                needs nothing of its own.
            purpose: what it is for. A converter works with the versions of the model's lock, whatever it
                was locked with itself: what it makes is compared.

        Returns:
            The runtime, or why there cannot be one: `lock-conflict` or `lock-unresolvable`.

        Raises:
            UsageError: the base is not there, or has another Python than the settings say.
            BackendError: the image registry or the package index is not there.
        """
        key = self.key(lock, purpose)
        found = self._find(key)
        if found is not None:
            return Runtime(found, key, was_made=False)
        is_training = purpose == "training"
        try:
            requirements = contents.requirements(
                lock,
                "" if is_training else server_lock(purpose),
                self._settings.platform,
                may_differ=purpose == "converting",
            )
            files = {} if is_training else server_files()
            return Runtime(self._make(key, requirements, files), key, was_made=True)
        except UnresolvableError as error:
            return Finding("lock-unresolvable", "lock", f"the lock cannot be installed: {error}", hint=_HINT)
        except contents.ConflictError as error:
            return Finding("lock-conflict", "lock", str(error), hint=_HINT)

    def _find(self, key: Digest) -> PinnedReference | None:
        repository = self._settings.repository
        digest = self._registry.resolve(repository, _tag(key))
        if digest is None:
            return None
        reference = PinnedReference.of(repository, digest)
        image = read_image(self._registry, reference, self._settings.platform.name)
        # A tag can move, and holds half of the key: the image itself must say that it is the one.
        is_the_one = image.config["config"].get("Labels", {}).get(_KEY_LABEL) == key
        return reference if is_the_one else None

    def _make(self, key: Digest, lock: str, server: dict[str, bytes]) -> PinnedReference:
        bytecode.require_python(self._settings.platform.python)
        base = read_image(self._registry, self._settings.base, self._settings.platform.name)
        _require_python(base, self._settings)
        repository = self._settings.repository
        self._registry.require_push(repository)
        with tempfile.TemporaryDirectory(prefix="ona-runtime-") as folder:
            content = Path(folder) / "layer"
            root = contents.unpacked(lock, server, Path(folder), self._settings.platform)
            layer = contents.packed(root, content)
            image = base.with_layer(layer, origin="ona runtime", settings=self._container(key))
            own: dict[Digest, bytes | Path] = {layer.digest: content}
            parent = self._settings.base.repository
            send_blobs(self._registry, repository, image, own=own, parent=parent)
        digest = self._registry.put_manifest(repository, image.manifest_bytes, tag=_tag(key))
        return PinnedReference.of(repository, digest)

    def _container(self, key: Digest) -> dict[str, Any]:
        return {
            "User": "65532:65532",
            "WorkingDir": "/",
            "Entrypoint": ["python3"],
            "Cmd": ["-m", "ona_serving"],
            "ExposedPorts": {"8080/tcp": {}},
            "Env": [
                f"PYTHONPATH=/{contents.ROOT}/server:/{contents.ROOT}/site-packages",
                "PYTHONDONTWRITEBYTECODE=1",
            ],
            "Labels": {
                _KEY_LABEL: key,
                "org.opencontainers.image.base.name": self._settings.base.repository,
                "org.opencontainers.image.base.digest": self._settings.base.digest,
            },
        }


def _tag(key: Digest) -> str:
    return f"runtime-{key.hex[:32]}"


def _require_python(base: Image, settings: RuntimeSettings) -> None:
    """Official Python images tell their Python in a variable; of another base, only starting it tells."""
    variables = dict(each.split("=", 1) for each in base.config.get("config", {}).get("Env") or [])
    found = variables.get("PYTHON_VERSION", settings.platform.python)
    if not f"{found}.".startswith(f"{settings.platform.python}."):
        raise UsageError(
            f"base {settings.base}: wanted Python {settings.platform.python}, found {found}",
            hint="set the Python of the base in [tool.ona]",
        )
