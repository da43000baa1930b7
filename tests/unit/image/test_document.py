import io

import msgspec
import pytest

from ona_pipeline.image.document import Image, read_manifest
from ona_pipeline.image.layer import Layer, pack
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from tests.fakes.images import EMPTY


def layer(content: bytes) -> Layer:
    return pack({"f": content}, io.BytesIO())


def test_an_image_grows_by_a_layer():
    below = Image(EMPTY, ()).with_layer(layer(b"1"), origin="base", settings={"Env": ["PATH=/bin", "A=1"]})
    above = below.with_layer(layer(b"2"), origin="ona model", settings={"Env": ["A=2"], "Labels": {"l": "1"}})
    assert above.config["rootfs"]["diff_ids"] == [layer(b"1").diff_id, layer(b"2").diff_id]
    assert [one.digest for one in above.layers] == [layer(b"1").digest, layer(b"2").digest]
    assert above.config["config"]["Env"] == ["PATH=/bin", "A=2"]
    assert above.config["config"]["Labels"] == {"l": "1"}
    assert [one["created_by"] for one in above.config["history"]] == ["base", "ona model"]
    assert below.config["rootfs"]["diff_ids"] == [layer(b"1").diff_id]


def test_the_digest_is_that_of_the_image_manifest_and_not_of_the_config():
    image = Image(EMPTY, ()).with_layer(layer(b"1"), origin="base", settings={})
    assert image.digest == Digest.of(image.manifest_bytes)
    config, layers = read_manifest(image.manifest_bytes)
    assert config == Digest.of(image.config_bytes) != image.digest
    assert layers == image.layers
    assert image.size_bytes == layer(b"1").size_bytes


def test_nothing_of_the_moment_is_in_it():
    made = [Image(EMPTY, ()).with_layer(layer(b"1"), origin="base", settings={}) for _ in range(2)]
    assert made[0].manifest_bytes == made[1].manifest_bytes
    assert made[0].config["created"] == "1980-01-01T00:00:00Z"


def manifest(media_type: str) -> bytes:
    blob = {"digest": "sha256:" + "1" * 64, "size": 1}
    config = {**blob, "mediaType": "application/vnd.docker.container.image.v1+json"}
    return encode({"schemaVersion": 2, "config": config, "layers": [{**blob, "mediaType": media_type}]})


def test_layers_in_dockers_older_form_are_read_as_oci():
    _, layers = read_manifest(manifest("application/vnd.docker.image.rootfs.diff.tar.gzip"))
    assert layers[0].media_type == "application/vnd.oci.image.layer.v1.tar+gzip"


def test_layers_that_old_engines_cannot_read_are_refused():
    with pytest.raises(ValueError, match="zstd"):
        read_manifest(manifest("application/vnd.oci.image.layer.v1.tar+zstd"))


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"config":{},"layers":[]}', b"x"])
def test_what_is_no_image_manifest_is_refused(content: bytes):
    with pytest.raises(msgspec.DecodeError):
        read_manifest(content)
