"""The evidence of each stage: made when a verdict was reached, frozen, one canonical JSON form."""

from datetime import datetime
from typing import Any

import msgspec

from ona_pipeline.records.attestation import Attestation
from ona_pipeline.records.canonical import decode
from ona_pipeline.records.comparison import Comparison
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Finding, Verdict, verdict_of
from ona_pipeline.records.form import Equality
from ona_pipeline.records.quality import (
    CalibrationBin,
    Confusion,
    Drift,
    Sampling,
    SliceMetrics,
    UnmetExpectation,
)
from ona_pipeline.records.question import Question
from ona_pipeline.records.reference import PinnedReference


class Evidence(msgspec.Struct, frozen=True, kw_only=True, tag_field="stage"):
    """What every stage's evidence has.

    Attributes:
        subject: the model digest (of the model manifest's bytes).
        findings: the reasons, refusals first.
        started_at: when the stage began, UTC.
        finished_at: when it had its verdict, UTC.
        tools: name to version of what judged.
    """

    subject: Digest
    findings: tuple[Finding, ...] = ()
    started_at: datetime
    finished_at: datetime
    tools: dict[str, str] = {}

    @property
    def verdict(self) -> Verdict:
        """What the findings add up to."""
        return verdict_of(self.findings)


class IntegrityEvidence(Evidence, frozen=True, kw_only=True, tag="verify"):
    """The model is what was declared, and nothing in it runs code on load, or it is not and does.

    Attributes:
        files: number of files in the model directory.
        size_bytes: their sizes added up.
        format: the serialisation format that was found, such as ``skops``; empty where none was recognised.
        types: every ``module.Class`` that loading would make, sorted.
        lock: digest of the requirements lock.
        declaration: digest of ``release.toml``.
        policy: digest of the policy that judged.
    """

    files: int
    size_bytes: int
    format: str
    types: tuple[str, ...]
    lock: Digest
    declaration: Digest
    policy: Digest


class TensorSpec(msgspec.Struct, frozen=True):
    """One input or output of the model signature; -1 in `shape` means any number of rows."""

    name: str
    datatype: str
    shape: tuple[int, ...]


class Signature(msgspec.Struct, frozen=True):
    """The model signature (MLflow's input-output schema), in the words of the inference protocol."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


class PreparedModel(Evidence, frozen=True, kw_only=True, tag="prepare"):
    """The runtime and the form of the model that will serve, loaded once in the sandbox.

    Attributes:
        runtime: the image of base and runtime layer; None where the gate refused before there was one.
        runtime_key: digest of lock, base, platform and server, by which the runtime is looked up.
        runtime_made: whether this release had to make it.
        form: which form serves: ``skops`` or ``onnx``.
        form_digest: digest of the manifest of that form's files; the model digest where it is as committed.
        signature: inputs and outputs.
        estimator: ``module.Class`` of what was loaded.
        trusted_types: the types that the releaser's policy lets this model make when it is loaded.
        packages: name to version of everything in the runtime.
        equality: how a faster form compares with the committed one; None where none was looked for.
        kept: where the image registry has the form's files; None where the commit has them.
    """

    runtime: PinnedReference | None
    runtime_key: Digest
    runtime_made: bool
    form: str
    form_digest: Digest
    signature: Signature | None
    estimator: str
    trusted_types: tuple[str, ...]
    packages: dict[str, str]
    equality: Equality | None = None
    kept: PinnedReference | None = None


class SuiteOutcome(msgspec.Struct, frozen=True):
    """What one Great Expectations suite said.

    Attributes:
        name: the suite's file name.
        table: which table it judged: data, predictions, metrics, slices or drift.
        digest: of the suite's file.
        expectations: how many it holds.
        unmet: how many of them were not met.
    """

    name: str
    table: str
    digest: Digest
    expectations: int
    unmet: int


class ValidationEvidence(Evidence, frozen=True, kw_only=True, tag="validate"):
    """How good the form that will serve is, on held-out rows.

    Attributes:
        form_digest: the form that was judged.
        data: digest of the evaluation data.
        rows: rows judged.
        metrics: name to value.
        suites: what each suite said.
        comparison: with the champion; None means *not applicable*: there is none yet.
        unmet: every expectation that was not met, with the first rows that are otherwise.
        slices: metrics of each slice.
        drift: each feature against the training sample; empty where none is declared.
        confusion: true against answered classes; None for regression, or too many classes.
        calibration: how right answers of about the same probability are.
        sampling: what was measured on a sample.
    """

    form_digest: Digest
    data: Digest
    rows: int
    metrics: dict[str, float]
    suites: tuple[SuiteOutcome, ...]
    comparison: Comparison | None
    unmet: tuple[UnmetExpectation, ...] = ()
    slices: tuple[SliceMetrics, ...] = ()
    drift: tuple[Drift, ...] = ()
    confusion: Confusion | None = None
    calibration: tuple[CalibrationBin, ...] = ()
    sampling: tuple[Sampling, ...] = ()


class BuildEvidence(Evidence, frozen=True, kw_only=True, tag="build"):
    """The serving image: every blob of it is in the image registry, and its image manifest is here.

    Attributes:
        repository: registry host and repository that the image belongs to.
        image: digest of the image manifest.
        image_manifest: its exact text, so that publishing needs nothing else.
        model_layer: digest of the compressed model layer.
        new_bytes: bytes that this release sent to the registry.
        size_bytes: all layers of the image, compressed.
    """

    repository: str
    image: Digest
    image_manifest: str
    model_layer: Digest
    new_bytes: int
    size_bytes: int

    @property
    def reference(self) -> PinnedReference:
        """The pinned reference that will be published."""
        return PinnedReference.of(self.repository, self.image)


class PublishEvidence(Evidence, frozen=True, kw_only=True, tag="publish"):
    """The image in the registry: tagged, read back, started, and asked the known question.

    Attributes:
        image: the pinned reference, read back from the registry.
        tag: the tag made for people.
        question: the known question, as it was asked, for every rollout of this image.
        answer: output name to values, as the started image gave them.
        start_s: seconds from container start to the first right answer.
        attestations: signed statements that lie beside the image; none where no key was set.
    """

    image: PinnedReference
    tag: str
    question: Question
    answer: dict[str, list[Any]]
    start_s: float
    attestations: tuple[Attestation, ...] = ()


class InstanceAnswer(msgspec.Struct, frozen=True):
    """One pod or container, asked the known question.

    Attributes:
        name: of the pod or container; ``service`` for the address in front of them.
        digest: of the image it runs; None for the service.
        release: the release id it answered with.
        right: whether the known answer came.
    """

    name: str
    digest: Digest | None
    release: str
    right: bool


class RolloutEvidence(Evidence, frozen=True, kw_only=True, tag="roll-out"):
    """What a target serves after a rollout.

    Refused means: it was not well by the deadline, and the target was put back to `restored`.

    Attributes:
        target: what was changed, for people: ``kubernetes lab/digits/deployment/digits``.
        image: the pinned reference that was rolled out.
        objects: digest of the rendered Kubernetes objects or container settings.
        instances: each one asked, the service last.
        restored: what serves again after a rollout that was not well; None where nothing had to be put back.
        address: where the model now answers.
    """

    target: str
    image: PinnedReference
    objects: Digest
    instances: tuple[InstanceAnswer, ...]
    restored: PinnedReference | None
    address: str


class CanaryEvidence(Evidence, frozen=True, kw_only=True, tag="canary"):
    """How a share of instances did beside the others, before a rollout.

    Attributes:
        target: the canary, for people: ``kubernetes lab/digits/deployment/digits-canary``.
        image: the pinned reference that it served.
        instances: each of its instances, as it was asked before it was measured.
        canary_requests: answered by the canary while it was measured.
        stable_requests: answered by the others meanwhile.
        comparisons: what was most uneven, in sentences.
    """

    target: str
    image: PinnedReference
    instances: tuple[InstanceAnswer, ...]
    canary_requests: int
    stable_requests: int
    comparisons: tuple[str, ...]


AnyEvidence = (
    IntegrityEvidence
    | PreparedModel
    | ValidationEvidence
    | BuildEvidence
    | PublishEvidence
    | CanaryEvidence
    | RolloutEvidence
)


def read_evidence(content: bytes) -> AnyEvidence:
    """Read the evidence of whichever stage.

    Raises:
        msgspec.ValidationError: it is not evidence.
    """
    kind: Any = AnyEvidence
    found: AnyEvidence = decode(content, kind)
    return found
