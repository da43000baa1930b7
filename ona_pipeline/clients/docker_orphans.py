"""Containers that live no longer than the process that made them, even where that one was killed."""

from ona_pipeline.clients.docker import DockerEngine, translated
from ona_pipeline.clients.owners import is_gone, this_owner


def owned(label: str) -> dict[str, str]:
    """The label that says which process a container belongs to.

    Args:
        label: what the container is for, such as ``ona.sandbox``.
    """
    return {label: this_owner()}


def remove_orphans(engine: DockerEngine, label: str) -> None:
    """Remove the containers whose process is gone; those of other machines are left to them.

    Args:
        engine: where they are.
        label: what they are for.

    Raises:
        BackendError: the engine is not there, or does not remove them.
    """
    sdk = engine.sdk
    with translated(f"look for containers that a killed process left ({label})"):
        for container in sdk.containers.list(all=True, filters={"label": label}, ignore_removed=True):
            if is_gone(container.labels[label]):
                container.remove(force=True, v=True)
