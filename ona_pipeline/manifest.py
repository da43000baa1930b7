"""Writes the model manifest beside a model: ``python -m ona_pipeline.manifest models/NAME``.

`ona retrain` does this by itself; here is the same for a model that is committed by hand.
"""

import sys
from pathlib import Path

from ona_pipeline.errors import OnaError, UsageError
from ona_pipeline.serving import manifest
from ona_pipeline.source.declaration import parse_declaration


def write(folder: Path) -> Path:
    """Write the model manifest of ``models/NAME``, to the file that its ``release.toml`` names.

    Args:
        folder: ``models/NAME`` in a work tree.

    Returns:
        The file that was written.

    Raises:
        UsageError: the declaration or the model is not there, or the model holds what no manifest can name.
    """
    declared = folder / "release.toml"
    if not declared.is_file():
        raise UsageError(f"{folder} has no release.toml", hint="wanted a folder of models/")
    model = parse_declaration(
        declared.read_bytes(), subject=str(declared), model=folder.absolute().name
    ).model
    if not (folder / model.path).is_dir():
        raise UsageError(f"{folder / model.path} is no folder", hint=f"the model goes there, says {declared}")
    try:
        content = manifest.make(folder / model.path)
    except ValueError as error:
        raise UsageError(f"{folder / model.path} cannot be released: {error}") from error
    (folder / model.manifest).write_bytes(content)
    return folder / model.manifest


def main(arguments: list[str]) -> int:
    """Write one manifest; the answer is its path and the model digest."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m ona_pipeline.manifest models/NAME\n")
        return UsageError.exit_code
    try:
        written = write(Path(arguments[0]))
    except OnaError as error:
        sys.stderr.write(f"error: {error.message}\nhint: {error.hint}\n")
        return error.exit_code
    sys.stdout.write(f"{written}  {manifest.digest(written.read_bytes())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
