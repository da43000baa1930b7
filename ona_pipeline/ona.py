"""Everything that a command may call, joined for one project and one person or job."""

import os
import socket
from pathlib import Path

import msgspec

from ona_pipeline.adopting import Adopting
from ona_pipeline.approve.review import Review, review
from ona_pipeline.checkpoints import Checkpoints
from ona_pipeline.clients.git_checkpoints import CheckpointRef
from ona_pipeline.connections import Connections
from ona_pipeline.copies import Copies
from ona_pipeline.delivery import Delivery
from ona_pipeline.drift import Survey
from ona_pipeline.errors import UsageError
from ona_pipeline.journey import Journey
from ona_pipeline.judging import Gates
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.ledger.process import this_process
from ona_pipeline.ledger.sql import open_ledger
from ona_pipeline.pipeline import Pipeline
from ona_pipeline.project import Project
from ona_pipeline.promotions import Promotions
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.release import Release
from ona_pipeline.retention import Retention, Stores
from ona_pipeline.rollout_journal import RolloutJournal
from ona_pipeline.settings import load
from ona_pipeline.source import hook
from ona_pipeline.targets import Targets
from ona_pipeline.tracing import Tracing
from ona_pipeline.waivers import Waivers
from ona_pipeline.watcher import Watcher
from ona_pipeline.wiring import Parts, clock


class Ona(msgspec.Struct, frozen=True):
    """One project, opened.

    Attributes:
        project: where we are.
        parts: clients and stages.
        ledger: what happened.
        promotions: from *published* onward.
        waivers: what is taken for granted, and by whom.
        journey: the whole way.
        adopting: takes over Deployments that are there already.
        checkpoints: notes the end of the ledger in the repository.
        copies: tells the model registry.
    """

    project: Project
    parts: Parts
    ledger: Ledger
    promotions: Promotions
    waivers: Waivers
    journey: Journey
    adopting: Adopting
    checkpoints: Checkpoints
    copies: Copies

    def last_environment(self, commit: str = "") -> str:
        """The last environment of the policy at `commit`, or at the trusted ref."""
        return next(reversed(self.project.policy(commit)[1].environments))

    def find(self, text: str) -> Release:
        """The release whose id is, or begins with, `text`.

        Raises:
            UsageError: there is none, or more than one.
        """
        with self.ledger.reading() as reading:
            return histories.find_release(reading, text)

    def review(self, promotion: Promotion) -> Review:
        """What approving would change."""
        policy = self.parts.ground.judging(self.find(promotion.release)).environment(promotion.environment)
        with self.ledger.reading() as reading:
            return review(reading, promotion, policy=policy, now=clock())

    def pushed(self, lines: list[str]) -> list[tuple[str, str, str]]:
        """Trusted commit, pushed commit and name of each model that a push changed."""
        return hook.to_release(self.project.folder, lines, self.project.settings.trusted_ref)


def open_gates(project: Project, *, watcher: Watcher, docs: Path | None = None) -> Gates:
    """The gates alone: no ledger is written, and where none is set there is no champion to compare with.

    Args:
        project: where we are.
        watcher: who is told on the way.
        docs: an existing folder for pages of Data Docs; None for none.
    """

    def champion(model: str, environment: str) -> Promotion | None:
        try:
            ledger = open_ledger(project.ledger_url, clock=clock)
        except UsageError as error:
            watcher.says(f"compared with no champion: {error.message}")
            return None
        with ledger.reading() as reading:
            return histories.champion(reading, model, environment)

    parts = Parts(project, progress=watcher.says, docs=docs)
    return Gates(road=parts.road, champion=champion, watcher=watcher)


def open_survey(project: Project) -> Survey:
    """What compares the ledger with the world, and changes neither."""
    parts = Parts(project, progress=lambda _: None)
    mirror = parts.mirror
    return Survey(
        parts.ground,
        aliases=(lambda name: mirror().aliases(name)) if mirror else None,
        ledger=open_ledger(project.ledger_url, clock=clock),
    )


def open_tracing(here: Project | None) -> Tracing:
    """What traces images, in a project or anywhere else."""
    settings = here.settings if here else load(None, subject="no project").settings
    clients = Connections(settings, here.folder if here else Path.cwd())

    def ledger() -> Ledger:
        if here is None:
            raise UsageError("there is no project here, so there is no ledger")
        return open_ledger(here.ledger_url, clock=clock)

    return Tracing(clients.registry, clients.attachments, ledger)


def open_retention(here: Project) -> Retention:
    """What knows which images nothing needs, and removes them."""
    clients = Connections(here.settings, here.folder)
    prefix = here.settings.image_registry
    targets = Targets(here, clients)
    policy = here.policy()[1]

    def serving(model: str, environment: str) -> str:
        if environment not in here.settings.targets or environment not in policy.environments:
            return ""  # one that is no more: the ledger alone says what it served
        found = targets.target(model, environment).serving()
        return found.image if found else ""

    return Retention(
        Stores(clients.registry, clients.attachments, clients.removals, prefix),
        policy=lambda: policy.retention,
        serving=serving,
        ledger=open_ledger(here.ledger_url, clock=clock),
        clock=clock,
    )


def open_project(project: Project, *, actor: Actor, watcher: Watcher) -> Ona:
    """Join a project's parts in the name of `actor`.

    Args:
        project: where we are.
        actor: in whose name facts are written.
        watcher: who is told on the way.
    """
    parts = Parts(project, progress=watcher.says)
    ledger = open_ledger(project.ledger_url, clock=clock)
    holder = f"{actor.login} on {socket.gethostname()}, process {os.getpid()}"
    leases = Leases(ledger, holder=holder, process=this_process())
    delivery = Delivery(
        roll_out=parts.roll_out,
        try_canary=parts.try_canary,
        journal=RolloutJournal(ledger=ledger, clock=clock, actor=actor),
        leases=leases,
        watcher=watcher,
    )
    promotions = Promotions(
        ground=parts.ground,
        delivery=delivery,
        ledger=ledger,
        leases=leases,
        clock=clock,
        actor=actor,
        signing=project.signing,
    )
    pipeline = Pipeline(
        road=parts.road, ledger=ledger, leases=leases, clock=clock, actor=actor, watcher=watcher
    )
    waivers = Waivers(
        policy=parts.ground.policy, ledger=ledger, clock=clock, actor=actor, signing=project.signing
    )
    journey = Journey(pipeline=pipeline, promotions=promotions, ledger=ledger)
    adopting = Adopting(parts.targets.adopted, ledger=ledger, leases=leases, actor=actor)
    checkpoints = Checkpoints(
        CheckpointRef(project.folder), ledger=ledger, signing=project.signing, clock=clock, actor=actor
    )
    copies = Copies(parts.mirror, ledger=ledger, leases=leases, watcher=watcher)
    return Ona(project, parts, ledger, promotions, waivers, journey, adopting, checkpoints, copies)
