"""Packs one static program as an image archive that `ctr images import` reads."""

import hashlib
import io
import json
import platform
import sys
import tarfile
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def tar(files: dict[str, bytes], *, mode: int = 0o644) -> bytes:
    """Pack files, by name, into an uncompressed tar with no times and no owners."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def image_archive(program: bytes, tag: str) -> bytes:
    """Pack a program as the only file, and the entry point, of an image with this tag."""
    layer = tar({"pause": program}, mode=0o755)
    layer_id = hashlib.sha256(layer).hexdigest()
    config = {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "config": {"Entrypoint": ["/pause"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_id}"]},
    }
    written = json.dumps(config).encode()
    name = f"{hashlib.sha256(written).hexdigest()}.json"
    index = [{"Config": name, "RepoTags": [tag], "Layers": [f"{layer_id}.tar"]}]
    return tar({name: written, f"{layer_id}.tar": layer, "manifest.json": json.dumps(index).encode()})


if __name__ == "__main__":
    source, image_tag, target = sys.argv[1:]
    Path(target).write_bytes(image_archive(Path(source).read_bytes(), image_tag))
