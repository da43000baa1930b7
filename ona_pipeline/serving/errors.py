"""The two ways in which the server says no: to a caller, and to its own image."""

from typing import Any


class ProtocolError(Exception):
    """A request that gets no prediction.

    Args:
        message: names the field, what was wanted and what was found.
        status: HTTP status code.
        headers: sent along, lower-case names.
    """

    def __init__(self, message: str, *, status: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.headers = headers or {}


class NotServableError(Exception):
    """What lies in the image must not, or cannot, be served.

    Args:
        message: one sentence with the file, what was wanted and what was found.
        details: further fields of the log line; plain JSON values.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
