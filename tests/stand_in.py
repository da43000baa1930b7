"""Images of the stand-in server, for tests of targets: one for each behaviour and release.

The project's own assembler makes them: a tiny layer over the base image, sent to the image registry.
"""

import functools
import gzip
import io
import tarfile
from pathlib import Path
from typing import Any

from ona_pipeline.image.base import read_image
from ona_pipeline.image.document import Image
from ona_pipeline.image.layer import Layer, pack
from ona_pipeline.image.platform import Platform
from ona_pipeline.image.send import send_blobs
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.question import Question, Tensor
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout.interface import Change
from tests.backends import base_image, image_registry, lab

SERVER = Path(__file__).parent / "images" / "stand_in" / "server.py"
MODEL = "digits"
QUESTION = Question(inputs=(Tensor("pixels", (1, 2), "FP64", (0.0, 1.0)),), answer={"label": (7,)})
NOT_THERE = f"sha256:{'0' * 64}"
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
# An ELF header of AArch64: magic, 64 bits, little-endian, version 1; then type EXEC and machine 183.
_FOREIGN = (
    b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + b"\x02\x00\xb7\x00" + b"\x01\x00\x00\x00".ljust(44, b"\0")
)


def change(release: str, behaviour: str = "well", *, environment: str = "testing") -> Change:
    """What a target is to serve: an image that behaves so, and answers for `release`."""
    return Change(
        model=MODEL,
        environment=environment,
        release=release,
        image=image(release, behaviour),
        question=QUESTION,
    )


def missing_image() -> PinnedReference:
    """A reference that the image registry knows nothing of."""
    return PinnedReference(f"{_repository()}@{NOT_THERE}")


@functools.cache
def image(release: str, behaviour: str) -> PinnedReference:
    """An image in the registry; the same words give the same bytes."""
    if behaviour == "image-pull":
        return missing_image()
    if behaviour == "other-machine":
        return _pushed(*_with(_executable("foreign", _FOREIGN), Entrypoint=["/foreign"]))
    content = io.BytesIO()
    layer = pack({"server.py": SERVER}, content)
    variables = [f"STAND_IN={behaviour}", f"ONA_RELEASE={release}", "PYTHONDONTWRITEBYTECODE=1"]
    made = _with((layer, content.getvalue()), Env=variables, Entrypoint=["python3", "/server.py"])
    return _of_other_platform(*made) if behaviour == "other-platform" else _pushed(*made)


def _repository() -> str:
    return f"{lab('registry')}/ona-test/stand-in"


def _with(packed: tuple[Layer, bytes], **settings: Any) -> tuple[Image, dict[Digest, bytes | Path]]:
    layer, content = packed
    parent = read_image(image_registry(lab("registry")), base_image(), Platform().name)
    common = {"User": "65532", "ExposedPorts": {"8080/tcp": {}}}
    return parent.with_layer(layer, origin="stand-in", settings=common | settings), {layer.digest: content}


def _pushed(made: Image, own: dict[Digest, bytes | Path]) -> PinnedReference:
    registry = image_registry(lab("registry"))
    send_blobs(registry, _repository(), made, own=own, parent=base_image().repository)
    return PinnedReference.of(_repository(), registry.put_manifest(_repository(), made.manifest_bytes))


def _of_other_platform(made: Image, own: dict[Digest, bytes | Path]) -> PinnedReference:
    """An index that offers it for a machine that the cluster has none of."""
    pushed = _pushed(made, own)
    entry = {
        "mediaType": _MANIFEST,
        "digest": pushed.digest,
        "size": len(made.manifest_bytes),
        "platform": {"os": "linux", "architecture": "s390x"},
    }
    index = encode({"schemaVersion": 2, "mediaType": _INDEX, "manifests": [entry]})
    return PinnedReference.of(
        _repository(), image_registry(lab("registry")).put_manifest(_repository(), index)
    )


def _executable(name: str, program: bytes) -> tuple[Layer, bytes]:
    """A layer of one program; the assembler's own layers hold none that may be executed."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(program), 0o755
        tar.addfile(entry, io.BytesIO(program))
    content = gzip.compress(archive.getvalue(), mtime=0)
    layer = Layer(Digest.of(content), Digest.of(archive.getvalue()), len(content))
    return layer, content
