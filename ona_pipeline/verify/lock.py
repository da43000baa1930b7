"""The requirements lock: one pinned, hashed requirement a line, and nothing that leads elsewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from ona_pipeline.records.finding import Finding
from ona_pipeline.verify.files import read_plain

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$", re.MULTILINE)  # pip: "Requirements File Format", comments
_LONGEST = 1000  # of a requirement without its hashes
_HASH = re.compile(r"hash[=\s]sha256:[0-9a-f]{64}\Z")
_HINT = "make the lock with `uv pip compile --generate-hashes --no-emit-index-url`"


def judge(path: Path) -> Iterator[Finding]:
    """Findings for each line that is not a requirement pinned by ``==`` with SHA-256 hashes."""
    try:
        text = read_plain(path).decode()
    except (OSError, UnicodeDecodeError) as error:
        yield _finding("lock-unreadable", path.name, f"wanted a text file, found {type(error).__name__}")
        return
    lines = [line for line in _logical_lines(text) if line]
    if not lines:
        yield _finding("lock-unreadable", path.name, "wanted hashed requirements, found none")
    for line in lines:
        yield from _judge_line(path.name, line)


def _logical_lines(text: str) -> list[str]:
    return [line.strip() for line in _COMMENT.sub("", text).replace("\\\n", " ").splitlines()]


def _judge_line(name: str, line: str) -> Iterator[Finding]:
    if line.startswith("-"):
        yield _finding(
            "lock-has-option",
            name,
            f"wanted requirements only, found the option {line.partition(' ')[0]!r:.80}",
        )
        return
    text, *options = (part.strip() for part in re.split(r"\s--", line))
    requirement = _requirement(text)
    if requirement is None:
        found = f"{text!r:.80}"
        yield _finding("lock-unreadable", name, f"wanted a requirement such as numpy==2.4.6, found {found}")
        return
    for option in (option for option in options if not option.startswith("hash")):
        yield _finding(
            "lock-has-option", name, f"{requirement.name}: wanted hashes only, found '--{option:.80}'"
        )
    if requirement.url:
        yield _finding("lock-has-url", name, f"{requirement.name}: wanted a version, found an address")
    elif not _is_pinned(requirement):
        yield _finding(
            "lock-not-pinned", name, f"{requirement.name}: wanted one version with ==, found {text!r}"
        )
    hashes = [option for option in options if option.startswith("hash")]
    if not hashes or not all(map(_HASH.match, hashes)):
        yield _finding(
            "lock-not-hashed", name, f"{requirement.name}: wanted --hash=sha256:…, found none or another"
        )


def _requirement(text: str) -> Requirement | None:
    """The requirement; None where it is none, or longer than any."""
    try:
        return Requirement(text) if len(text) <= _LONGEST else None
    except (InvalidRequirement, RecursionError):
        return None


def _is_pinned(requirement: Requirement) -> bool:
    pins = list(requirement.specifier)
    return len(pins) == 1 and pins[0].operator == "==" and not pins[0].version.endswith("*")


def _finding(code: str, name: str, what: str) -> Finding:
    return Finding(code, name, f"{name}: {what}", hint=_HINT)
