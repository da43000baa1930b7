"""`ona verify`: the first gate alone, for files that lie anywhere; and where an image came from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ona_pipeline.cli import image, options, output

if TYPE_CHECKING:
    from ona_pipeline.policy import VerifyPolicy
    from ona_pipeline.verify.paths import PathVerdict

EXAMPLES = """Examples:

\b
  ona verify models/digits                     a model with manifest and lock, as it lies there
  ona verify model.skops *.onnx                files alone
  ona verify old.pkl --formats skops,pickle    by a wider policy, for this once
  ona verify old.pkl --explain                 what would have to be allowed, and why not to
  ona verify registry.example.org/team/digits@sha256:… --key cosign.pub
"""


def run(
    targets: Annotated[
        list[str], typer.Argument(metavar="PATH|IMAGE", help="Model folders and files; images.")
    ],
    formats: Annotated[
        str,
        typer.Option("--formats", metavar="LIST", help="Allow these: skops,onnx,pickle,joblib,numpy."),
    ] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what a policy would have to allow, and why not to.")
    ] = False,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="FILE", help="Public key by which an image's attestations count."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Judge model files without loading them; trace images."""
    from ona_pipeline.errors import RefusedError

    images = [text for text in targets if image.is_meant(text)]
    paths = [Path(text) for text in targets if text not in images]
    _all_there(paths)
    refused = image.trace(images, key or [], as_json=json) if images else 0
    refused += _judge(paths, _policy(formats), explain=explain, as_json=json) if paths else 0
    if refused and json:
        raise typer.Exit(RefusedError.exit_code)  # each has said so in a line of its own
    if refused:
        hint = "" if explain or not paths else "ona verify --explain says what would have to be allowed"
        raise RefusedError(f"{refused} of {len(targets)} refused", hint=hint)


def _judge(paths: list[Path], policy: "VerifyPolicy", *, explain: bool, as_json: bool) -> int:
    from datetime import UTC, datetime

    from ona_pipeline.verify.paths import judge

    refused = 0
    for path in paths:
        verdict = judge(path, policy, clock=lambda: datetime.now(UTC))
        refused += verdict.verdict != "passed"
        _say(verdict, as_json=as_json)
        if explain and verdict.verdict != "passed":
            _explain(path, policy)
    return refused


def _all_there(paths: list[Path]) -> None:
    from ona_pipeline.errors import UsageError

    if missing := [str(path) for path in paths if not path.exists() and not path.is_symlink()]:
        hint = "name files and folders that exist, or images: HOST/NAME:TAG, HOST/NAME@sha256:…"
        raise UsageError(f"nothing is there: {', '.join(missing)}", hint=hint)


def _policy(formats: str) -> "VerifyPolicy":
    """The policy of the repository that we are in, at its trusted ref; elsewhere the one that is shipped."""
    import msgspec

    from ona_pipeline import project
    from ona_pipeline.errors import UsageError
    from ona_pipeline.policy import VerifyPolicy
    from ona_pipeline.records.canonical import convert

    policy = project.here().policy()[1].verify if project.is_near(Path.cwd()) else VerifyPolicy()
    if not formats:
        return policy
    try:
        asked = convert({"formats": [name.strip() for name in formats.split(",")]}, VerifyPolicy).formats
    except msgspec.ValidationError as error:
        raise UsageError(f"--formats: {error}", hint="skops,onnx,pickle,joblib,numpy") from error
    return msgspec.structs.replace(policy, formats=asked)


def _say(verdict: "PathVerdict", *, as_json: bool) -> None:
    if as_json:
        output.json(verdict)
        return
    output.line(f"{verdict.verdict}  {verdict.path}{f'  ({verdict.format})' if verdict.format else ''}")
    for finding in verdict.findings:
        output.line(f"    {finding.code}: {finding.sentence}")
        if finding.hint:
            output.line(f"        {finding.hint}")


def _explain(path: Path, policy: "VerifyPolicy") -> None:
    """On stderr, so that one line of JSON stays one line."""
    from datetime import UTC, datetime

    import msgspec

    from ona_pipeline.verify.explain import explain
    from ona_pipeline.verify.formats import WALKED
    from ona_pipeline.verify.paths import judge

    wide = msgspec.structs.replace(policy, formats=WALKED)
    output.note(f"{path} would pass by [tool.ona.verify] with:")
    for text in explain(judge(path, wide, clock=lambda: datetime.now(UTC))):
        output.note(f"    {text}")
