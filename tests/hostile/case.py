"""One hostile or damaged file, made when it is needed; none is ever committed."""

from dataclasses import dataclass
from pathlib import Path

CANARY = Path("/tmp/ona-canary")  # what every payload would touch; a test that finds it was executed upon


@dataclass(frozen=True)
class Case:
    """A file that must be refused.

    Attributes:
        name: what is wrong with it, for the test's name.
        content: its bytes.
        code: of a finding that must be among those given.
        file: its file name.
    """

    name: str
    content: bytes
    code: str
    file: str = "model.pkl"
