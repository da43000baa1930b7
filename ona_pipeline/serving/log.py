"""One JSON line for each event, on stdout; uvicorn's own lines too."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from .release import Identity

LOGGER = logging.getLogger("ona_serving")


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON with the release id in it."""

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = identity

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "server"),
            "message": record.getMessage(),
            "release": self._identity.release,
            "model_digest": self._identity.model_digest,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(identity: Identity) -> None:
    """Send everything that is logged in this process to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(identity))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


def say(event: str, message: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log one event.

    Args:
        event: stable, for programs: ``not-servable``.
        message: one sentence.
        level: of the standard library's logging.
        fields: further keys of the line.
    """
    LOGGER.log(level, message, extra={"event": event, "fields": fields})
