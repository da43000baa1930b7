"""The evaluation data: fetched, compared with its digest, parsed."""

import io
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import url2pathname, urlopen

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.records.declaration import EvaluationData, TrainingSample
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.validate.slices import cut

MAX_BYTES = 2 * 2**30
_TIMEOUT_S = 60.0


class Evaluation(msgspec.Struct, frozen=True):
    """Held-out rows.

    Attributes:
        frame: pandas DataFrame, features and label.
        label: the column that holds the truth.
        about: columns that are neither label nor features.
        slices: name to which rows are in it, shape (n,).
        sample: pandas DataFrame, rows that the model was trained on; None where none are declared.
    """

    frame: Any
    label: str
    about: tuple[str, ...] = ()
    slices: dict[str, Any] = {}
    sample: Any = None

    @property
    def features(self) -> Any:
        """All columns but the label and what is about the row, in order."""
        return self.frame.drop(columns=[self.label, *self.about])

    @property
    def table(self) -> Any:
        """What the data suites judge: all columns, and three that sum up the numeric features of each row.

        Great Expectations takes about 10 ms for an expectation; these let a suite speak of all columns.
        """
        numeric = self.features.select_dtypes("number")
        return self.frame.assign(
            features_missing=self.features.isna().sum(axis=1),
            features_min=numeric.min(axis=1),
            features_max=numeric.max(axis=1),
        )

    @property
    def truth(self) -> Any:
        """The label column, shape (n,)."""
        return self.frame[self.label].to_numpy()


def load(snapshot: Snapshot) -> Evaluation | Finding:
    """The evaluation data that the release declares, or why it cannot be used.

    Raises:
        BackendError: its server does not answer (retryable), or says that it has no such file.
    """
    declared = snapshot.declaration.data
    frame = _read(declared, snapshot.root)
    if isinstance(frame, Finding):
        return frame
    evaluation = _evaluation(frame, declared)
    if isinstance(evaluation, Finding) or declared.training is None:
        return evaluation
    sample = _read(declared.training, snapshot.root)
    if isinstance(sample, Finding):
        return sample
    missing = [name for name in evaluation.features.columns if name not in sample.columns]
    if missing:
        wanted = f"wanted every feature of the evaluation data, found none called {missing}"
        return _finding("data-does-not-fit", declared.training.path, wanted)
    return msgspec.structs.replace(evaluation, sample=sample)


def _read(declared: EvaluationData | TrainingSample, root: Path) -> Any:
    """A pandas DataFrame, or a finding."""
    path = declared.path
    content = _fetch(path, root)
    if content is None:
        return _finding("data-missing", path, "wanted this file in the model's folder, found none")
    found = Digest.of(content)
    if found != declared.digest:
        hint = "commit the data that was meant, or its new digest in release.toml"
        return _finding("data-digest", path, f"wanted {declared.digest}, found {found}", hint=hint)
    return _table(content, path)


def _table(content: bytes, path: str) -> Any:
    import pandas as pd

    # Read as a whole: in parts, the type of a column would hang on where a part ends.
    reader = _parquet if path.endswith(".parquet") else partial(pd.read_csv, low_memory=False)
    try:
        frame = reader(io.BytesIO(content))
    except (ValueError, OSError, pd.errors.ParserError) as error:
        return _finding("data-unreadable", path, f"wanted CSV or Parquet, found {error}")
    if not len(frame):
        return _finding("data-unreadable", path, "wanted rows, found none")
    return frame


def _parquet(file: io.BytesIO) -> Any:
    """A DataFrame; Arrow would keep the memory that reading took, as much again, for what is read next."""
    import pandas as pd
    import pyarrow as pa

    frame = pd.read_parquet(file)
    pa.default_memory_pool().release_unused()
    return frame


def _fetch(address: str, root: Path) -> bytes | None:
    scheme = urlsplit(address).scheme
    if scheme == "https":
        return _download(address)
    if scheme == "file":
        path = Path(url2pathname(urlsplit(address).path))
        return path.read_bytes() if path.is_file() else None
    path = root / address
    is_inside = root.resolve() in path.resolve().parents
    return path.read_bytes() if is_inside and path.is_file() else None


def _download(address: str) -> bytes:
    host = urlsplit(address).hostname
    try:
        with urlopen(address, timeout=_TIMEOUT_S) as response:  # noqa: S310  https alone reaches this line
            content: bytes = response.read(MAX_BYTES + 1)
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        raise BackendError(
            f"the evaluation data cannot be fetched from {host}: {error}",
            hint="check the address in release.toml, the proxy, and SSL_CERT_FILE for a private CA",
            retryable=getattr(error, "code", 500) >= 500,  # noqa: PLR2004  RFC 9110, 15.6: server errors
        ) from error
    if len(content) > MAX_BYTES:
        raise BackendError(f"the evaluation data at {host} is larger than {MAX_BYTES} bytes")
    return content


def _evaluation(frame: Any, declared: EvaluationData) -> Evaluation | Finding:
    path, label, columns = declared.path, declared.label, list(frame.columns)
    apart = {label, *declared.about}
    if not apart <= set(columns) or len(columns) == len(apart):
        wanted = f"wanted features and the columns {sorted(apart)}"
        return _finding("data-unreadable", path, f"{wanted}, found {columns[:20]}")
    if missing := int(frame[label].isna().sum()):
        wanted = f"wanted a label in every row, found {label!r} empty in {missing} of {len(frame)}"
        return _finding("data-unreadable", path, wanted)
    slices = cut(frame, declared.slices)
    return slices if isinstance(slices, Finding) else Evaluation(frame, label, declared.about, slices)


def _finding(code: str, subject: str, what: str, *, hint: str = "") -> Finding:
    return Finding(code, subject, f"{subject}: {what}", hint=hint)
