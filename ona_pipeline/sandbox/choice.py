"""Which sandbox is used here."""

import shutil
from typing import Literal

from ona_pipeline.clients.docker import DockerEngine
from ona_pipeline.errors import BackendError

Way = Literal["docker", "bubblewrap"]


def chosen(setting: Literal["auto", "docker", "bubblewrap"], engine: DockerEngine) -> Way:
    """The way that was set; for ``auto``, the engine where it answers, else bubblewrap.

    Args:
        setting: ``sandbox`` of the settings.
        engine: is asked for its version, where that decides.

    Raises:
        BackendError: neither is there.
    """
    if setting != "auto":
        return setting
    try:
        engine.version()
    except BackendError as error:
        if shutil.which("bwrap") is None:
            raise BackendError(
                f"nothing here can make a sandbox for model code: {error.message}; bwrap is not there either",
                hint="start a Docker engine, or name another with DOCKER_HOST, or install bubblewrap",
            ) from error
        return "bubblewrap"
    return "docker"
