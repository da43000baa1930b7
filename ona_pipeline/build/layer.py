"""The files of the model layer."""

from pathlib import Path

from ona_pipeline.errors import BackendError
from ona_pipeline.records.form import Form
from ona_pipeline.serving import manifest

_ROOT = "opt/ona"


def model_files(form: Form, release_file: bytes) -> dict[str, bytes | Path]:
    """Path in the image to content: the form of the model that serves, its manifest, ``release.json``.

    Args:
        form: the form that serves, as its manifest says.
        release_file: content of ``release.json``.

    Raises:
        BackendError: the files are not what `verify` saw: something else on this machine writes to them.
    """
    content = form.manifest.read_bytes()
    names = manifest.parse(content)
    if differences := manifest.differences(form.folder, names):
        raise BackendError(
            f"the model's files changed after they were verified: {differences[0]}",
            hint="release again; if it happens again, find out who writes to the temporary folder",
        )
    return {
        f"{_ROOT}/model.manifest.json": content,
        f"{_ROOT}/release.json": release_file,
        **{f"{_ROOT}/model/{name}": form.folder / name for name in names},
    }
