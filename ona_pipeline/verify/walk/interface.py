"""What every walk returns, and how it says that a file is not what it should be."""

from collections.abc import Iterable

import msgspec

from ona_pipeline.records.finding import Finding


class MalformedError(Exception):
    """The file is not as an honest writer makes it.

    Args:
        code: of the finding that this becomes, such as ``truncated``.
        found: what was met, as the end of a sentence.
        wanted: what should have been there.
    """

    def __init__(self, code: str, found: str, *, wanted: str = "a well-formed file") -> None:
        super().__init__(found)
        self.code = code
        self.found = found
        self.wanted = wanted

    def finding(self, name: str) -> Finding:
        """The finding for the file called `name`."""
        return Finding(
            self.code,
            name,
            f"{name}: wanted {self.wanted}, found {self.found}",
            hint="save the model anew; a file that was damaged or crafted is not repaired",
        )


class Content(msgspec.Struct, frozen=True):
    """What is in a file.

    Attributes:
        names: every ``module.name`` that loading would import or make.
        calls: those among them that loading would call as functions.
        findings: why it is no file to load, where it is not.
    """

    names: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()


def joined(contents: Iterable[Content]) -> Content:
    """The contents of several files as one."""
    found = tuple(contents)
    return Content(
        frozenset().union(*(one.names for one in found)),
        frozenset().union(*(one.calls for one in found)),
        tuple(finding for one in found for finding in one.findings),
    )
