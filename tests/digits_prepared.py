"""What `prepare` says of the digits model, for tests of the stages after it."""

from typing import Any

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import PreparedModel, Signature, TensorSpec
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.verify.contents import look
from tests.digits import Clock

RUNTIME = PinnedReference.of("registry.example/ona/runtime", Digest.of(b"runtime"))
SIGNATURE = Signature(
    inputs=(TensorSpec("pixels", "FP64", (-1, 64)),),
    outputs=(TensorSpec("label", "INT64", (-1,)), TensorSpec("probabilities", "FP64", (-1, 10))),
)


def prepared(snapshot: Snapshot, **changes: Any) -> PreparedModel:
    """Evidence for the snapshot as it is now, with `changes`."""
    clock = Clock()
    types = look(snapshot.model / "model.skops", "model.skops", VerifyPolicy()).content.names
    said: dict[str, Any] = {
        "subject": snapshot.model_digest,
        "started_at": clock(),
        "finished_at": clock(),
        "runtime": RUNTIME,
        "runtime_key": Digest.of(b"key"),
        "runtime_made": False,
        "form": "skops",
        "form_digest": snapshot.model_digest,
        "signature": SIGNATURE,
        "estimator": "sklearn.pipeline.Pipeline",
        "trusted_types": tuple(sorted(types)),
        "packages": {},
    }
    return PreparedModel(**(said | changes))
