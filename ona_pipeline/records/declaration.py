"""What a model says of itself in ``release.toml``: names of files, data, suites and the known question."""

import math
from urllib.parse import urlsplit

import msgspec

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.question import Question

_LONGEST_NAME_BYTES = 255
_MOST_PARTS = 100


def _check_paths(*paths: str) -> None:
    """Hold that files can have such paths: Linux, path_resolution(7) and NAME_MAX."""
    for path in paths:
        parts = path.encode().split(b"/")
        if "\0" in path or max(map(len, parts)) > _LONGEST_NAME_BYTES or len(parts) > _MOST_PARTS:
            raise ValueError(f"wanted a path that a file can have, found {path!r:.80}")


def _check_address(address: str) -> None:
    """Hold that it is a path, or a URI that can be taken apart: RFC 3986, 3."""
    try:
        parts = urlsplit(address)
        is_sound = parts.scheme != "https" or (bool(parts.hostname) and parts.port != 0)
    except ValueError:
        is_sound = False
    if not is_sound:
        raise ValueError(f"wanted a path, or a file: or https: URI, found {address!r:.80}")


class ModelFiles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the model's parts are, relative to ``models/<name>/``."""

    name: str
    path: str = "model"
    manifest: str = "model.manifest.json"
    lock: str = "requirements.lock"
    attestation: str = "model.sig"

    def __post_init__(self) -> None:
        _check_paths(self.path, self.manifest, self.lock, self.attestation)


class SliceBy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parts of the rows that are judged on their own too.

    Attributes:
        column: of the evaluation data; one slice for each of its values.
        edges: numbers between which the slices lie instead.
    """

    column: str
    edges: tuple[float, ...] = ()


class TrainingSample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows that the model was trained on, or a sample of them.

    Attributes:
        path: a CSV or Parquet file with the same features: relative to ``models/<name>/``, or a URI.
        digest: of the file's bytes.
        shared: how many rows of the evaluation data may be among them.
    """

    path: str
    digest: Digest
    shared: int = 0

    def __post_init__(self) -> None:
        _check_address(self.path)


class EvaluationData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Held-out rows that the model has not seen.

    Attributes:
        path: a CSV or Parquet file: relative to ``models/<name>/``, or a ``file:`` or ``https:`` URI.
        digest: of the file's bytes; other bytes are refused.
        label: the column that holds the truth; every other column is a feature, in order.
        about: columns that describe a row and are no features.
        slices: by which columns rows are judged in parts.
        training: rows that the evaluation data is held against; None where none are declared.
    """

    path: str
    digest: Digest
    label: str
    about: tuple[str, ...] = ()
    slices: tuple[SliceBy, ...] = ()
    training: TrainingSample | None = None

    def __post_init__(self) -> None:
        _check_address(self.path)


class ChampionRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a candidate is compared with the version that an environment serves now.

    Attributes:
        metric: name of a metric.
        margin: how much worse than the champion still passes, in the metric's unit.
        confidence: level of the interval that must lie above minus `margin`.
        min_rows: fewer rows than these decide nothing.
    """

    metric: str = "accuracy"
    margin: float = 0.0
    confidence: float = 0.95
    min_rows: int = 100

    def __post_init__(self) -> None:
        if not 0 <= self.margin < math.inf or not 0 < self.confidence < 1:
            raise ValueError("wanted a margin of at least 0 and a confidence between 0 and 1")


class Suites(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Great Expectations suites, by file name in ``validation/<name>/``, and what fills their tables.

    Attributes:
        data: for the evaluation data.
        predictions: for the answers.
        metrics: for the table of one row that has every metric.
        slices: for the table that has a row for each slice.
        drift: for the table that has a row for each feature.
        noise: standard deviations by which features are moved to see what answers change; 0 for not asking.
        champion: how the candidate is compared.
    """

    data: tuple[str, ...] = ()
    predictions: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    noise: float = 0.0
    champion: ChampionRule = ChampionRule()

    def __post_init__(self) -> None:
        _check_paths(*self.data, *self.predictions, *self.metrics, *self.slices, *self.drift)
        if not 0 <= self.noise < math.inf:
            raise ValueError(f"wanted a noise of at least 0 that is finite, found {self.noise}")


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the model is made.

    Attributes:
        script: relative to ``models/<name>/``.
        lock: hashed requirements that the script needs, relative to ``models/<name>/``.
        timeout_s: wall clock for one training, seconds.
        memory_bytes: limit of the sandbox.
    """

    script: str = "train.py"
    lock: str = "training.lock"
    timeout_s: float = 1800.0
    memory_bytes: int = 4 * 2**30

    def __post_init__(self) -> None:
        _check_paths(self.script, self.lock)
        if not 0 < self.timeout_s < math.inf or self.memory_bytes < 1:
            raise ValueError("wanted a timeout above 0 that is finite, and some memory")


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of ``release.toml``."""

    model: ModelFiles
    data: EvaluationData
    validation: Suites
    question: Question
    training: Training = Training()

    def __post_init__(self) -> None:
        if not self.question.inputs or not self.question.answer:
            raise ValueError("question: wanted at least one input, and what one output must be; found none")
