"""Calls to image registries: sent, repeated where that may help, and their failures translated."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ona_pipeline.clients.oci_credentials import host_of
from ona_pipeline.clients.oci_errors import refusal, translated
from ona_pipeline.clients.oci_retries import Patience
from ona_pipeline.clients.oci_session import Call, RegistrySession

if TYPE_CHECKING:
    import requests

T = TypeVar("T")


class RegistryCalls:
    """The way to all image registries; which one is the first part of each repository's name.

    Args:
        ca_bundle: PEM file of authorities to trust beside those of the machine; None for no others.
        timeout_s: to connect, and between two pieces of an answer, seconds.
        patience: which failures are waited out.
    """

    def __init__(
        self, *, ca_bundle: Path | None = None, timeout_s: float = 60.0, patience: Patience | None = None
    ) -> None:
        self._session = RegistrySession(ca_bundle, timeout_s)
        self._patience = patience or Patience()

    def answer(self, call: Call, action: str, wanted: tuple[int, ...]) -> "requests.Response":
        """The registry's answer, in one of the attempts.

        Args:
            call: the request.
            action: what it is for, to follow "could not".
            wanted: status codes that are an answer; every other is an error.

        Raises:
            BackendError: there was no such answer.
        """
        return self.repeated(call.repository, action, lambda: self.once(call, action, wanted))

    def once(self, call: Call, action: str, wanted: tuple[int, ...]) -> "requests.Response":
        """The same, in one attempt, as a part of what is repeated as a whole."""
        response = self._session.send(call)
        if response.status_code in wanted:
            return response
        who = self._session.who(call.repository)
        raise refusal(response, host_of(call.repository), action, who=who)

    def repeated(self, repository: str, action: str, work: Callable[[], T]) -> T:
        """What `work` gives, in one of the attempts; exceptions of the HTTP libraries are translated."""
        host = host_of(repository)

        def attempt() -> T:
            with translated(host, action):
                return work()

        return self._patience.repeated(attempt)
