"""What the Kubernetes API answers when it does not do as asked, in our own words.

Source:
    Kubernetes API conventions, "Response Status Kind", "HTTP Status codes"; Server-Side Apply, "Conflicts".
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ona_pipeline.errors import BackendError, OnaError, UsageError

# Kubernetes API conventions, "HTTP Status codes": what may go well the next time, unchanged.
RETRYABLE_STATUS = frozenset({408, 409, 429, 500, 502, 503, 504})
_HINTS = {
    401: "the kubeconfig's credentials have expired or are not known to this cluster: log in to it again",
    403: "whoever rolls out needs the role in k8s/rbac/; an administrator of the namespace can grant it",
    422: "the rendered objects do not suit this cluster: compare its version with the one in k8s/README.md",
}
_CONFLICT = 409
_NAMESPACE_HINT = "an administrator makes it: kubectl create namespace NAME, or k8s/rbac/namespace.yaml"
_CONFLICT_HINT = "nothing is taken by force: undo that change, or let whoever made it give the field up"
_THERE_HINT = "start the cluster, or choose another context; `kubectl cluster-info` looks at the same address"
_CERTIFICATE_HINT = "renew the certificate, or correct certificate-authority in the kubeconfig"


class ChangedMeanwhileError(BackendError):
    """An object is not the one any more that was looked at; nothing was written."""


class HeldFieldError(BackendError):
    """Somebody else owns a field and wants another value in it; nothing was written."""


@contextmanager
def translated(action: str, server: str = "the cluster") -> Iterator[None]:
    """Turn every exception of the Kubernetes client, and of urllib3 below it, into our own.

    Args:
        action: what is being done, to follow "could not": ``apply Deployment digits``.
        server: who was asked, for messages.

    Raises:
        BackendError: the cluster is not there, or does not do it.
        UsageError: the kubeconfig cannot be used.
    """
    from kubernetes.client import ApiException
    from kubernetes.config import ConfigException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except ConfigException as error:
        raise UsageError(f"could not {action}: {error}", hint="name a context with --context") from error
    except ApiException as error:
        raise _answered(action, server, error) from error
    except (HTTPError, OSError) as error:
        raise _unanswered(action, server, error) from error


def _answered(action: str, server: str, error: Any) -> OnaError:
    if not error.status:  # the client makes one of these from urllib3's SSLError
        return _unanswered(action, server, error)
    status = status_of(error.body)
    message = status.get("message") or error.reason
    if conflicts := _conflicts(status):
        return HeldFieldError(f"could not {action}: {conflicts}", hint=_CONFLICT_HINT)
    if error.status == _CONFLICT:
        sentence = f"{server} could not {action}: {message}"
        return ChangedMeanwhileError(sentence, hint="somebody else changed it too", retryable=True)
    hint = _NAMESPACE_HINT if _is_namespace(status) else _HINTS.get(error.status, "")
    retryable = error.status in RETRYABLE_STATUS
    return BackendError(f"{server} could not {action}: {message}", hint=hint, retryable=retryable)


def _unanswered(action: str, server: str, error: Exception) -> BackendError:
    text = " ".join(str(getattr(error, "reason", "") or error).split())
    # Who goes away in a handshake is away: OpenSSL, "SSL_R_UNEXPECTED_EOF_WHILE_READING".
    if "UNEXPECTED_EOF" not in text and ("certificate" in text or "SSL" in text):
        return BackendError(f"{server} is not trusted, so could not {action}: {text}", hint=_CERTIFICATE_HINT)
    return BackendError(
        f"{server} is not there, so could not {action}: {text}", hint=_THERE_HINT, retryable=True
    )


def status_of(body: str | bytes | None) -> dict[str, Any]:
    """The Status object in an answer's body; empty where there is none, as with a proxy's own error page."""
    try:
        found = json.loads(body or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("kind") == "Status" else {}


def _is_namespace(status: dict[str, Any]) -> bool:
    return bool(status.get("code") == 404 and status.get("details", {}).get("kind") == "namespaces")  # noqa: PLR2004 -- HTTP


def contested(error: Any) -> set[str]:
    """The paths of the fields that somebody else owns; empty where something else was refused."""
    return {cause["field"] for cause in _causes(status_of(error.body))}


def _conflicts(status: dict[str, Any]) -> str:
    return "; ".join(f"{cause['field']}: {cause['message']}" for cause in _causes(status))


def _causes(status: dict[str, Any]) -> list[dict[str, str]]:
    causes = (status.get("details") or {}).get("causes") or []
    return [cause for cause in causes if cause.get("reason") == "FieldManagerConflict"]
