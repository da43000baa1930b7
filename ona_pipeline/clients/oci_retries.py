"""Which failures of an image registry are worth another try, and when.

Source:
    RFC 9110 section 15 and 10.2.3, "Retry-After"; RFC 6585 section 4, "429 Too Many Requests".
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ona_pipeline.errors import BackendError

if TYPE_CHECKING:
    import tenacity

T = TypeVar("T")
# Each call to a registry may be made twice: what is written is named by its content, or a tag that we own.
RETRYABLE_STATUS = frozenset({408, 429, 500, 502, 503, 504})


class BusyRegistryError(BackendError):
    """The registry has had enough of us for now.

    Args:
        message: as of every error.
        hint: what to do about it.
        wait_s: how long it asked us to wait, seconds; 0 where it did not say.
    """

    def __init__(self, message: str, *, hint: str = "", wait_s: float = 0.0) -> None:
        super().__init__(message, hint=hint, retryable=True)
        self.wait_s = wait_s


class Patience(msgspec.Struct, frozen=True):
    """How often, and how long.

    Attributes:
        attempts: how often a call is made before its failure stands, where repeating it may help.
        pause_s: wait before the second attempt, seconds; it doubles with each, up to 5 s.
        longest_wait_s: what a registry may ask for; where it asks for more, its failure stands at once.
    """

    attempts: int = 3
    pause_s: float = 0.2
    longest_wait_s: float = 30.0

    def repeated(self, call: Callable[[], T]) -> T:
        """What `call` gives, in one of the attempts.

        Raises:
            BackendError: that of the last attempt.
        """
        import tenacity

        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=self._wait_s,
            retry=tenacity.retry_if_exception(self._is_worth_it),
            reraise=True,
        )
        return attempts(call)

    def _is_worth_it(self, error: BaseException) -> bool:
        is_too_long = isinstance(error, BusyRegistryError) and error.wait_s > self.longest_wait_s
        return isinstance(error, BackendError) and error.retryable and not is_too_long

    def _wait_s(self, state: "tenacity.RetryCallState") -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.wait_s if isinstance(error, BusyRegistryError) else 0.0
        return max(asked_s, min(5.0, self.pause_s * 2.0 ** (state.attempt_number - 1)))


def asked_to_wait_s(headers: Mapping[str, str]) -> float:
    """What ``Retry-After`` says, seconds from now; 0 where it says nothing that can be read."""
    said = headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0
