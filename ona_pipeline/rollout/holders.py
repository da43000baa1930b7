"""Who set a field of a Kubernetes object, read off the object itself.

Source:
    Kubernetes, "Server-Side Apply", "Field management"; the API reference of ManagedFieldsEntry (FieldsV1).
"""

from typing import Any

import msgspec

from ona_pipeline.clients.kubernetes_client import FIELD_MANAGER

Object = dict[str, Any]
REPLICAS = ("f:spec", "f:replicas")
_DECLARE_BY_UPDATE = frozenset(
    {"kubectl-client-side-apply", "helm", "argocd-controller", "argocd-application-controller"}
)
"""Those that apply what a file says, and do so by updates."""
_AUTOSCALER = "kube-controller-manager"
"""In whose name the HorizontalPodAutoscaler's controller writes, through the subresource `scale`."""


class Holder(msgspec.Struct, frozen=True):
    """One field manager.

    Attributes:
        manager: its name: ``ona``, ``kubectl-client-side-apply``, ``argocd-controller``.
        operation: ``Apply`` for who declares a field and keeps it so, ``Update`` for who wrote it once.
        subresource: through which it was written, such as ``scale``; mostly empty.
    """

    manager: str
    operation: str
    subresource: str = ""

    @property
    def declares(self) -> bool:
        """Whether it will set the field again: it keeps to a file, and did not only write once."""
        return self.operation == "Apply" or self.manager in _DECLARE_BY_UPDATE

    @property
    def is_autoscaler(self) -> bool:
        """Whether it is a HorizontalPodAutoscaler."""
        return self.manager == _AUTOSCALER and self.subresource == "scale"


def holders(found: Object, path: tuple[str, ...]) -> tuple[Holder, ...]:
    """Everyone who holds a field.

    Args:
        found: the object, as the API server shows it.
        path: of the field, written as in FieldsV1: ``("f:spec", "f:replicas")``.
    """
    return tuple(_holder(entry) for entry in _entries(found) if _has(entry.get("fieldsV1", {}), path))


def declaring(found: Object, path: tuple[str, ...]) -> tuple[str, ...]:
    """The names of everyone but ona who would set a field again."""
    every = holders(found, path)
    return tuple(sorted({one.manager for one in every if one.declares and one.manager != FIELD_MANAGER}))


def is_ours(found: Object, path: tuple[str, ...]) -> bool:
    """Whether ona holds the field."""
    return any(holder.manager == FIELD_MANAGER for holder in holders(found, path))


def _entries(found: Object) -> list[Object]:
    return found["metadata"].get("managedFields") or []


def _holder(entry: Object) -> Holder:
    return Holder(entry.get("manager", ""), entry.get("operation", ""), entry.get("subresource", ""))


def _has(fields: Object, path: tuple[str, ...]) -> bool:
    for part in path:
        if part not in fields:
            return False
        fields = fields[part]
    return True
