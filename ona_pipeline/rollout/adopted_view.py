"""What can be seen of a Deployment with labels and a Service of its owner's choice."""

from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout.answers import Asked, unanswered
from ona_pipeline.rollout.interface import Change
from ona_pipeline.rollout.objects import Object
from ona_pipeline.rollout.proxy import ask
from ona_pipeline.rollout.view import ClusterView

_HASH = "pod-template-hash"


class AdoptedView(ClusterView):
    """Reads, and asks; changes nothing. Pods are found by the Deployment's own selector.

    See `ClusterView` for its arguments.
    """

    def pods(self) -> list[Object]:
        """All its pods, those that drain included; none of another Deployment."""
        return [pod for pod in self._found() if self._is_its_own(pod)]

    def foreign(self, subject: str) -> Finding | None:
        """The first pod that the selector finds and that is another's; None where there is none."""
        pod = next((pod for pod in self._found() if not self._is_its_own(pod)), None)
        if pod is None:
            return None
        sentence = f"pod {pod['metadata']['name']} is found by the selector of {self._title}, and not of it"
        hint = "give the Deployment a selector that finds its own pods alone"
        return Finding("foreign-pods", subject, sentence, hint=hint)

    def ask_service(self, change: Change) -> Asked:
        """The known question to whichever pod the Service picks, on its first port."""
        port = self.service_port()
        if not port:
            return unanswered("service", None, "there is no such Service")
        return ask(self._client, f"{self._service}:{port}/proxy", "service", None, change)

    def service_port(self) -> int:
        """The number of the Service's first port; 0 where there is no such Service."""
        found = self._client.get(self._service, f"look at Service {self._service_name}")
        return int(found["spec"]["ports"][0]["port"]) if found else 0

    def _found(self) -> list[Object]:
        deployment = self.deployment()
        return self._selected(selector(deployment["spec"]["selector"])) if deployment else []

    def _is_its_own(self, pod: Object) -> bool:
        """Whether it is of a ReplicaSet of this Deployment, which is called by the hash of its pods."""
        labels = pod["metadata"].get("labels") or {}
        its = f"{self._place.deployment}-{labels.get(_HASH)}"
        return any(one["name"] == its for one in pod["metadata"].get("ownerReferences") or [])


def selector(found: Object) -> str:
    """A LabelSelector in the words of the API's query.

    Source:
        Kubernetes, "Labels and Selectors", set-based requirements; API reference, LabelSelectorRequirement.
    """
    parts = [f"{key}={value}" for key, value in (found.get("matchLabels") or {}).items()]
    for one in found.get("matchExpressions") or []:
        key, values = one["key"], ",".join(one.get("values") or [])
        match one["operator"]:
            case "Exists":
                parts.append(key)
            case "DoesNotExist":
                parts.append(f"!{key}")
            case operator:
                parts.append(f"{key} {operator.lower()} ({values})")
    return ",".join(parts)
