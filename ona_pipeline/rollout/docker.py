"""One Docker engine as a target: a container for each model and environment.

An engine has no controller of its own. So each look that finds the new container well also does the next step
that a controller would do: the first time it remembers, the second time it stops the older containers.
"""

from typing import TYPE_CHECKING

from ona_pipeline.clients.docker import DockerEngine, NoEngineError, translated
from ona_pipeline.errors import BackendError
from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout import containers
from ona_pipeline.rollout.answers import Asked
from ona_pipeline.rollout.engine import EngineView
from ona_pipeline.rollout.interface import Change, Condition, Serving, Terms
from ona_pipeline.rollout.trouble import Trouble

if TYPE_CHECKING:
    from docker.models.containers import Container

_DRAIN_S = 30  # the server answers for 5 s more, and ends what is in flight in up to 20 s


class DockerTarget:
    """One model's container on one engine.

    Args:
        engine: the Docker engine.
        model: the model's name.
        environment: the environment's name.
        namespace: keeps projects apart that share an engine; may be empty.
    """

    def __init__(self, engine: DockerEngine, *, model: str, environment: str, namespace: str = "") -> None:
        self._engine = engine
        self._place = containers.place_of(model, environment, namespace)
        self._view = EngineView(engine, self._place)
        self._not_pulled: dict[PinnedReference, str] = {}
        self._seen_well: set[str | None] = set()

    @property
    def name(self) -> str:
        """For people and bindings: ``docker digits/staging``."""
        return f"docker {self._place}"

    @property
    def place(self) -> str:
        """See `Target.place`; an engine has one name for each."""
        return self.name

    def objects(self, change: Change) -> Digest:
        """The digest of the settings that the container would be made with."""
        return digest_of(containers.settings(change, self._place))

    def serving(self) -> Serving | None:
        """The image and release of the newest container.

        Raises:
            BackendError: the engine is not there.
        """
        found = self._view.containers()
        if not found:
            return None
        config = found[0].attrs["Config"]
        is_stopped = found[0].status in {"created", "exited", "paused"}
        wake = f"docker restart {found[0].name}" if is_stopped else ""
        return Serving(config["Image"], config["Labels"][containers.RELEASE], wake)

    def apply(self, change: Change, terms: Terms | None = None) -> Finding | None:
        """Start a container beside those that are there; one made for `change` before is the newest again.

        Raises:
            BackendError: the engine is not there, or could not make the container.
        """
        if terms and (broken := terms.broken_by(self.objects(change), self.serving())):
            return broken
        everything = self._view.containers()
        there = [found for found in everything if containers.is_for(found.attrs, change)]
        if there:
            with translated(f"start {there[0].name}"):
                there[0].start()
            for younger in everything[: everything.index(there[0])]:
                self._retire(younger)
        elif self._has_image(change.image):
            self._start(change)
        return None

    def canary(self) -> None:
        """None: each container has its own port, so nothing shares requests out."""

    def remove(self) -> None:
        """Remove every container of this target.

        Raises:
            BackendError: the engine is not there, or could not.
        """
        for found in self._view.containers():
            self._retire(found)

    def condition(self, change: Change) -> Condition:
        """Look at the container, ask it, and stop the older ones once it was seen well.

        Raises:
            BackendError: the engine is not there.
        """
        everything = self._view.containers()
        new = next((found for found in everything if containers.is_for(found.attrs, change)), None)
        if new is None:
            return _seen(self._missing(change), None, "")
        asked = self._view.ask(new, change)
        others = [found for found in everything if found.id != new.id]
        trouble = self._view.trouble(new, asked) or self._step(new, others)
        return _seen(trouble, asked, containers.address(new.attrs))

    def _step(self, new: "Container", older: list["Container"]) -> Trouble | None:
        if new.id not in self._seen_well:
            self._seen_well.add(new.id)
            return Trouble("", f"container {new.name} answers rightly")
        for one in older:
            self._retire(one)
        return None

    def _missing(self, change: Change) -> Trouble:
        if message := self._not_pulled.get(change.image):
            return Trouble("image-pull", message, hopeless=True)
        return Trouble("not-applied", f"{self.name} has no container for release {change.release}")

    def _has_image(self, image: PinnedReference) -> bool:
        try:
            self._engine.pull(image)
        except BackendError as error:
            if error.retryable or isinstance(error, NoEngineError):
                raise
            self._not_pulled[image] = error.message
            return False
        self._not_pulled.pop(image, None)
        return True

    def _start(self, change: Change) -> None:
        sdk = self._engine.sdk
        with translated(f"make a container for {change.release}"):
            made = sdk.containers.create(**containers.settings(change, self._place))
            try:
                made.start()
            except Exception:
                made.remove(force=True)  # what cannot start must not stay, and be taken for what serves
                raise

    def _retire(self, found: "Container") -> None:
        """End its requests, then itself: the server drains at SIGTERM."""
        with translated(f"stop {found.name}"):
            found.stop(timeout=_DRAIN_S)
            found.remove(force=True)


def _seen(trouble: Trouble | None, asked: Asked | None, address: str) -> Condition:
    return Condition(
        well=trouble is None,
        cause=trouble.cause if trouble else "",
        sentence=trouble.sentence if trouble else f"it answers rightly at http://{address}",
        hopeless=trouble is not None and trouble.hopeless,
        instances=(asked.instance,) if asked else (),
        address=f"http://{address}" if address else "",
    )
