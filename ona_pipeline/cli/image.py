"""Images, for `ona verify`: which arguments are meant as one, and what is said of them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ona_pipeline.cli import output

if TYPE_CHECKING:
    from ona_pipeline.tracing import TracedImage

_IMAGE = re.compile(r"[^\s/@]*[.:][^\s/@]*/[^\s@]+?(?::[\w.-]+|@sha256:[0-9a-f]+)|localhost/[^\s@]+[:@]\S+")


def is_meant(text: str) -> bool:
    """Whether an argument is an image: nothing lies there, and it has host, name, and tag or digest."""
    return not Path(text).exists() and _IMAGE.fullmatch(text) is not None


def trace(images: list[str], key_files: list[Path], *, as_json: bool) -> int:
    """Say where images came from.

    Args:
        images: as they were named.
        key_files: public keys; none: those of the policy, where there is a project.
        as_json: whether a record is wanted for each.

    Returns:
        How many are refused.

    Raises:
        UsageError: no key is known, or there is no such image.
        BackendError: the image registry is not there.
    """
    from ona_pipeline import project
    from ona_pipeline.ona import open_tracing

    here = project.here() if project.is_near(Path.cwd()) else None
    tracing = open_tracing(here)
    if key_files:
        keys, where = _read(key_files), "--key"
    else:
        keys = here.policy()[1].images.signing_keys if here else ()
        where = "signing_keys in [tool.ona.images]"
    refused = 0
    for text in images:
        found = tracing.trace(text, keys, where=where)
        refused += found.origin.verdict != "passed"
        output.json(found) if as_json else _say(found)
    return refused


def _read(files: list[Path]) -> tuple[str, ...]:
    from ona_pipeline.errors import UsageError

    try:
        return tuple(file.read_text() for file in files)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--key: {error}", hint="wanted a PEM file with a public key") from error


def _say(found: "TracedImage") -> None:
    origin = found.origin
    output.line(f"{origin.verdict}  {origin.image}")
    for finding in origin.findings:
        output.line(f"    {finding.code}: {finding.sentence}")
    if origin.release:
        output.line(f"    release   {origin.release} of {origin.model}, by {origin.builder}")
        output.line(f"    commit    {origin.commit} ({origin.revision})")
    for name, digest in origin.digests.items():
        output.line(f"    {name:<18}  {digest}")
    for said in found.approvals:
        reason = f": {said.reason}" if said.reason else ""
        output.line(
            f"    {said.environment}: {said.phase}, approved by {', '.join(said.by)} at {said.at}{reason}"
        )
    if found.ledger:
        output.line(f"    approvals unknown: {found.ledger}")
