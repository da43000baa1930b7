"""Evidence of the stages before the one under test, about a real snapshot."""

from typing import Any

from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import (
    BuildEvidence,
    IntegrityEvidence,
    PreparedModel,
    Signature,
    TensorSpec,
    ValidationEvidence,
)
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from tests.fakes.clock import FakeClock

SIGNATURE = Signature(
    inputs=(TensorSpec("pixels", "FP64", (-1, 64)),),
    outputs=(TensorSpec("label", "INT64", (-1,)), TensorSpec("probabilities", "FP64", (-1, 10))),
)
REFUSAL = Finding("digest-mismatch", "model.skops", "wanted one, found another")


def dated(snapshot: Snapshot) -> dict[str, Any]:
    now = FakeClock()()
    return {"subject": snapshot.model_digest, "started_at": now, "finished_at": now}


def integrity(snapshot: Snapshot, *findings: Finding) -> IntegrityEvidence:
    return IntegrityEvidence(
        **dated(snapshot),
        findings=findings,
        files=7,
        size_bytes=100_000,
        format="skops",
        types=(),
        lock=Digest.of(snapshot.lock.read_bytes()),
        declaration=Digest.of(b"declaration"),
        policy=Digest.of(b"policy"),
    )


def prepared(snapshot: Snapshot, runtime: PinnedReference) -> PreparedModel:
    return PreparedModel(
        **dated(snapshot),
        runtime=runtime,
        runtime_key=Digest.of(b"key"),
        runtime_made=False,
        form="skops",
        form_digest=snapshot.model_digest,
        signature=SIGNATURE,
        estimator="sklearn.pipeline.Pipeline",
        trusted_types=(),
        packages={},
    )


def validated(snapshot: Snapshot, *findings: Finding, form: Digest | None = None) -> ValidationEvidence:
    return ValidationEvidence(
        **dated(snapshot),
        findings=findings,
        form_digest=form or snapshot.model_digest,
        data=Digest.of(b"data"),
        rows=360,
        metrics={"accuracy": 0.98},
        suites=(),
        comparison=None,
    )


def built(snapshot: Snapshot, repository: str, manifest: bytes) -> BuildEvidence:
    return BuildEvidence(
        **dated(snapshot),
        repository=repository,
        image=Digest.of(manifest),
        image_manifest=manifest.decode(),
        model_layer=Digest.of(b"layer"),
        new_bytes=1,
        size_bytes=1,
    )
