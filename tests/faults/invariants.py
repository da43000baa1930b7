"""What has to hold after every kill, looked up in the ledger and on the targets themselves."""

from datetime import UTC, datetime

from ona_pipeline.clients.kubernetes import connect
from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.chain import Head
from ona_pipeline.ledger.sql import open_ledger
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import Approved
from ona_pipeline.rollout.docker import DockerTarget
from ona_pipeline.rollout.interface import Serving, Target
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Place
from tests.backends import docker_engine
from tests.e2e.world import World


class Invariants:
    """Looks, and remembers how the ledger ended when it looked last.

    Args:
        world: what is looked at.

    Attributes:
        targets: by environment.
        containers: ids of all that were ever seen in staging; the engine's own memory of events is short.
    """

    def __init__(self, world: World) -> None:
        self._ledger = open_ledger(world.environment["ONA_LEDGER"], clock=lambda: datetime.now(UTC))
        self._cluster: KubernetesClient = connect("")
        place = Place(namespace=world.namespace, deployment="digits", service="NodePort")
        self.targets: dict[str, Target] = {
            "staging": DockerTarget(
                docker_engine(), model="digits", environment="staging", namespace=world.namespace
            ),
            "production": KubernetesTarget(self._cluster, place),
        }
        self._staging: dict[str, str | list[str] | bool] = {
            "label": f"ona.place={world.namespace}/digits/staging"
        }
        self.containers: set[str] = set()
        self._known: tuple[Head, ...] = ()

    def hold(self) -> None:
        """Nothing was lost or changed, and nothing is served without a yes to exactly that image.

        Raises:
            AssertionError: one of them does not hold.
        """
        audited = self._ledger.verify(known=self._known)
        assert audited.findings == (), audited.findings
        self._known = (audited.head,)
        everything = docker_engine().sdk.containers
        made = everything.list(all=True, filters={**self._staging}, ignore_removed=True)
        self.containers |= {str(container.id) for container in made}
        for environment, target in self.targets.items():
            if found := target.serving():
                assert self._is_approved(found, environment), f"{environment} serves {found} without a yes"

    def promotions(self) -> list[Promotion]:
        """All of them, as the ledger has them."""
        with self._ledger.reading() as reading:
            return histories.promotions(reading)

    def changes_of_production(self) -> int:
        """How often the Deployment's specification was changed, its making included."""
        path = f"/apis/apps/v1/namespaces/{self.targets['production'].name.split('/')[1]}/deployments/digits"
        found = self._cluster.get(path, "look at the Deployment")
        return int(found["metadata"]["generation"]) if found else 0

    def _is_approved(self, found: Serving, environment: str) -> bool:
        return any(
            promotion.environment == environment
            and promotion.binding.image == found.image
            and isinstance(promotion.decision, Approved)
            and promotion.decision.binding == promotion.binding.digest
            for promotion in self.promotions()
        )
