import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.image.base import read_image
from ona_pipeline.image.platform import Platform
from ona_pipeline.records.reference import PinnedReference
from tests.fakes.images import put_image, put_index
from tests.fakes.registry import FakeRegistry

REPOSITORY = "registry.example/base"


def test_an_image_is_read_with_its_config_and_layers():
    registry = FakeRegistry()
    image = read_image(registry, put_image(registry, REPOSITORY, {"f": b"1"}, Env=["A=1"]), "linux/amd64")
    assert image.config["config"]["Env"] == ["A=1"]
    assert len(image.layers) == 1


def test_of_an_index_the_one_for_the_platform_is_taken():
    registry = FakeRegistry()
    images = {
        "linux/arm64": put_image(registry, REPOSITORY, {"f": b"arm"}),
        "linux/amd64": put_image(registry, REPOSITORY, {"f": b"amd"}),
    }
    index = put_index(registry, REPOSITORY, images)
    assert read_image(registry, index, "linux/amd64") == read_image(registry, images["linux/amd64"], "")


def test_an_index_without_the_platform_is_refused():
    registry = FakeRegistry()
    index = put_index(registry, REPOSITORY, {"linux/s390x": put_image(registry, REPOSITORY, {"f": b"1"})})
    with pytest.raises(UsageError, match="wanted an image for linux/amd64, found linux/s390x"):
        read_image(registry, index, "linux/amd64")


def test_a_base_that_is_not_there_is_refused_with_the_remedy():
    with pytest.raises(UsageError, match="has no image") as caught:
        read_image(FakeRegistry(), PinnedReference(f"{REPOSITORY}@sha256:{'0' * 64}"), "linux/amd64")
    assert caught.value.hint


def test_what_is_no_image_cannot_be_built_upon():
    registry = FakeRegistry()
    digest = registry.put_manifest(REPOSITORY, b'{"mediaType": "application/vnd.oci.image.manifest.v1+json"}')
    with pytest.raises(UsageError, match="cannot be built upon"):
        read_image(registry, PinnedReference.of(REPOSITORY, digest), "linux/amd64")


def test_a_platform_without_wheels_is_refused():
    with pytest.raises(UsageError, match="windows/amd64: no such platform"):
        Platform("windows/amd64")
