"""Which sandbox is used here."""

import shutil
from typing import Literal

from ona_pipeline.clients.docker import DockerEngine
from ona_pipeline.errors import BackendError

Way = Literal["docker", "bubblewrap", "kubernetes"]


def chosen(setting: Literal["auto"] | Way, engine: DockerEngine, *, is_in_cluster: bool) -> Way:
    """The way that was set; for ``auto``, the engine where it answers, else what there is without one.

    Args:
        setting: ``sandbox`` of the settings.
        engine: is asked for its version, where that decides.
        is_in_cluster: whether this process runs in a pod, where the kernel lets nobody make namespaces.

    Raises:
        BackendError: none is there.
    """
    if setting != "auto":
        return setting
    try:
        engine.version()
    except BackendError as error:
        if is_in_cluster:
            return "kubernetes"
        if shutil.which("bwrap") is None:
            raise BackendError(
                f"nothing here can make a sandbox for model code: {error.message}; bwrap is not there either",
                hint="start a Docker engine, or name another with DOCKER_HOST, or install bubblewrap",
            ) from error
        return "bubblewrap"
    return "docker"
