"""Copies what the ledger says to the model registry: later where that is down, and never in anybody's way.

A cursor in the ledger's database says up to which event the registry was told. What is told is the state of
each release, and of its version, that an event since then concerns, so that telling it twice, or late,
changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Reading
from ona_pipeline.ledger.lease import BusyError
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.pictures import plots
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.evidence import ValidationEvidence, read_evidence
from ona_pipeline.records.registered import Account, parameters, tags, version_of
from ona_pipeline.records.release import Release
from ona_pipeline.records.release_facts import ReleaseRequested
from ona_pipeline.watcher import Watcher

CURSOR = "mlflow"


class Mirror(Protocol):
    """What is told: see `ona_pipeline.clients.mlflow_mirror.MlflowMirror`. Each call can be repeated."""

    def tag(self, name: str, version: str, tags: Mapping[str, str]) -> None:
        """Set tags on a model version."""
        ...

    def point(self, name: str, alias: str, version: str) -> None:
        """Let an alias name a version; an empty version removes the alias."""
        ...

    def record(self, release: Release, account: Callable[[], Account]) -> None:
        """Keep what is known of a release with its run; `account` is called where that is wanted."""
        ...


class Copies:
    """Tells the model registry.

    Args:
        mirror: makes the connection; None where there is no model registry.
        ledger: what is told.
        leases: one process at a time tells it, so that nothing older is said after something newer.
        watcher: hears what could not be told.
    """

    def __init__(
        self, mirror: Callable[[], Mirror] | None, *, ledger: Ledger, leases: Leases, watcher: Watcher
    ) -> None:
        self._mirror = mirror
        self._ledger = ledger
        self._leases = leases
        self._watcher = watcher

    def catch_up(self) -> None:
        """Tell everything that was not told yet; where that cannot be, say so and leave it to the next."""
        if self._mirror is None:
            return
        try:
            with self._ledger.reading() as reading:
                is_told = not reading.since(reading.cursor(CURSOR) + 1)
            if not is_told:
                with self._leases.taken(f"copies to {CURSOR}"):
                    self._tell(self._mirror)
        except BusyError:
            return
        except (BackendError, UsageError) as error:
            self._watcher.says(f"MLflow is not up to date, and will be later: {error.message}")

    def point_again(self) -> None:
        """Put every alias back to what is served, whoever moved it: it follows, and never leads."""
        if self._mirror is None:
            return
        try:
            with self._leases.taken(f"copies to {CURSOR}"), self._ledger.reading() as reading:
                models = {subject.model for subject in reading.subjects(ReleaseRequested)}
                for model in sorted(models):
                    self._point(reading, model, self._mirror)
        except BusyError:
            return
        except (BackendError, UsageError) as error:
            self._watcher.says(f"the aliases in MLflow were not looked at: {error.message}")

    def _point(self, reading: Reading, model: str, mirror: Callable[[], Mirror]) -> None:
        for name, environment, version in aliases(reading, model):
            self._said(lambda n=name, e=environment, v=version: mirror().point(n, e, v))  # type: ignore[misc]

    def _tell(self, mirror: Callable[[], Mirror]) -> None:
        with self._ledger.reading() as reading:
            events = reading.since(reading.cursor(CURSOR) + 1)
            for model in dict.fromkeys(event.model for event in events):
                ids = {event.subject for event in events if event.model == model}
                self._tell_model(reading, model, ids, mirror)
        if events:
            with self._ledger.writing() as writing:
                writing.move(CURSOR, events[-1].sequence)

    def _tell_model(
        self, reading: Reading, model: str, subjects: set[str], mirror: Callable[[], Mirror]
    ) -> None:
        concerned = list(_concerned(reading, model, subjects))
        for release in concerned:
            self._record(reading, release, mirror())
        registered = list(_registered(reading, model)) if concerned else []
        for name, version in dict.fromkeys(filter(None, map(version_of, concerned))):
            same = [other for other in registered if version_of(other) == (name, version)]
            self._tag(reading, name, version, same, mirror())
        if registered:
            self._point(reading, model, mirror)

    def _record(self, reading: Reading, release: Release, mirror: Mirror) -> None:
        self._said(lambda: mirror.record(release, lambda: _account(reading, release)))

    def _tag(self, reading: Reading, name: str, version: str, same: list[Release], mirror: Mirror) -> None:
        promotions = [p for release in same for p in histories.promotions_of(reading, release.id)]
        self._said(lambda: mirror.tag(name, version, tags(same, promotions)))

    def _said(self, say: Callable[[], None]) -> None:
        """What MLflow does not have any more is told to nobody, and holds up nothing."""
        try:
            say()
        except UsageError as error:
            self._watcher.says(f"MLflow was not told: {error.message}")


def _account(reading: Reading, release: Release) -> Account:
    found = {stage: read_evidence(reading.evidence(digest)) for stage, digest in release.evidence.items()}
    files = {f"{stage}.json": encode(evidence) for stage, evidence in found.items()}
    judged = found.get("validate")
    if not isinstance(judged, ValidationEvidence):
        return Account({}, parameters(found), files)
    return Account(judged.metrics, parameters(found), files | plots(judged))


def _concerned(reading: Reading, model: str, subjects: set[str]) -> Iterator[Release]:
    """The releases that something was said of, or of a promotion of theirs."""
    for subject in reading.subjects(ReleaseRequested, model=model):
        if any(one == subject.id or one.startswith(f"{subject.id}.") for one in subjects):
            yield histories.release(reading, subject.id)


def _registered(reading: Reading, model: str) -> Iterator[Release]:
    for subject in reading.subjects(ReleaseRequested, model=model):
        release = histories.release(reading, subject.id)
        if version_of(release):
            yield release


def aliases(reading: Reading, model: str) -> Iterator[tuple[str, str, str]]:
    """Registered name, environment, and the version served there; empty where that is none of them."""
    registered = list(_registered(reading, model))
    versions = {release.id: version_of(release) for release in registered}
    live = {promotion.environment: promotion for promotion in histories.served(reading, model)}
    asked = [p for release in registered for p in histories.promotions_of(reading, release.id)]
    for name in sorted({version[0] for version in versions.values() if version}):
        for environment in sorted({promotion.environment for promotion in asked}):
            served = versions.get(live[environment].release) if environment in live else None
            yield name, environment, served[1] if served and served[0] == name else ""
