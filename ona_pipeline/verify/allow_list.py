"""Names that a model may use: the shipped lists, and what the releaser's policy adds. Exact names only."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from ona_pipeline.records.finding import Finding
from ona_pipeline.verify.walk.interface import Content

SHIPPED = "trusted_types.txt"
CALLS = "trusted_calls.txt"


@cache
def shipped(name: str = SHIPPED) -> frozenset[str]:
    """The names in a shipped list; its header says where they come from."""
    text = files("ona_pipeline.verify").joinpath(name).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def judge(content: Content, trusted: tuple[str, ...]) -> Iterator[Finding]:
    """A finding for each name that neither the shipped lists nor policy allow, and for each call likewise.

    What may be called may be named only where it is called; what policy names may be both.
    """
    callable_names = shipped(CALLS)
    named = shipped() | (callable_names & content.calls) | set(trusted)
    for name in sorted(content.names - named):
        yield _finding("type-not-allowed", name, "loading the model would make it; wanted a type")
    for name in sorted((content.calls & named) - callable_names - set(trusted)):
        yield _finding("call-not-allowed", name, "loading the model would call it; wanted a function")


def _finding(code: str, name: str, what: str) -> Finding:
    return Finding(
        code,
        name,
        f"{name}: {what} on the allow-list, found it on none",
        hint=(
            "if it is harmless, have the releaser add the exact name to trusted_types in "
            "[tool.ona.verify] of pyproject.toml at the trusted ref; this commit cannot allow it"
        ),
    )
