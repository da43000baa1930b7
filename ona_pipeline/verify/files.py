"""Every file of the model against the model manifest, and their sizes."""

import os
from collections.abc import Iterator
from pathlib import Path

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.serving import manifest

TOO_LARGE = "too-large"
_CODES = {"changed": "digest-mismatch"}
_HINTS = {
    "missing": "commit the file, or make the model manifest anew if it is not part of the model",
    "changed": "commit the file that is named, or make the model manifest anew if the change is meant",
    "added": "remove it, or make the model manifest anew if it belongs to the model",
    "symlink": "commit the file itself in place of the link",
    "outside": "a model may only hold files in its own directory",
    "not-a-file": "a model may only hold regular files",
    "executable": "chmod -x the file: what a model is made of is read, never run",
}


def compare(model: Path, manifest_file: Path) -> list[Finding]:
    """Findings for every difference between the model directory and its manifest."""
    try:
        wanted = manifest.parse(read_plain(manifest_file))
    except OSError:
        return [_manifest_missing(manifest_file.name)]
    except ValueError as error:
        return [
            Finding(
                "manifest-unreadable", manifest_file.name, str(error), hint="make the model manifest anew"
            )
        ]
    return [
        Finding(
            _CODES.get(difference.code, difference.code),
            difference.subject,
            f"{difference.subject}: wanted {difference.wanted}, found {difference.found}",
            hint=_HINTS[difference.code],
        )
        for difference in manifest.differences(model, wanted)
    ]


def judge_size(present: dict[str, Path], max_bytes: int) -> Iterator[Finding]:
    """A finding when the files together are larger than policy allows."""
    size_bytes = sum(path.lstat().st_size for path in present.values())
    if size_bytes > max_bytes:
        yield Finding(
            TOO_LARGE,
            "model",
            f"the model directory: wanted at most {max_bytes} bytes, found {size_bytes}",
            hint="make the model smaller, or raise max_bytes in [tool.ona.verify] at the trusted ref",
        )


def regular_files(folder: Path) -> dict[str, Path]:
    """Regular files below `folder` by POSIX name, sorted; links are neither listed nor followed."""
    found: dict[str, Path] = {}
    for parent, _, names in os.walk(folder, followlinks=False):
        for path in (Path(parent, name) for name in names):
            if path.is_file() and not path.is_symlink():
                found[path.relative_to(folder).as_posix()] = path
    return dict(sorted(found.items()))


def read_plain(path: Path) -> bytes:
    """The bytes of a regular file; a link is not followed.

    Raises:
        OSError: it is not there, cannot be read, or is a link.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        return file.read()


def digest_of(path: Path) -> Digest:
    """The digest of a file's bytes; of no bytes where it cannot be read, for which there is a finding."""
    try:
        return Digest.of(read_plain(path))
    except OSError:
        return Digest.of(b"")


def _manifest_missing(name: str) -> Finding:
    return Finding(
        "manifest-missing",
        name,
        f"{name}: wanted a model manifest that names every file by digest, found none that can be read",
        hint="make it with ona_pipeline.serving.manifest.make and commit it beside the model",
    )
