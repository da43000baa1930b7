"""What can be seen of a target on a Docker engine: its containers, their logs and answers."""

from typing import TYPE_CHECKING

from ona_pipeline.clients.docker import DockerEngine, translated
from ona_pipeline.clients.inference import ask, is_ready
from ona_pipeline.errors import BackendError
from ona_pipeline.rollout import containers
from ona_pipeline.rollout.answers import Asked, judged, other_digest, unanswered
from ona_pipeline.rollout.interface import Change
from ona_pipeline.rollout.trouble import Trouble, answer_trouble, with_log

if TYPE_CHECKING:
    from docker.models.containers import Container

_TIMEOUT_S = 5.0
_LOG_LINES = 5


class EngineView:
    """Reads, and asks.

    Args:
        engine: the Docker engine.
        place: the label by which the target's containers are found.
    """

    def __init__(self, engine: DockerEngine, place: str) -> None:
        self._engine = engine
        self._place = place

    def containers(self) -> list["Container"]:
        """All of this target's, the newest first."""
        sdk, label = self._engine.sdk, f"{containers.PLACE}={self._place}"
        with translated(f"list the containers of {self._place}"):
            found = sdk.containers.list(all=True, filters={"label": label}, ignore_removed=True)
        return sorted(found, key=lambda one: one.attrs["Created"].rstrip("Z"), reverse=True)

    def ask(self, new: "Container", change: Change) -> Asked:
        """The known question to one container, if it says that it is ready."""
        name, address = str(new.name), containers.address(new.attrs)
        if change.image.digest not in self._digests(new):
            return other_digest(name, new.attrs["Image"], change)
        digest = change.image.digest
        if not address:
            return unanswered(name, digest, "it does not run", cause="not-ready")
        try:
            if not is_ready(address, timeout_s=_TIMEOUT_S):
                return unanswered(name, digest, "it does not say that it is ready", cause="not-ready")
            answer = ask(address, change.model, change.question, timeout_s=_TIMEOUT_S)
        except BackendError as error:
            return unanswered(name, digest, error.message, cause="not-ready")
        return judged(name, digest, answer, change)

    def trouble(self, new: "Container", asked: Asked) -> Trouble | None:
        """What is wrong with a container that was asked, with its last log lines."""
        if not asked.cause:
            return None
        found = containers.trouble(new.attrs) or answer_trouble(asked)
        if found is None or asked.instance.release:
            return found
        with translated(f"read the log of {new.name}"):
            lines = new.logs(tail=_LOG_LINES).decode(errors="replace")
        return with_log(found, lines)

    def _digests(self, found: "Container") -> set[str]:
        with translated(f"look at the image of {found.name}"):
            known = self._engine.sdk.images.get(found.attrs["Image"]).attrs["RepoDigests"]
        return {reference.rpartition("@")[2] for reference in known}
