"""Deployments of others on a real cluster, adopted: what becomes ona's, what stays theirs, what is not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ona_pipeline.adopting import Adopting
from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.ledger.sql import open_ledger
from ona_pipeline.records.finding import Finding, Verdict
from ona_pipeline.rollout.adopt import Adoption
from ona_pipeline.rollout.adopted import AdoptedTarget
from ona_pipeline.rollout.interface import Serving, Terms
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Place
from tests import stand_in
from tests.cluster import namespace
from tests.fakes.releases import RELEASER
from tests.integration.rollout import owned
from tests.integration.rollout.owned import CONTAINER, NAME, kubectl
from tests.integration.rollout.stage import rolled_out

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
CSA = "kubectl-client-side-apply"


@pytest.fixture(name="home")
def _home(client: KubernetesClient) -> Iterator[str]:
    """A namespace for each test: what is in it is not ona's to remove."""
    with namespace(client) as name:
        yield name


def target(
    client: KubernetesClient,
    home: str,
    *,
    model: str = "digits",
    name: str = NAME,
    container: str = CONTAINER,
) -> AdoptedTarget:
    place = Place(namespace=home, deployment=name, service_name=NAME, container=container)
    return AdoptedTarget(client, place, model=model, environment="testing")


def adopted(folder: Path, wanted: AdoptedTarget, *, project: str = "ours", model: str = "digits") -> Adoption:
    """What `ona adopt` comes to, in a project with a ledger of its own."""
    ledger = open_ledger(f"sqlite:///{folder / project}.db", clock=lambda: datetime.now(UTC))
    leases = Leases(ledger, holder=project)
    return Adopting(lambda *_: wanted, ledger=ledger, leases=leases, actor=RELEASER).adopt(model, "testing")


def refused(
    folder: Path, wanted: AdoptedTarget, *, project: str = "ours", model: str = "digits"
) -> RefusedError:
    with pytest.raises(RefusedError) as told:
        adopted(folder, wanted, project=project, model=model)
    assert told.value.exit_code == 3
    assert told.value.hint
    return told.value


def terms(wanted: AdoptedTarget, release: str) -> Terms:
    return Terms(wanted.objects(stand_in.change(release)), frozenset())


def test_no_pod_is_made_anew_the_owner_goes_on_and_has_to_let_the_image_go(
    client: KubernetesClient, home: str, tmp_path: Path
):
    """One test for the whole way, for what takes long is that something serves."""
    mine = owned.deployment(home, image=owned.theirs())
    kubectl("apply", "-f", "-", wanted=owned.service(home))
    kubectl("apply", "-f", "-", wanted=mine)
    owned.wait_until_ready(client, home, 2)
    before, shop = owned.pods(client, home), target(client, home)

    adoption = adopted(tmp_path, shop)
    assert (adoption.container, adoption.image) == (CONTAINER, owned.theirs())
    assert (adoption.held_by, adoption.changed) == ((CSA,), True)
    once = owned.wanted(client, home)
    again = adopted(tmp_path, shop)
    assert (again.changed, again.image) == (False, adoption.image)
    assert owned.wanted(client, home) == once
    assert shop.serving() is None

    kubectl("apply", "-f", "-", wanted=mine | {"spec": mine["spec"] | {"replicas": 3}})
    owned.wait_until_ready(client, home, 3)
    assert before < owned.pods(client, home), "none was made anew; one came"

    held = shop.apply(stand_in.change("r1"), terms(shop, "r1"))
    assert isinstance(held, Finding)
    assert (held.code, CSA in held.sentence, "--server-side" in held.hint) == ("held-by-another", True, True)
    assert before < owned.pods(client, home)

    without = owned.deployment(home, replicas=2)
    kubectl("apply", "--server-side", "-f", "-", wanted=without)
    assert adopted(tmp_path, shop).held_by == ()
    owned.wait_until_ready(client, home, 2)
    evidence = rolled_out(shop, stand_in.change("r1"))
    assert evidence.verdict is Verdict.PASSED, evidence.findings
    assert len(evidence.instances) == 3, "both pods, and the Service"
    assert shop.serving() == Serving(stand_in.change("r1").image, "r1")

    kubectl("apply", "--server-side", "-f", "-", wanted=owned.deployment(home, replicas=1))
    owned.wait_until_ready(client, home, 1)
    assert shop.condition(stand_in.change("r1")).well
    assert not adopted(tmp_path, shop).changed
    assert shop.serving() == Serving(stand_in.change("r1").image, "r1"), "adopting again takes no image back"

    bad = rolled_out(shop, stand_in.change("r2", "crash"), stand_in.change("r1"), deadline_s=30)
    assert (bad.findings[0].code, bad.restored) == ("crash-loop", stand_in.change("r1").image)
    shop.remove()
    owned.wait_until_ready(client, home, 1)
    (container,) = owned.found(client, home)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == owned.theirs()
    assert shop.serving() is None


def test_a_field_that_somebody_holds_is_named_with_its_holder_and_nothing_is_changed(
    client: KubernetesClient, home: str, tmp_path: Path
):
    kubectl("apply", "-f", "-", wanted=owned.service(home))
    kubectl(
        "apply", "-f", "-", wanted=owned.deployment(home, image=owned.theirs(), replicas=0, minReadySeconds=7)
    )
    before = owned.wanted(client, home)
    error = refused(tmp_path, target(client, home))
    assert "held-by-another" in error.message
    assert ".spec.minReadySeconds" in error.message
    assert CSA in error.message
    assert owned.wanted(client, home) == before


def test_what_cannot_be_adopted_is_refused_by_name(client: KubernetesClient, home: str, tmp_path: Path):
    assert "nothing-to-adopt" in refused(tmp_path, target(client, home)).message
    mine = owned.deployment(home, image=owned.theirs(), replicas=0)
    (container,) = mine["spec"]["template"]["spec"]["containers"]
    mine["spec"]["template"]["spec"]["containers"] = [container, container | {"name": "sidecar"}]
    kubectl("apply", "-f", "-", wanted=mine)
    neither = refused(tmp_path, target(client, home, container="model"))
    assert "no-container: " in neither.message
    assert "wanted a container model, found web, sidecar" in neither.message
    assert "set `container`" in neither.hint
    assert "no-service" in refused(tmp_path, target(client, home)).message
    kubectl("apply", "-f", "-", wanted=owned.service(home))
    assert adopted(tmp_path, target(client, home)).changed
    other = refused(tmp_path, target(client, home, model="letters"), model="letters")
    assert "another-project" in other.message
    assert "managed by ona already, for digits in testing" in other.message
    assert "another-project" in refused(tmp_path, target(client, home), project="theirs").message


def test_what_ona_made_itself_needs_no_adopting(client: KubernetesClient, home: str, tmp_path: Path):
    made = KubernetesTarget(client, Place(namespace=home, deployment="digits", replicas=1))
    made.apply(stand_in.change("r1"))
    wanted = AdoptedTarget(
        client,
        Place(namespace=home, deployment="digits", container="model"),
        model="digits",
        environment="testing",
    )
    assert "made-by-ona" in refused(tmp_path, wanted).message
    assert made.serving() == Serving(stand_in.change("r1").image, "r1")
    made.remove()


def test_a_selector_that_finds_another_deployment_s_pods_is_refused(
    client: KubernetesClient, home: str, tmp_path: Path
):
    kubectl("apply", "-f", "-", wanted=owned.service(home))
    kubectl("apply", "-f", "-", wanted=owned.deployment(home, image=owned.theirs(), replicas=0))
    other = owned.deployment(home, image=owned.theirs(), replicas=1)
    other["metadata"]["name"] = "shop-window"
    kubectl("apply", "-f", "-", wanted=other)
    owned.wait_for(lambda: owned.pods(client, home))
    error = refused(tmp_path, target(client, home))
    assert "foreign-pods" in error.message
    assert "pod shop-window-" in error.message


def test_what_was_not_adopted_is_not_rolled_out_to(client: KubernetesClient, home: str):
    kubectl("apply", "-f", "-", wanted=owned.deployment(home, image=owned.theirs(), replicas=0))
    evidence = rolled_out(target(client, home), stand_in.change("r1"))
    assert [one.code for one in evidence.findings] == ["not-adopted"]
    assert evidence.findings[0].hint == "ona adopt digits --env testing"
    (container,) = owned.found(client, home)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == owned.theirs()
