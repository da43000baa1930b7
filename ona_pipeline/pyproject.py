"""The table ``[tool.ona]`` of a ``pyproject.toml``, which settings and policy are both read from."""

import tomllib
from typing import Any

import msgspec

from ona_pipeline.errors import UsageError


class _Tools(msgspec.Struct):
    ona: dict[str, Any] = {}


class _Document(msgspec.Struct):
    tool: _Tools = msgspec.field(default_factory=_Tools)


def ona_table(content: bytes, *, subject: str) -> dict[str, Any]:
    """The table, or an empty one where the file has none.

    Args:
        content: the file, UTF-8.
        subject: where it came from, for messages.

    Raises:
        UsageError: it is not TOML, or `[tool.ona]` is no table.
    """
    try:
        return msgspec.convert(tomllib.loads(content.decode()), _Document).tool.ona
    except msgspec.ValidationError as error:
        raise UsageError(f"{subject}: wanted a table [tool.ona]: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{subject} is not TOML: {error}", hint="TOML 1.0, UTF-8") from error
