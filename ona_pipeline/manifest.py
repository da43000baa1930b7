"""Writes the model manifest beside a model: ``python -m ona_pipeline.manifest models/NAME [--sign KEY.pem]``.

`ona retrain` does this by itself; here is the same for a model that is committed by hand. With a key the
attestation of the model is written too.
"""

import argparse
import sys
from pathlib import Path

from ona_pipeline.attestation.keys import read_key
from ona_pipeline.attestation.signer import FileSigner
from ona_pipeline.errors import OnaError, UsageError
from ona_pipeline.serving import manifest
from ona_pipeline.source.declaration import parse_declaration
from ona_pipeline.verify.attestation import attest


def write(folder: Path, *, private_key: Path | None = None) -> Path:
    """Write the model manifest of ``models/NAME``, to the file that its ``release.toml`` names.

    Args:
        folder: ``models/NAME`` in a work tree.
        private_key: PEM file to sign the model's files with; None leaves them unsigned.

    Returns:
        The model manifest that was written.

    Raises:
        UsageError: declaration, model or key are not there, or the model holds what no manifest can
            name.
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
    if private_key is not None:
        signed = attest(manifest.parse(content), Path(model.path).name, FileSigner(read_key(private_key)))
        (folder / model.attestation).write_bytes(signed)
    (folder / model.manifest).write_bytes(content)
    return folder / model.manifest


def main(arguments: list[str]) -> int:
    """Write one manifest; the answer is its path and the model digest."""
    parser = argparse.ArgumentParser(prog="python -m ona_pipeline.manifest")
    parser.add_argument("folder", type=Path, metavar="models/NAME")
    parser.add_argument("--sign", type=Path, metavar="KEY.pem", help="write the attestation of the model too")
    options = parser.parse_args(arguments)
    try:
        written = write(options.folder, private_key=options.sign)
    except OnaError as error:
        sys.stderr.write(f"error: {error.message}\nhint: {error.hint}\n")
        return error.exit_code
    sys.stdout.write(f"{written}  {manifest.digest(written.read_bytes())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
