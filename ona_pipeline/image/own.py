"""The image of ona itself, for Jobs of a cluster: base, locked packages and ona, made as every other image.

    python -m ona_pipeline.image.own REPOSITORY BASE LOCK

prints its pinned reference. The base holds Python and git; with OpenSSH's client, signed decisions are judged
there too. No Docker engine is needed, here or there. `make image` calls it.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import ona_pipeline
from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.errors import OnaError, UsageError
from ona_pipeline.image import bytecode
from ona_pipeline.image.base import read_image
from ona_pipeline.image.contents import ROOT
from ona_pipeline.image.layer import Files, pack
from ona_pipeline.image.registry import Registry
from ona_pipeline.image.runtime import Runtimes, RuntimeSettings
from ona_pipeline.image.send import send_blobs
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference

_UV = f"{ROOT}/site-packages/bin/uv"  # where the package uv looks for its program
_PROGRAM = f"{ROOT}/bin/ona"
_START = b"import sys\nfrom ona_pipeline.cli.app import main\nsys.exit(main())\n"
_SETTINGS = {
    "User": "65532:65532",
    "WorkingDir": "/tmp",  # noqa: S108 - in a pod that may write nowhere else
    "Entrypoint": ["python3", f"/{_PROGRAM}"],
    "Cmd": ["--help"],
    "Env": [
        f"PYTHONPATH=/{ROOT}/own:/{ROOT}/site-packages",
        "PYTHONDONTWRITEBYTECODE=1",
        "HOME=/tmp",
    ],
}


def make(registry: Registry, settings: RuntimeSettings, lock: bytes) -> PinnedReference:
    """Find or make the image; the same installation on the same base gives the same image.

    Args:
        registry: where base and image are.
        settings: the base, which has Python and git, and the repository for the image.
        lock: hashed requirements of ona.

    Raises:
        UsageError: the base or the lock cannot be used.
        BackendError: the image registry or the package index is not there.
    """
    packages = Runtimes(registry, settings).have(lock, "training")
    if isinstance(packages, Finding):
        raise UsageError(packages.sentence, hint="`make lock` writes the lock of ona")
    below, repository = read_image(registry, packages.image, settings.platform.name), settings.repository
    with tempfile.TemporaryDirectory(prefix="ona-image-") as folder:
        content = Path(folder) / "layer"
        with content.open("wb") as output:
            layer = pack(_files(Path(folder)), output, programs=frozenset({_UV}))
        image = below.with_layer(layer, origin="ona", settings=_SETTINGS)
        own: dict[Digest, bytes | Path] = {layer.digest: content}
        send_blobs(registry, repository, image, own=own, parent=repository)
    return PinnedReference.of(repository, registry.put_manifest(repository, image.manifest_bytes))


def _files(scratch: Path) -> Files:
    """This installation's own files, compiled, with the objects of a served model, and uv's program."""
    import uv

    source, root = Path(ona_pipeline.__path__[0]), scratch / "own"
    shutil.copytree(source, root / "ona_pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    if not (base := root / "ona_pipeline" / "rollout" / "base").exists():
        shutil.copytree(source.parent / "k8s" / "base", base)  # where the wheel has it
    bytecode.compile_all(root, scratch, root=f"/{ROOT}/own")
    own = {f"{ROOT}/own/{path.relative_to(root)}": path for path in root.rglob("*") if path.is_file()}
    return {**own, _PROGRAM: _START, _UV: Path(uv.find_uv_bin())}


def main(arguments: list[str]) -> int:
    """Make the image, and print its pinned reference.

    Args:
        arguments: repository, base, and the path of the lock.

    Returns:
        The exit status: 0, 2 where this is no usage, 4 where something outside failed.
    """
    try:
        repository, base, lock = arguments
        settings, content = RuntimeSettings(PinnedReference(base), repository), Path(lock).read_bytes()
    except (ValueError, OSError) as error:
        sys.stderr.write(f"usage: python -m ona_pipeline.image.own REPOSITORY BASE LOCK: {error}\n")
        return UsageError.exit_code
    try:
        sys.stdout.write(f"{make(ImageRegistry(), settings, content)}\n")
    except OnaError as error:
        sys.stderr.write(f"{error.message}\nhint: {error.hint}\n" if error.hint else f"{error.message}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
