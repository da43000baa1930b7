"""Starts images on a Docker engine, as confined as they are on a target, answering on the loopback only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ona_pipeline.clients.docker import DockerEngine, translated
from ona_pipeline.clients.docker_orphans import owned, remove_orphans
from ona_pipeline.clients.inference import Answer, ask
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference

if TYPE_CHECKING:
    from docker.models.containers import Container

LABEL = "ona.trial"
_PORT = "8080/tcp"
_LAST_LINES = 3
_ANSWER_S = 10.0
_MEMORY_BYTES = 2 * 2**30


class ContainerStarter:
    """Starts images as containers.

    Args:
        engine: where.
    """

    def __init__(self, engine: DockerEngine) -> None:
        self._engine = engine

    @contextmanager
    def started(self, image: PinnedReference) -> Iterator["RunningContainer"]:
        """Pull an image by its digest and start it; the container is removed at the end, in every case.

        Raises:
            BackendError: the engine is not there, or could not pull or start it.
        """
        remove_orphans(self._engine, LABEL)
        self._engine.pull(image)
        with translated(f"start {image}"):
            container = self._engine.sdk.containers.create(image, **_settings())
        try:
            with translated(f"start {image}"):
                container.start()
                container.reload()
            yield RunningContainer(container)
        finally:
            with translated(f"remove the container {container.short_id}"):
                container.remove(force=True, v=True)


class RunningContainer:
    """A container that was started."""

    def __init__(self, container: "Container") -> None:
        self._container = container
        published = (container.ports.get(_PORT) or [{"HostPort": "0"}])[0]["HostPort"]
        self._address = f"127.0.0.1:{published}"

    def ask(self, model: str, question: Question) -> Answer:
        """Ask the server in it.

        Raises:
            BackendError: it gives no answer; retryable while it may still be starting.
        """
        return ask(self._address, model, question, timeout_s=_ANSWER_S)

    def last_words(self) -> str | None:
        """None while it runs; once it has ended, the end of what it said."""
        with translated(f"look at the container {self._container.short_id}"):
            self._container.reload()
            if self._container.status in {"created", "running"}:
                return None
            words: bytes = self._container.logs(tail=_LAST_LINES)
            return words.decode(errors="replace").strip()


def _settings() -> dict[str, Any]:
    return {
        "labels": owned(LABEL),
        # The SDK would otherwise add the proxies of ~/.docker/config.json, with their passwords.
        "use_config_proxy": False,
        "ports": {_PORT: ("127.0.0.1", None)},
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": 256,
        "mem_limit": _MEMORY_BYTES,
        "memswap_limit": _MEMORY_BYTES,
    }
