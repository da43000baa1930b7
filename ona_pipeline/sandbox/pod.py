"""A sandbox that is a Job in a Kubernetes cluster: for where no engine is, and namespaces are not allowed.

Inputs travel as one layer over the runtime, in the image registry; what the program wrote comes back in the
log of its pod. So it takes no right to run anything in a pod, and opens no port of one.

`pod_object.py` writes the pod, `inside_pod.py` runs first in it, `pod_state.py` reads its status, and
`returned.py` what comes back.

Source:
    Kubernetes API reference 1.34: Pod, "read log"; "Network Policies".
"""

import tempfile
import time
from contextlib import ExitStack
from typing import IO

from ona_pipeline.clients.kubernetes_client import KubernetesClient
from ona_pipeline.errors import BackendError
from ona_pipeline.sandbox.ending import ending
from ona_pipeline.sandbox.files import writable
from ona_pipeline.sandbox.interface import Laden, SandboxJob, SandboxOutcome
from ona_pipeline.sandbox.jobs import Jobs
from ona_pipeline.sandbox.pod_object import Held, deadline_s, pod_object
from ona_pipeline.sandbox.pod_state import PodState, lost, state_of
from ona_pipeline.sandbox.returned import Said, kept, unpack

KIND = "ona-sandbox"
POLICY = "sandbox"
_PAUSE_S = 0.15
_SILENCE_S = 20.0


class PodSandbox:
    """Runs jobs as Jobs of one namespace, which has a NetworkPolicy ``sandbox`` that lets nothing in or out.

    Args:
        client: with the rights of `Jobs`, and to ``get`` that NetworkPolicy.
        namespace: where.
        laden: where images with inputs come from.
        held: what bounds a job from outside.
    """

    def __init__(
        self, client: KubernetesClient, *, namespace: str, laden: Laden, held: Held | None = None
    ) -> None:
        self._client = client
        self._jobs = Jobs(client, namespace, KIND)
        self._laden = laden
        self._held = held or Held()

    def run(self, job: SandboxJob) -> SandboxOutcome:
        """Run the job to its end; nothing of it is left in the cluster in any case.

        Raises:
            BackendError: the cluster or the image registry is not there, or has no sandbox for us.
        """
        self._require_walls()
        pod = pod_object(job, self._laden.have(job.runtime, job.inputs), self._held)
        with ExitStack() as stack:
            for path in job.outputs.values():
                stack.enter_context(writable(path))
            packed = stack.enter_context(tempfile.TemporaryFile(prefix="ona-outputs-"))
            name = stack.enter_context(self._jobs.made(pod, deadline_s=deadline_s(job, self._held)))
            started = time.monotonic()
            said, state = self._followed(name, job, packed)
            seconds = time.monotonic() - started
            if said is None:
                return _unsaid(state, seconds)
            if said.is_whole:
                packed.seek(0)
                unpack(packed, list(job.outputs.values()), job.limits.written_bytes)
        return _outcome(said, job)

    def _require_walls(self) -> None:
        namespace = self._jobs.namespace
        path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/{POLICY}"
        if self._client.get(path, "look for the sandbox's NetworkPolicy") is None:
            raise BackendError(
                f"namespace {namespace} has no NetworkPolicy {POLICY!r}, and is no sandbox without it",
                hint="an administrator applies it once: kubectl apply -k k8s/install",
            )

    def _followed(self, name: str, job: SandboxJob, packed: IO[bytes]) -> tuple[Said | None, PodState]:
        """Wait for the pod's last line; None where it ended without one."""
        deadline = time.monotonic() + self._held.start_s
        has_started = False
        while True:
            pod = self._jobs.pod(name)
            state = state_of(pod)
            if state.at != "waiting" and pod is not None:
                if not has_started:
                    has_started, deadline = True, time.monotonic() + 2 * job.limits.timeout_s + _SILENCE_S
                said = self._said(pod["metadata"]["name"], packed)
                if said is not None or state.at == "over":
                    return said, state
            if state.is_hopeless or time.monotonic() > deadline:
                raise lost(name, state)
            time.sleep(_PAUSE_S)

    def _said(self, pod: str, packed: IO[bytes]) -> Said | None:
        packed.seek(0)
        packed.truncate()
        lines = self._client.chunks(
            f"{self._jobs.pods}/{pod}/log", f"read what {pod} said", silence_s=_SILENCE_S, follow="true"
        )
        return kept(lines, packed, self._held.most_bytes)


def _unsaid(state: PodState, seconds: float) -> SandboxOutcome:
    """The outcome of a pod that was ended as a whole, as its status tells."""
    if state.stopped is None:
        raise lost("the sandbox's pod", state)
    return SandboxOutcome(state.stopped, state.status, "", seconds)


def _outcome(said: Said, job: SandboxJob) -> SandboxOutcome:
    if said.missing:
        raise BackendError(f"{job.runtime} has no program {said.missing}")
    text = said.output.decode(errors="replace")
    return SandboxOutcome(ending(said.status, text, stopped=said.stopped), said.status, text, said.seconds)
