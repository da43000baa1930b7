"""What environments run on, as the settings say."""

from ona_pipeline.connections import Connections
from ona_pipeline.errors import UsageError
from ona_pipeline.project import Project
from ona_pipeline.rollout.adopted import AdoptedTarget
from ona_pipeline.rollout.docker import DockerTarget
from ona_pipeline.rollout.interface import Target
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import CONTAINER, Place
from ona_pipeline.settings import TargetSettings


class Targets:
    """Targets of one project.

    Args:
        project: where we are.
        clients: what is connected to.
    """

    def __init__(self, project: Project, clients: Connections) -> None:
        self._project = project
        self._clients = clients

    def target(self, model: str, environment: str) -> Target:
        """What a model's environment runs on.

        Raises:
            UsageError: nobody has said so.
        """
        found = self._project.settings.target(environment)
        if found.kind == "docker":
            return DockerTarget(
                self._clients.engine, model=model, environment=environment, namespace=found.namespace
            )
        if found.deployment:
            return self.adopted(model, environment)
        overlay = self._project.folder / found.overlay if found.overlay else None
        cluster = self._clients.cluster(found.context)
        return KubernetesTarget(cluster, self._place(found, model, environment), base=overlay)

    def adopted(self, model: str, environment: str) -> AdoptedTarget:
        """The Deployment that is there already, and that the settings name.

        Raises:
            UsageError: they name none.
        """
        found = self._project.settings.target(environment)
        if found.kind != "kubernetes" or not found.deployment:
            hint = f'set kind = "kubernetes" and deployment = "NAME" in [tool.ona.targets.{environment}]'
            raise UsageError(f"the settings name no Deployment to adopt for {environment}", hint=hint)
        place = self._place(found, found.deployment, environment)
        cluster = self._clients.cluster(found.context)
        return AdoptedTarget(cluster, place, model=model, environment=environment)

    def _place(self, found: TargetSettings, deployment: str, environment: str) -> Place:
        policy = self._project.policy()[1].environment(environment)
        return Place(
            namespace=found.namespace or environment,
            deployment=deployment,
            service=found.service,
            service_name=found.front if found.deployment else "",
            min_ready_s=policy.min_ready_s,
            container=found.container if found.deployment else CONTAINER,
        )
