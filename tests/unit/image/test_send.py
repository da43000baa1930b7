from ona_pipeline.image.base import read_image
from ona_pipeline.image.send import send_blobs
from tests.fakes.images import put_image
from tests.fakes.registry import FakeRegistry

PARENT, TARGET = "registry.example/parent", "registry.example/target"


def test_only_what_is_missing_is_sent_and_the_rest_mounted():
    registry = FakeRegistry()
    image = read_image(registry, put_image(registry, PARENT, {"f": b"1"}), "")
    registry.sent.clear()
    assert send_blobs(registry, TARGET, image, own={}, parent=PARENT) == len(image.config_bytes)
    assert registry.mounted == [image.layers[0].digest]
    assert len(registry.sent) == 1
    assert send_blobs(registry, TARGET, image, own={}, parent=PARENT) == 0


def test_layers_of_another_registry_are_carried_over():
    registry = FakeRegistry()
    image = read_image(registry, put_image(registry, "other.example/parent", {"f": b"1"}), "")
    sent_bytes = send_blobs(registry, TARGET, image, own={}, parent="other.example/parent")
    assert sent_bytes == len(image.config_bytes) + image.size_bytes
    assert registry.exists(TARGET, image.layers[0].digest)


def test_a_layer_that_was_just_made_is_sent_from_where_it_is():
    registry = FakeRegistry()
    image = read_image(registry, put_image(registry, PARENT, {"f": b"1"}), "")
    layer = image.layers[0].digest
    content = registry.get_blob(PARENT, layer)
    send_blobs(registry, TARGET, image, own={layer: content}, parent="registry.example/empty")
    assert registry.get_blob(TARGET, layer) == content
