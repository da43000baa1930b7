"""The clients that settings ask for: each is made when it is first used, and connects to nothing before."""

from functools import cached_property
from pathlib import Path

from ona_pipeline.attestation.signer import Signer, signer
from ona_pipeline.clients.docker import DockerEngine
from ona_pipeline.clients.kubernetes import connect, is_in_cluster
from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.clients.mlflow import MlflowServer
from ona_pipeline.clients.mlflow_versions import MlflowVersions
from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.clients.oci_calls import RegistryCalls
from ona_pipeline.clients.oci_referrers import Referrers
from ona_pipeline.clients.oci_removal import Removal
from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.image.laden import LadenImages
from ona_pipeline.image.root_folder import RootFolders
from ona_pipeline.image.runtime import Runtimes, RuntimeSettings
from ona_pipeline.publish.container import ContainerStarter
from ona_pipeline.publish.pod import PodStarter
from ona_pipeline.publish.trial import Starter
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.sandbox.bubblewrap import BubblewrapSandbox
from ona_pipeline.sandbox.choice import Way, chosen
from ona_pipeline.sandbox.container import ContainerSandbox
from ona_pipeline.sandbox.interface import Sandbox
from ona_pipeline.sandbox.pod import PodSandbox
from ona_pipeline.sandbox.pod_object import first_program
from ona_pipeline.settings import Settings


class Connections:
    """The outside systems of one project.

    Args:
        settings: where they are.
        folder: what relative paths in them start from.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder

    @cached_property
    def engine(self) -> DockerEngine:
        """The Docker engine."""
        return DockerEngine()

    @cached_property
    def sandbox(self) -> Sandbox:
        """Where model code runs."""
        if self._way == "docker":
            return ContainerSandbox(self.engine)
        if self._way == "kubernetes":
            return self._pods
        from platformdirs import user_cache_path

        cache = user_cache_path("ona", ensure_exists=True) / "roots"
        cache.mkdir(exist_ok=True, mode=0o755)
        return BubblewrapSandbox(RootFolders(self.registry, cache))

    @cached_property
    def starter(self) -> Starter:
        """What starts published images: the engine where one answers, else the cluster."""
        if self._engine_lacks is None:
            return ContainerStarter(self.engine)
        return PodStarter(self._cluster, self._settings.sandbox_namespace, instead_of=self._engine_lacks)

    def cluster(self, context: str) -> KubernetesClient:
        """The cluster that a context names; empty: the current one, or the one that ona runs in.

        Raises:
            UsageError: there is no such context.
        """
        return connect(context, own=self._settings.own_context)

    @cached_property
    def registry(self) -> ImageRegistry:
        """The image registries."""
        return ImageRegistry(self._calls)

    @cached_property
    def attachments(self) -> Referrers:
        """What lies beside images."""
        return Referrers(self._calls, self.registry)

    @cached_property
    def removals(self) -> Removal:
        """What lists and deletes images."""
        return Removal(self._calls)

    @cached_property
    def image_signer(self) -> Signer | None:
        """What signs published images; None where nothing does.

        Raises:
            UsageError: there is no such key.
        """
        return signer(self._settings.image_key, self._folder) if self._settings.image_key else None

    @cached_property
    def runtimes(self) -> Runtimes:
        """Where runtime images are found or made.

        Raises:
            UsageError: no base image is set.
        """
        if not self._settings.base:
            raise UsageError(
                "no base image is set",
                hint='set base = "registry/repository@sha256:…" in [tool.ona], or ONA_BASE',
            )
        base = PinnedReference(self._settings.base)
        return Runtimes(self.registry, RuntimeSettings(base, f"{self._settings.image_registry}/runtime"))

    @cached_property
    def mlflow(self) -> MlflowServer:
        """The MLflow server."""
        return MlflowServer(self._settings.mlflow)

    @cached_property
    def versions(self) -> MlflowVersions:
        """The registered versions on it."""
        return MlflowVersions(self.mlflow)

    @cached_property
    def _calls(self) -> RegistryCalls:
        bundle = self._settings.ca_bundle
        return RegistryCalls(ca_bundle=self._folder / bundle if bundle else None)

    @cached_property
    def _way(self) -> Way:
        return chosen(self._settings.sandbox, self.engine, is_in_cluster=is_in_cluster())

    @cached_property
    def _engine_lacks(self) -> BackendError | None:
        """What keeps the engine from starting anything; None where nothing does, or where it is set."""
        if self._way == "docker":
            return None
        try:
            self.engine.version()
        except BackendError as error:
            return error
        return None

    @cached_property
    def _cluster(self) -> KubernetesClient:
        """The cluster of the sandboxes: the one that was set, else that of the first target in a cluster.

        Raises:
            BackendError: there is none, and no engine either.
        """
        targets = self._settings.targets.values()
        contexts = (target.context for target in targets if target.kind == "kubernetes")
        try:
            return self.cluster(self._settings.sandbox_context or next(contexts, ""))
        except UsageError as error:
            raise BackendError(
                f"nothing here can start an image: {self._engine_lacks or 'no engine'}; and {error.message}",
                hint="start a Docker engine, or name another with DOCKER_HOST, or set KUBECONFIG",
            ) from error

    @cached_property
    def _pods(self) -> PodSandbox:
        settings = self._settings
        laden = LadenImages(self.registry, f"{settings.image_registry}/sandbox", always=first_program())
        return PodSandbox(self._cluster, namespace=settings.sandbox_namespace, laden=laden)
