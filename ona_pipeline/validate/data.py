"""The evaluation data: fetched, compared with its digest, parsed."""

import io
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import url2pathname, urlopen

import msgspec

from ona_pipeline.errors import BackendError
from ona_pipeline.records.declaration import EvaluationData
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
    """

    frame: Any
    label: str
    about: tuple[str, ...] = ()
    slices: dict[str, Any] = {}

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
    content = _fetch(declared.path, snapshot.root)
    if content is None:
        return _finding(
            "data-missing", declared.path, "wanted the evaluation data, found no such file in the model's"
        )
    found = Digest.of(content)
    if found != declared.digest:
        hint = "commit the data that was meant, or its new digest in release.toml"
        return _finding("data-digest", declared.path, f"wanted {declared.digest}, found {found}", hint=hint)
    return _parse(content, declared)


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
    except (URLError, TimeoutError, ConnectionError) as error:
        raise BackendError(
            f"the evaluation data cannot be fetched from {host}: {error}",
            hint="check the address in release.toml, the proxy, and SSL_CERT_FILE for a private CA",
            retryable=getattr(error, "code", 500) >= 500,  # noqa: PLR2004  RFC 9110, 15.6: server errors
        ) from error
    if len(content) > MAX_BYTES:
        raise BackendError(f"the evaluation data at {host} is larger than {MAX_BYTES} bytes")
    return content


def _parse(content: bytes, declared: EvaluationData) -> Evaluation | Finding:
    import pandas as pd

    path, label = declared.path, declared.label
    reader = pd.read_parquet if path.endswith(".parquet") else pd.read_csv
    try:
        frame = reader(io.BytesIO(content))
    except (ValueError, OSError, pd.errors.ParserError) as error:
        return _finding("data-unreadable", path, f"wanted CSV or Parquet, found {error}")
    apart = {label, *declared.about}
    if not apart <= set(frame.columns) or not len(frame) or len(frame.columns) == len(apart):
        wanted = f"wanted rows with features and the columns {sorted(apart)}"
        found = f"{len(frame)} rows with {len(frame.columns)} columns: {list(frame.columns)[:20]}"
        return _finding("data-unreadable", path, f"{wanted}, found {found}")
    if frame[label].isna().any():
        return _finding(
            "data-unreadable", path, f"wanted a label in every row, found {label!r} empty in some"
        )
    slices = cut(frame, declared.slices)
    return slices if isinstance(slices, Finding) else Evaluation(frame, label, declared.about, slices)


def _finding(code: str, subject: str, what: str, *, hint: str = "") -> Finding:
    return Finding(code, subject, f"{subject}: {what}", hint=hint)
