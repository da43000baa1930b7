"""Read ``release.toml``: bytes in, `Declaration` out, and one clear sentence where that cannot be."""

import difflib
import re
import tomllib
from typing import Any, get_args, get_type_hints

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.records.canonical import convert
from ona_pipeline.records.declaration import Declaration

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.+?)`(?: - at `(?P<path>.+)`)?\Z")
_MISSING = re.compile(r"Object missing required field `(?P<key>.+?)`(?: - at `(?P<path>.+)`)?\Z")
_INDEX = re.compile(r"\[\d+\]")
_WRONG = re.compile(r"(?P<why>.+) - at `(?P<path>.+)`\Z")


def parse_declaration(content: bytes, *, subject: str, model: str) -> Declaration:
    """Read the bytes of a ``release.toml``.

    Args:
        content: the file, UTF-8.
        subject: where it came from, for messages: ``models/digits/release.toml at 1f2e3d4c5b6a``.
        model: name of the folder that it is in.

    Raises:
        UsageError: it is not TOML, has an unknown or missing key, a wrong type, or names another model.
    """
    try:
        found = convert(tomllib.loads(content.decode()), Declaration)
    except msgspec.ValidationError as error:
        raise _sentence(subject, str(error)) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{subject} is not TOML: {error}", hint="TOML 1.0, UTF-8") from error
    if found.model.name != model:
        raise UsageError(
            f"{subject}: model.name is {found.model.name!r}, wanted the folder's name {model!r}",
            hint="rename the folder, or correct model.name",
        )
    return found


def _sentence(subject: str, said: str) -> UsageError:
    if match := _UNKNOWN.match(said):
        path = _dotted(match["path"])
        return UsageError(
            f"{subject}: unknown key {_joined(path, match['key'])!r}", hint=_did_you_mean(path, match["key"])
        )
    if match := _MISSING.match(said):
        key = _joined(_dotted(match["path"]), match["key"])
        return UsageError(f"{subject}: the key {key!r} is missing", hint=f"add {key} to the file")
    if match := _WRONG.match(said):
        why = match["why"][:1].lower() + match["why"][1:]
        return UsageError(f"{subject}: {_dotted(match['path'])}: {why}")
    return UsageError(f"{subject}: {said}")


def _dotted(path: str | None) -> str:
    return (path or "").removeprefix("$").removeprefix(".")


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _did_you_mean(path: str, key: str) -> str:
    known = sorted(_keys(path))
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys here: {', '.join(known)}"


def _keys(path: str) -> list[str]:
    kind: Any = Declaration
    for part in filter(None, _INDEX.sub("", path).split(".")):
        kind = get_type_hints(kind).get(part, kind)
        kind = next((a for a in get_args(kind) if _is_struct(a)), kind)
    return list(kind.__struct_fields__) if _is_struct(kind) else []


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
