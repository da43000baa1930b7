"""``/opt/ona/release.json``: what the server is told about the model beside it."""

from typing import Self

import msgspec

from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import PreparedModel, Signature
from ona_pipeline.records.question import Question
from ona_pipeline.records.snapshot import Snapshot


class Served(msgspec.Struct, frozen=True):
    """What serves.

    Attributes:
        form: which form of the model: ``skops`` or ``onnx``.
        digest: of the manifest of that form's files.
        trusted_types: exact ``module.Class`` names that loading may make, allowed by the releaser's policy.
        signature: inputs and outputs.
    """

    form: str
    digest: Digest
    trusted_types: tuple[str, ...]
    signature: Signature

    @classmethod
    def of(cls, prepared: PreparedModel) -> Self:
        """As it was prepared.

        Raises:
            ValueError: it was refused before it had a signature.
        """
        if prepared.signature is None:
            raise ValueError("the prepared model has no signature")
        return cls(prepared.form, prepared.form_digest, prepared.trusted_types, prepared.signature)


class _ReleaseFile(msgspec.Struct, frozen=True):
    release: str
    model: str
    revision: str
    model_digest: Digest
    form: str
    form_digest: Digest
    trusted_types: tuple[str, ...]
    signature: Signature
    question: Question


def release_json(snapshot: Snapshot, served: Served, *, release: str = "") -> bytes:
    """The content of ``release.json``: canonical JSON and a newline.

    Args:
        snapshot: whose name is its name in the inference protocol; the known question is asked once before
            the server says that it is ready.
        served: the form that serves.
        release: the release id; empty while a form is only being prepared or validated.
    """
    record = _ReleaseFile(
        release=release,
        model=snapshot.name,
        revision=snapshot.origins.commit,
        model_digest=snapshot.model_digest,
        form=served.form,
        form_digest=served.digest,
        trusted_types=tuple(sorted(served.trusted_types)),
        signature=served.signature,
        question=snapshot.declaration.question,
    )
    return encode(record) + b"\n"
