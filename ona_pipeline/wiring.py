"""The only file that joins settings to stages, by the clients of `connections.py`."""

import importlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from ona_pipeline.admission import admit
from ona_pipeline.attestation.attach import attacher
from ona_pipeline.bindings import Ground
from ona_pipeline.build.build import BuildInput, build
from ona_pipeline.clients.mlflow_mirror import MlflowMirror
from ona_pipeline.connections import Connections
from ona_pipeline.image.forms import Forms
from ona_pipeline.pipeline import Road
from ona_pipeline.policy import Policy, VerifyPolicy
from ona_pipeline.prepare.prepare import PrepareInput, prepare
from ona_pipeline.project import Project
from ona_pipeline.publish.publish import PublishInput, publish
from ona_pipeline.publish.stored import Stored, look
from ona_pipeline.records.evidence import (
    BuildEvidence,
    CanaryEvidence,
    IntegrityEvidence,
    PreparedModel,
    PublishEvidence,
    RolloutEvidence,
    ValidationEvidence,
)
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.quality import Proof
from ona_pipeline.records.release import Release
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.rollout.canary import CanaryInput, try_canary
from ona_pipeline.rollout.interface import Target
from ona_pipeline.rollout.roll_out import RolloutInput, roll_out
from ona_pipeline.serving import manifest
from ona_pipeline.source.read import SourceInput, read
from ona_pipeline.targets import Targets
from ona_pipeline.trainings import Trainings
from ona_pipeline.validate.ahead import Ahead
from ona_pipeline.validate.champion import Champion
from ona_pipeline.validate.expectations import warm_up
from ona_pipeline.validate.prove import prove
from ona_pipeline.validate.validate import ValidateInput, validate
from ona_pipeline.verify.verify import VerifyInput, verify


def clock() -> datetime:
    """The time now, aware UTC."""
    return datetime.now(UTC)


class Parts:
    """Every client and stage of one project, each made when it is first used.

    Args:
        project: whose settings are joined.
        progress: is told sentences about a rollout while it goes on.
        docs: an existing folder for pages of Data Docs; None for none.

    Attributes:
        targets: what environments run on.
    """

    def __init__(
        self, project: Project, *, progress: Callable[[str], None], docs: Path | None = None
    ) -> None:
        self._project = project
        self._settings = project.settings
        self._clients = Connections(project.settings, project.folder)
        self.targets = Targets(project, self._clients)
        self._progress = progress
        self._docs = docs
        self._warming: threading.Thread | None = None
        self._ahead: Ahead | None = None

    @property
    def road(self) -> Road:
        """The stages up to *published*."""
        return Road(
            policy=self._project.policy,
            targeted=self._settings.target,
            snapshot=self.snapshot,
            verify=self._verify,
            admitted=self._admitted,
            prepare=self._prepare,
            validate=self._validate,
            prove=self._prove,
            repository=self._repository,
            build=self._build,
            publish=self._publish,
        )

    @property
    def ground(self) -> Ground:
        """What promotions stand on."""
        return Ground(
            policy=self._policy,
            judging=self._judging,
            target=self.targets.target,
            stored=self._stored,
            verify=self._reverify,
            validate=self._revalidate,
        )

    @contextmanager
    def snapshot(self, model: str, revision: str, commit: str) -> Iterator[Snapshot]:
        """A model version's files, for as long as the block lasts."""
        with tempfile.TemporaryDirectory(prefix="ona-") as folder:
            request = SourceInput(
                repository=self._project.folder,
                model=model,
                revision=revision,
                commit=commit,
                into=Path(folder),
            )
            yield read(request, registry=self._clients.versions if self._settings.mlflow else None)

    def roll_out(self, request: RolloutInput, target: Target) -> RolloutEvidence:
        """The rollout stage."""
        return roll_out(request, target=target, clock=clock, sleep=time.sleep, progress=self._progress)

    def try_canary(self, request: CanaryInput, target: Target) -> CanaryEvidence:
        """The stage before it, where the policy wants a canary."""
        return try_canary(request, target=target, clock=clock, sleep=time.sleep, progress=self._progress)

    @property
    def trainings(self) -> Trainings:
        """What makes new versions."""
        return Trainings(self._project, self._clients, snapshot=self.snapshot, clock=clock)

    def _judging(self, release: Release) -> Policy:
        asked = release.requested
        return self._project.judging(asked.trusted, asked.origins.commit)

    def _policy(self) -> Policy:
        return self._project.policy()[1]

    def _verify(self, request: VerifyInput) -> IntegrityEvidence:
        return verify(request, clock=clock)

    def _admitted(self, model: str) -> None:
        admit(
            self._clients.registry,
            self._repository(model),
            signer=self._clients.image_signer,
            policy=self._policy().images,
        )

    def _prepare(self, request: PrepareInput) -> PreparedModel:
        runtimes, sandbox = self._clients.runtimes, self._clients.sandbox
        self._warm_up()
        # Beside the snapshot's files, and gone with them.
        folder = request.snapshot.folder / "ahead"
        folder.mkdir(exist_ok=True)
        self._ahead = Ahead(request.snapshot, folder)
        beside, forms = self._ahead, self._forms
        return prepare(request, runtimes=runtimes, sandbox=sandbox, clock=clock, beside=beside, forms=forms)

    def _warm_up(self) -> None:
        """Import what `validate` needs while `prepare` waits for its container.

        What both import is imported first: two threads that begin on it at once may meet it half made.
        """
        for shared in ("docker", "yaml", "pandas"):
            importlib.import_module(shared)
        self._warming = threading.Thread(target=warm_up, daemon=True)
        self._warming.start()

    def _validate(self, request: ValidateInput, champion: Promotion | None) -> ValidationEvidence:
        if self._warming:
            self._warming.join()
        self._forms.lay_out(request.snapshot, request.prepared.kept)
        served = Champion(champion.release, champion.binding.image) if champion else None
        return validate(
            request,
            sandbox=self._clients.sandbox,
            clock=clock,
            champion=served,
            ahead=self._ahead,
            docs=self._docs,
        )

    def _prove(self, request: ValidateInput) -> tuple[Proof, ...]:
        self._forms.lay_out(request.snapshot, request.prepared.kept)
        return prove(request, sandbox=self._clients.sandbox)

    def _reverify(self, release: Release, policy: VerifyPolicy) -> IntegrityEvidence:
        self._progress(f"verifying {release.id} anew, for the policy of what models may be was edited")
        with self._as_released(release) as snapshot:
            return self._verify(VerifyInput(snapshot, policy))

    def _as_released(self, release: Release) -> AbstractContextManager[Snapshot]:
        origins = release.requested.origins
        return self.snapshot(release.model, origins.revision, origins.commit)

    def _revalidate(
        self, release: Release, prepared: PreparedModel, champion: Promotion
    ) -> ValidationEvidence:
        self._progress(f"comparing {release.id} with {champion.release}, which serves by now")
        with self._as_released(release) as snapshot:
            return self._validate(ValidateInput(snapshot, prepared), champion)

    def _repository(self, model: str) -> str:
        return f"{self._settings.image_registry}/{model}"

    def _build(self, request: BuildInput) -> BuildEvidence:
        self._forms.lay_out(request.snapshot, request.prepared.kept)
        return build(request, registry=self._clients.registry, clock=clock)

    def _publish(self, request: PublishInput) -> PublishEvidence:
        clients, by = self._clients, self._clients.image_signer
        attach = attacher(clients.registry, clients.attachments, by) if by else None
        return publish(
            request, registry=clients.registry, starter=clients.starter, clock=clock, attach=attach
        )

    def _stored(self, published: PublishEvidence, built: BuildEvidence) -> Stored:
        return look(self._clients.registry, published, built)

    @cached_property
    def _forms(self) -> Forms:
        repository = f"{self._settings.image_registry}/form"
        return Forms(self._clients.registry, repository, make_manifest=manifest.make)

    @property
    def mirror(self) -> Callable[[], MlflowMirror] | None:
        """What is told of what became of registered versions; None where no MLflow server is set."""
        return (lambda: MlflowMirror(self._clients.mlflow)) if self._settings.mlflow else None
