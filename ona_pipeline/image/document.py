"""An image as data: its config and its image manifest, and how it grows by a layer.

Always written as OCI, which Docker 20.10 and containerd 1.6 both run; a base in Docker's older form is read
too, for its layers are the same bytes under another media type.

Source:
    OCI image specification 1.1, "Image Manifest" and "Image Configuration"; Docker image manifest version 2,
    schema 2.
"""

from typing import Any

import msgspec

from ona_pipeline.image.layer import Layer
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_LAYERS = {
    _LAYER: _LAYER,
    "application/vnd.docker.image.rootfs.diff.tar.gzip": _LAYER,
    "application/vnd.oci.image.layer.v1.tar": "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
}
_CREATED = "1980-01-01T00:00:00Z"  # layer.EPOCH


class Descriptor(msgspec.Struct, frozen=True, rename={"media_type": "mediaType"}):
    """What an image manifest says of one blob."""

    media_type: str
    digest: Digest
    size: int


class Image(msgspec.Struct, frozen=True):
    """An image.

    Attributes:
        config: the image config, as it is in JSON.
        layers: lowest first.
    """

    config: dict[str, Any]
    layers: tuple[Descriptor, ...]

    @property
    def config_bytes(self) -> bytes:
        """The image config as a blob. Its digest is the *image id*, not the image's digest."""
        return encode(self.config)

    @property
    def manifest_bytes(self) -> bytes:
        """The image manifest, whose digest is the image's digest."""
        config = self.config_bytes
        return encode(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": Descriptor(_CONFIG, Digest.of(config), len(config)),
                "layers": self.layers,
            }
        )

    @property
    def digest(self) -> Digest:
        """The digest of the image manifest."""
        return Digest.of(self.manifest_bytes)

    @property
    def size_bytes(self) -> int:
        """All layers, compressed."""
        return sum(layer.size for layer in self.layers)

    def with_layer(self, layer: Layer, *, origin: str, settings: dict[str, Any]) -> "Image":
        """This image with one more layer on top.

        Args:
            layer: the layer.
            origin: what made it, for the history.
            settings: of the container, ``Env``, ``Labels`` and the like; each replaces the one of that name,
                but variables and labels are added to those that are there.
        """
        root = self.config["rootfs"]
        config = {
            **self.config,
            "created": _CREATED,
            "config": _merged(self.config.get("config") or {}, settings),
            "rootfs": {**root, "diff_ids": [*root["diff_ids"], layer.diff_id]},
            "history": [*self.config.get("history", []), {"created": _CREATED, "created_by": origin}],
        }
        return Image(config, (*self.layers, Descriptor(_LAYER, layer.digest, layer.size_bytes)))


class _Manifest(msgspec.Struct, frozen=True):
    config: Descriptor
    layers: tuple[Descriptor, ...]


def read_manifest(content: bytes) -> tuple[Digest, tuple[Descriptor, ...]]:
    """The digest of the config, and the layers, of an image manifest.

    Raises:
        msgspec.ValidationError: it is no image manifest.
        ValueError: a layer is of a kind that not every engine can read, such as zstd.
    """
    manifest = msgspec.json.decode(content, type=_Manifest, dec_hook=lambda kind, value: kind(value))
    strange = sorted({layer.media_type for layer in manifest.layers} - _LAYERS.keys())
    if strange:
        raise ValueError(f"layers of unknown kind: {', '.join(strange)}")
    layers = tuple(
        msgspec.structs.replace(one, media_type=_LAYERS[one.media_type]) for one in manifest.layers
    )
    return manifest.config.digest, layers


def read_layers(content: bytes) -> tuple[Descriptor, ...]:
    """The layers of whatever artifact; none where the content is no image manifest."""
    try:
        return msgspec.json.decode(content, type=_Manifest, dec_hook=lambda kind, value: kind(value)).layers
    except (ValueError, msgspec.MsgspecError):
        return ()


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    variables = dict(each.split("=", 1) for each in [*(below.get("Env") or []), *above.get("Env", [])])
    labels = {**(below.get("Labels") or {}), **above.get("Labels", {})}
    env = [f"{name}={value}" for name, value in variables.items()]
    return {**below, **above, "Env": env, "Labels": labels}
