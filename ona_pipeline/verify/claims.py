"""What a model says of the environment that it wants: read as data, said to people, and never honoured.

The serving image is made from the requirements lock alone, which `lock.py` judges.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.verify.files import open_plain

_FILES = ("requirements.txt", "conda.yaml", "python_env.yaml")
_MAX_BYTES = 1 << 20
_LEADS_ELSEWHERE = re.compile(
    r"""(?:^|[\s"'])(?:--(?:index-url|extra-index-url|find-links|trusted-host|editable|config-settings|pre)\b"""
    r"""|-[ief]\s|-[rc]\s+(?!requirements\.txt)|git\+|\w+://|@\s).*""",
    re.MULTILINE,
)


def judge(present: dict[str, Path]) -> Iterator[Finding]:
    """A note for each file of an environment that leads to other packages than a lock would name."""
    for name in _FILES:
        found = _LEADS_ELSEWHERE.search(_text(present[name])) if name in present else None
        if found:
            yield Finding(
                "claim-not-honoured",
                name,
                f"{name}: asks for {found[0].strip()[:200]!r}, which is not looked at; the lock decides",
                severity=Severity.NOTE,
            )


def _text(path: Path) -> str:
    """The file's text; none where it cannot be read, for which there is a finding."""
    try:
        with open_plain(path) as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
