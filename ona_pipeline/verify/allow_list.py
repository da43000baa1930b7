"""Types that a model may make: the shipped list, and what the releaser's policy adds. Exact names only."""

from collections.abc import Iterable, Iterator
from importlib.resources import files

from ona_pipeline.records.finding import Finding

SHIPPED = "trusted_types.txt"


def shipped() -> frozenset[str]:
    """The names in the shipped list; its header says where they come from."""
    text = files("ona_pipeline.verify").joinpath(SHIPPED).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def judge(types: Iterable[str], trusted: tuple[str, ...]) -> Iterator[Finding]:
    """A finding for each type that neither the shipped list nor policy names."""
    for name in sorted(set(types) - shipped() - set(trusted)):
        yield Finding(
            "type-not-allowed",
            name,
            f"{name}: loading the model would make it; wanted a type on the allow-list, found it on none",
            hint=(
                "if it is harmless, have the releaser add the exact name to trusted_types in "
                "[tool.ona.verify] of pyproject.toml at the trusted ref; this commit cannot allow it"
            ),
        )
