"""The order of the stages: run, journal, stop if refused, go on.

A release is walked from *requested* to *published* here, and nowhere else: by people, hooks and retraining
jobs alike. A process that was killed anywhere is continued by `resume`, which walks the same road; what has
evidence is not redone.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime

import msgspec

from ona_pipeline.approve.waived import in_force
from ona_pipeline.attestation.statement import Origin
from ona_pipeline.build.build import BuildInput
from ona_pipeline.journal import Journal
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.lease import Lease
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.policy import Policy
from ona_pipeline.prepare.prepare import PrepareInput
from ona_pipeline.publish.publish import PublishInput
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.evidence import (
    BuildEvidence,
    IntegrityEvidence,
    PreparedModel,
    PublishEvidence,
    ValidationEvidence,
)
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.quality import Proof
from ona_pipeline.records.release import Release, ReleasePhase
from ona_pipeline.records.release_facts import ReleaseRequested
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.records.waiver import Waiver
from ona_pipeline.validate.validate import ValidateInput
from ona_pipeline.verify.verify import VerifyInput
from ona_pipeline.watcher import Watcher


class ReleaseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants released.

    Attributes:
        model: the model's name.
        revision: a git revision, or ``models:/NAME/VERSION``.
        upto: the last environment to promote to; empty for none.
        note: for the approver.
    """

    model: str
    revision: str = "HEAD"
    upto: str = ""
    note: str = ""


class Road(msgspec.Struct, frozen=True, kw_only=True):
    """The stages, each already joined to what it needs; see `wiring.py`.

    Attributes:
        policy: the policy at a commit, or at the trusted ref, with the commit that it was read at.
        targeted: returns where an environment has a target.
        snapshot: a model version's files, for as long as the block lasts.
        verify: the integrity gate.
        admitted: returns where a model's images can be sent, so that this is found out before the long work.
        prepare: the runtime and the form that will serve.
        validate: the quality gate; its second argument is the champion, if any.
        prove: the suites of the quality gate, tried on candidates that they must refuse.
        repository: registry host and repository for a model's images.
        build: the serving image.
        publish: the image in the registry, asked.
    """

    policy: Callable[[str], tuple[str, Policy]]
    targeted: Callable[[str], object]
    snapshot: Callable[[str, str, str], AbstractContextManager[Snapshot]]
    verify: Callable[[VerifyInput], IntegrityEvidence]
    admitted: Callable[[str], None]
    prepare: Callable[[PrepareInput], PreparedModel]
    validate: Callable[[ValidateInput, Promotion | None], ValidationEvidence]
    prove: Callable[[ValidateInput], tuple[Proof, ...]]
    repository: Callable[[str], str]
    build: Callable[[BuildInput], BuildEvidence]
    publish: Callable[[PublishInput], PublishEvidence]


class Pipeline:
    """Walks releases along the road.

    Args:
        road: the stages.
        ledger: where facts and evidence are kept.
        leases: a release is walked by one process at a time.
        clock: the time now, aware UTC.
        actor: in whose name.
        watcher: who is told on the way.
    """

    def __init__(
        self,
        *,
        road: Road,
        ledger: Ledger,
        leases: Leases,
        clock: Callable[[], datetime],
        actor: Actor,
        watcher: Watcher,
    ) -> None:
        self._road = road
        self._ledger = ledger
        self._leases = leases
        self._clock = clock
        self._actor = actor
        self._watcher = watcher

    @contextmanager
    def release(self, request: ReleaseRequest, *, trusted: str = "") -> Iterator[Release]:
        """Bring one model version out; nobody else goes on with it while the block lasts.

        Args:
            request: what is wanted.
            trusted: the commit at which policy is read; empty means the trusted ref.

        Raises:
            UsageError: there is no such model, revision or environment, or an environment on the way has no
                target; nothing was written.
            RefusedError: a gate says no.
            BackendError: something outside failed; `resume` goes on.
        """
        commit, policy = self._road.policy(trusted)
        for environment in policy.upto(request.upto):
            self._road.targeted(environment)
        with ExitStack() as work:
            with self._road.snapshot(request.model, request.revision, "") as snapshot:
                asked = ReleaseRequested(request.model, snapshot.origins, commit, request.upto, request.note)
                release_id = f"{asked.model}-{self._clock():%Y%m%d}-{_suffix()}"
                lease = work.enter_context(self._leases.taken(release_id))
                requested = self._requested(asked, lease)
                release = self._walk(requested, snapshot, policy, lease)
            yield release

    @contextmanager
    def resume(self, release: Release) -> Iterator[Release]:
        """Go on with what a killed process, or a failure outside, left; nobody else does meanwhile.

        Raises:
            BusyError: a living process is at work on it.
            RefusedError: a gate says no.
            BackendError: something outside failed again.
        """
        with self._leases.taken(release.id) as lease:
            release = self._now(release)
            yield release if release.phase.is_terminal else self._resumed(release, lease)

    def _resumed(self, release: Release, lease: Lease) -> Release:
        origins = release.requested.origins
        _, policy = self._road.policy(release.requested.trusted)
        with self._road.snapshot(release.model, origins.revision, origins.commit) as snapshot:
            return self._walk(release, snapshot, policy, lease)

    def _walk(self, release: Release, snapshot: Snapshot, policy: Policy, lease: Lease) -> Release:
        road, journal = self._road, self._journal(release, lease)
        integrity = journal.stage(
            "verify", IntegrityEvidence, lambda: road.verify(VerifyInput(snapshot, policy.verify))
        )
        prepared = journal.stage("prepare", PreparedModel, lambda: self._prepared(snapshot, integrity))
        champion = self._champion(release, policy)
        validation = journal.stage(
            "validate",
            ValidationEvidence,
            lambda: road.validate(ValidateInput(snapshot, prepared), champion),
            waivers=lambda: self._waivers(release, policy),
        )
        repository = road.repository(snapshot.name)
        asked = BuildInput(snapshot, release.id, integrity, prepared, validation, repository)
        built = journal.stage("build", BuildEvidence, lambda: road.build(asked))
        origin = Origin(
            model=release.model,
            release=release.id,
            origins=snapshot.origins,
            integrity=integrity,
            prepared=prepared,
            validation=validation,
            built=built,
        )
        asking = PublishInput(snapshot, release.id, built, origin)
        journal.stage("publish", PublishEvidence, lambda: road.publish(asking))
        return journal.published()

    def _prepared(self, snapshot: Snapshot, integrity: IntegrityEvidence) -> PreparedModel:
        self._road.admitted(snapshot.name)
        return self._road.prepare(PrepareInput(snapshot, integrity))

    def _requested(self, asked: ReleaseRequested, lease: Lease) -> Release:
        with self._ledger.writing(lease) as writing:
            writing.append(asked, model=asked.model, subject=lease.subject, actor=self._actor)
            return histories.release(writing, lease.subject)

    def _champion(self, release: Release, policy: Policy) -> Promotion | None:
        environment = release.requested.upto or next(reversed(policy.environments))
        with self._ledger.reading() as reading:
            return histories.champion(reading, release.model, environment)

    def _waivers(self, release: Release, policy: Policy) -> tuple[Waiver, ...]:
        """Those of any environment on the way; each promotion asks for its own again."""
        with self._ledger.reading() as reading:
            return tuple(
                waiver
                for name in policy.upto(release.requested.upto)
                for waiver in in_force(reading, release.model, name, policy.environment(name), self._clock())
            )

    def _journal(self, release: Release, lease: Lease) -> Journal:
        return Journal(release, lease=lease, ledger=self._ledger, actor=self._actor, watcher=self._watcher)

    def _now(self, release: Release) -> Release:
        with self._ledger.reading() as reading:
            return histories.release(reading, release.id)


def _suffix() -> str:
    """Six letters and digits that cannot be mistaken for each other."""
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(6))


def is_unfinished(release: Release) -> bool:
    """Whether `resume` has something to do for it."""
    return release.phase in {ReleasePhase.RUNNING, ReleasePhase.ERRORED}
