"""Turns a root filesystem, a tar on standard input, into an image, pushes it, prints its pinned reference."""

import gzip
import hashlib
import http.client
import io
import json
import platform
import sys
import tarfile
from collections.abc import Iterator
from typing import IO
from urllib.parse import urlsplit

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
LEFT_OUT = ("dev/", "etc/apt", "etc/dpkg", "run/", "usr/lib/apt", "var/cache", "var/lib", "var/log")
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
BYTES = "application/octet-stream"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def kept(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield what an image needs, in the archive's order, with neither times nor names of owners."""
    for entry in archive:
        entry.name = entry.name.removeprefix("./")
        if not entry.name or entry.name == "." or f"{entry.name}/".startswith(LEFT_OUT):
            continue
        entry.mtime, entry.uname, entry.gname, entry.pax_headers = 0, "", "", {}
        yield entry


def layer_of(root: IO[bytes]) -> bytes:
    """Read a root filesystem and return the uncompressed layer."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=root, mode="r|") as source, tarfile.open(fileobj=layer, mode="w") as target:
        for entry in kept(source):
            target.addfile(entry, source.extractfile(entry) if entry.isreg() else None)
    return layer.getvalue()


def digest(content: bytes) -> str:
    """Return the digest, `sha256:…`."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def descriptor(media_type: str, content: bytes) -> dict[str, object]:
    """Describe a blob as an image manifest does."""
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


def send(
    registry: http.client.HTTPConnection, method: str, path: str, content: bytes, media_type: str
) -> str:
    """Send content to the registry and return the path that it answers with, if any."""
    registry.request(method, path, content, {"Content-Type": media_type})
    answer = registry.getresponse()
    said = answer.read()
    if answer.status >= http.HTTPStatus.BAD_REQUEST:
        raise SystemExit(f"{method} {path}: the registry answered {answer.status}: {said[:500]!r}")
    location = urlsplit(answer.headers.get("Location", ""))
    return f"{location.path}?{location.query}"


def push(repository: str, manifest: bytes, *blobs: bytes) -> None:
    """Push blobs, then the image manifest that names them, to `host:port/path`."""
    host, path = repository.split("/", 1)
    registry = http.client.HTTPConnection(host, timeout=60)
    for blob in blobs:
        upload = send(registry, "POST", f"/v2/{path}/blobs/uploads/", b"", BYTES)
        send(registry, "PUT", f"{upload}&digest={digest(blob)}", blob, BYTES)
    for reference in (digest(manifest), "latest"):
        send(registry, "PUT", f"/v2/{path}/manifests/{reference}", manifest, MANIFEST)


def image(layer: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the image manifest, the configuration and the compressed layer."""
    compressed = gzip.compress(layer, 6, mtime=0)
    config = {
        "created": "1970-01-01T00:00:00Z",
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"], "Cmd": ["python3"], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        "history": [{"created_by": "k8s/lab/base"}],
    }
    written = json.dumps(config).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, written),
        "layers": [descriptor(LAYER, compressed)],
    }
    return json.dumps(manifest).encode(), written, compressed


if __name__ == "__main__":
    name = sys.argv[1]
    parts = image(layer_of(sys.stdin.buffer))
    push(name, *parts)
    print(f"{name}@{digest(parts[0])}")
