"""From files to a model that may answer: files compared, model loaded, known question asked."""

from pathlib import Path
from typing import Any

import msgspec

from . import manifest, protocol
from .errors import NotServableError, ProtocolError
from .model import Predictor, load
from .release import Question, Release

_MOST_DIFFERENCES_LOGGED = 20


def load_checked(root: Path, release: Release) -> Predictor:
    """Compare the model manifest, then load; nothing of the model is opened before every file is as released.

    Args:
        root: folder that holds `model/` and `model.manifest.json`.
        release: content of `release.json`.

    Raises:
        NotServableError: the manifest or a file is not as released, or the model cannot be loaded.
    """
    _check_files(root, release)
    return load(root / "model", release)


def warm_up(predictor: Predictor, release: Release) -> None:
    """Ask the known question: shows that the model is right here, and pays for a first call's imports.

    Raises:
        NotServableError: there is no question, or the answer is another one.
    """
    if release.question is None:
        raise NotServableError("release.json: question: wanted a question with its answer, found none")
    try:
        arrays = protocol.decode_question(release.question.inputs, predictor.inputs)
        answer = predictor.predict(arrays)
    except ProtocolError as error:
        raise NotServableError(f"release.json: question: {error.message}") from error
    except Exception as error:  # an estimator may raise anything
        raise NotServableError(f"known question: the model raised {type(error).__name__}: {error}") from error
    found = {name: array.ravel().tolist() for name, array in answer.items()}
    _compare(release.question, msgspec.to_builtins(found))


def _check_files(root: Path, release: Release) -> None:
    path = root / "model.manifest.json"
    try:
        content = path.read_bytes()
        wanted = manifest.parse(content)
    except (OSError, ValueError) as error:
        raise NotServableError(f"{path.name}: cannot be read: {error}") from error
    expected = release.form_digest or release.model_digest
    if (digest := manifest.digest(content)) != expected:
        raise NotServableError(f"{path.name}: wanted {expected}, found {digest}")
    if found := manifest.differences(root / "model", wanted):
        raise NotServableError(f"model/{found[0]}{_and_more(len(found))}", differences=_plain(found))


def _plain(found: list[manifest.Difference]) -> list[dict[str, str]]:
    return [
        {"code": one.code, "subject": one.subject, "wanted": one.wanted, "found": one.found}
        for one in found[:_MOST_DIFFERENCES_LOGGED]
    ]


def _and_more(count: int) -> str:
    return f" (and {count - 1} more)" if count > 1 else ""


def _compare(question: Question, found: dict[str, list[Any]]) -> None:
    for name, wanted in question.answer.items():
        values = found.get(name)
        if values is None or not _alike(wanted, values, question.tolerance):
            raise NotServableError(f"known question: {name}: wanted {wanted}, found {values}")


def _alike(wanted: list[Any], found: list[Any], tolerance: float) -> bool:
    return len(wanted) == len(found) and all(
        _same(w, f, tolerance) for w, f in zip(wanted, found, strict=True)
    )


def _same(wanted: Any, found: Any, tolerance: float) -> bool:
    if isinstance(wanted, str | bool) or isinstance(found, str | bool):
        return bool(wanted == found)
    return bool(abs(wanted - found) <= tolerance)
