"""One installation for all tests of this folder; its CronJobs do not fire."""

from collections.abc import Iterator

import pytest

from tests.cluster import cluster
from tests.installation import Installation, installed


@pytest.fixture(scope="session")
def installation() -> Iterator[Installation]:
    """All that `kubectl apply -k k8s/install` applies, in namespaces of its own."""
    cluster()
    found = Installation()
    objects = found.objects()
    for one in objects:
        if one["kind"] == "CronJob":
            one["spec"]["suspend"] = True
    with installed(objects, found):
        yield found
