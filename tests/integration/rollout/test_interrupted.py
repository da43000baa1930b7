"""Rollouts that meet something else on their way: an outage of the API server, another `ona`, a rollback."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ona_pipeline.clients.kubernetes_client import KubernetesClient, library
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger.lease import LeaseLostError
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.rollout.interface import Change
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Place
from tests import serving_images, stand_in
from tests.fakes.releases import APPROVER, JOB
from tests.integration.rollout.accounts import connected
from tests.integration.rollout.conftest import MakeTarget
from tests.integration.rollout.environment import NAME, Environment
from tests.integration.rollout.front import Front
from tests.integration.rollout.load import Load

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
MANY, FEW = 20_000, 300
AWAY_S = 30
DEADLINE_S = 60
BACK_WITHIN_S = 10.0
BUSY_S = 20.0  # how much later on a machine that runs other tests beside this one
AUTOMATIC = EnvironmentPolicy(approval="automatic", deadline=f"{DEADLINE_S}s")
LASTING = EnvironmentPolicy(approval="automatic", deadline=f"{DEADLINE_S}s", min_ready_s=15)

Measure = Callable[[str], None]


@pytest.fixture(name="measure")
def _measure(record_property: Callable[[str, object], None]) -> Measure:
    return lambda seen: record_property("rollout", seen)


@pytest.fixture(name="environment")
def _environment(make_target: MakeTarget, tmp_path: Path) -> Environment:
    return Environment(make_target(replicas=2), tmp_path, AUTOMATIC)


def good(release: str = "r1") -> Change:
    return serving_images.change(release, environment=NAME)


def bad(behaviour: str) -> Change:
    return stand_in.change("r2", behaviour, environment=NAME)


def address_of(environment: Environment, live: Promotion) -> str:
    return environment.evidence(live).address


@contextmanager
def meanwhile(deed: Callable[[], Promotion]) -> Iterator["Future[Promotion]"]:
    """Another process's work, as far as leases and ledger can tell."""
    with ThreadPoolExecutor() as pool:
        yield pool.submit(deed)


@pytest.mark.full
@pytest.mark.parametrize("behaviour", ["well", "crash"])
def test_an_api_server_that_is_away_for_thirty_seconds_is_waited_for(
    environment: Environment, tmp_path: Path, behaviour: str, measure: Measure
):
    live = environment.rolled_out(good())
    place = environment.target._place  # type: ignore[attr-defined]
    wanted = good("r2") if behaviour == "well" else bad(behaviour)
    load = Load(address_of(environment, live), good(), at_least=MANY)
    with _fronted(environment, tmp_path, place) as front, load:
        began = time.monotonic()
        away = front.away(after_s=1, for_s=AWAY_S)
        if behaviour == "well":
            assert environment.rolled_out(wanted).phase is PromotionPhase.LIVE
        else:
            _, evidence = environment.refused(wanted)
            assert [finding.code for finding in evidence.findings] == ["crash-loop"]
        took_s = time.monotonic() - began
        away.join()
    assert load.failures == []
    assert AWAY_S < took_s <= DEADLINE_S + BACK_WITHIN_S
    environment.must_be_sound()
    measure(f"API server away for {AWAY_S} s: ended after {took_s:.1f} s; {load}")


def test_two_processes_at_once_do_not_roll_out_both(environment: Environment, measure: Measure):
    live = environment.rolled_out(good())
    later = environment.release(good("r3"))
    with Load(address_of(environment, live), good(), at_least=FEW) as load:
        with meanwhile(lambda: environment.rolled_out(bad("never-ready"))) as first:
            _wait_for(lambda: "rollout-started" in environment.facts(f"r2.{NAME}.1"))
            second = environment.promotions(APPROVER).promote(later, NAME)
            assert not second.is_under_way, second.phase
            environment.promotions().roll_back("digits", NAME, to="", reason="never ready")
        assert isinstance(first.exception(), LeaseLostError)
    assert load.failures == []
    assert set(load.releases) == {"r1"}
    started = [one for one in ("r2", "r3") if "rollout-started" in environment.facts(f"{one}.{NAME}.1")]
    assert started == ["r2"]
    environment.must_be_sound()
    measure(f"the second waits, and a rollback overtakes the first; {load}")


def test_a_rollback_is_taken_at_once_while_a_request_waits_and_automation_is_told(
    environment: Environment, measure: Measure
):
    environment.rolled_out(good())
    live = environment.rolled_out(good("r2"))
    environment.policy = EnvironmentPolicy(deadline="60s")
    waiting = environment.rolled_out(good("r3"))
    assert waiting.phase is PromotionPhase.AWAITING
    with Load(address_of(environment, live), good(), at_least=FEW) as load:
        load.wait_until_gone("r1")
        began = time.monotonic()
        restored = environment.promotions().roll_back("digits", NAME, to="", reason="sevens are wrong")
    assert (restored.release, restored.phase) == ("r1", PromotionPhase.LIVE)
    assert load.failures == []
    assert load.first_answer_s("r1", began) <= BACK_WITHIN_S + BUSY_S
    with pytest.raises(RefusedError, match="on hold: sevens are wrong") as told:
        environment.promotions(JOB).promote(environment.release(good("r4")), NAME)
    assert told.value.exit_code == 3
    measure(f"the earlier release answers after {load.first_answer_s('r1', began):.1f} s; {load}")


@pytest.mark.full
def test_out_of_memory_under_traffic_is_named_and_costs_the_version_before_nothing(
    client: KubernetesClient, home: str, tmp_path: Path, measure: Measure
):
    place = Place(namespace=home, deployment="digits-oom", service="NodePort", replicas=2, min_ready_s=15)
    environment = Environment(KubernetesTarget(client, place), tmp_path, LASTING)
    first = stand_in.change("r1", environment=NAME)
    live = environment.rolled_out(first)
    with _older_alone(client, place, address_of(environment, live)) as older:
        everyone, before = Load(address_of(environment, live), first), Load(older, first, at_least=MANY)
        with everyone, before:
            began = time.monotonic()
            _, evidence = environment.refused(bad("out-of-memory-under-traffic"))
            took_s = time.monotonic() - began
    environment.target.remove()
    assert [finding.code for finding in evidence.findings] == ["out-of-memory"]
    assert before.failures == []
    assert set(before.releases) == {"r1"}
    assert took_s <= DEADLINE_S + BACK_WITHIN_S
    measure(
        f"out-of-memory; back after {took_s:.1f} s, deadline {DEADLINE_S} s; to the version before: {before};"
        f" through the Service, where the new pod died under them: {everyone}"
    )


def _wait_for(what: Callable[[], bool], *, within_s: float = 60) -> None:
    over = threading.Event()
    given_up_at = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < given_up_at
        over.wait(0.1)


@contextmanager
def _fronted(environment: Environment, folder: Path, place: Place) -> Iterator[Front]:
    """The environment's cluster through a front of the test's own."""
    configuration = library().config.new_client_from_config(persist_config=False).configuration
    server = urlsplit(configuration.host)
    with Front(str(server.hostname), server.port or 443) as front:
        user = {"client-certificate": configuration.cert_file, "client-key": configuration.key_file}
        away = connected(folder, user, server=f"https://127.0.0.1:{front.port}")
        environment.target = _SameName(away, place, environment.target.name)
        yield front


class _SameName(KubernetesTarget):
    """The same target, whichever way it is reached."""

    def __init__(self, client: KubernetesClient, place: Place, name: str) -> None:
        super().__init__(client, place)
        self._name = name

    @property
    def name(self) -> str:
        return self._name


@contextmanager
def _older_alone(client: KubernetesClient, place: Place, address: str) -> Iterator[str]:
    """The address of a Service before those pods that are there now, and no later ones."""
    selector = f"app.kubernetes.io/instance={place.deployment}"
    path = f"/api/v1/namespaces/{place.namespace}/pods"
    pod = client.items(path, "list pods", labelSelector=selector)[0]
    labels = {key: pod["metadata"]["labels"][key] for key in ("pod-template-hash",)}
    wanted = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{place.deployment}-older", "namespace": place.namespace},
        "spec": {"type": "NodePort", "selector": labels, "ports": [{"port": 80, "targetPort": 8080}]},
    }
    port = client.apply(wanted)["spec"]["ports"][0]["nodePort"]
    time.sleep(2)  # until the node's proxy has it
    yield f"{address.rpartition(':')[0]}:{port}"
    client.delete(wanted)
