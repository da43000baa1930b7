"""``/opt/ona/release.json``: what the server is told about the model beside it."""

import msgspec

from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import Signature
from ona_pipeline.records.question import Question


class _ReleaseFile(msgspec.Struct, frozen=True):
    release: str
    model: str
    revision: str
    model_digest: Digest
    form: str
    trusted_types: tuple[str, ...]
    signature: Signature
    question: Question


def release_json(
    *,
    release: str,
    model: str,
    revision: str,
    model_digest: Digest,
    form: str,
    trusted_types: tuple[str, ...],
    signature: Signature,
    question: Question,
) -> bytes:
    """The content of ``release.json``: canonical JSON and a newline.

    Args:
        release: the release id; empty while a form is only being prepared or validated.
        model: the model's name, which is its name in the inference protocol.
        revision: full id of the commit that the model was read at.
        model_digest: of the model manifest's bytes.
        form: which form of the model serves: ``skops``.
        trusted_types: exact ``module.Class`` names that loading may make, allowed by the releaser's policy.
        signature: inputs and outputs.
        question: the known question, asked once before the server says that it is ready.
    """
    record = _ReleaseFile(
        release=release,
        model=model,
        revision=revision,
        model_digest=model_digest,
        form=form,
        trusted_types=tuple(sorted(trusted_types)),
        signature=signature,
        question=question,
    )
    return encode(record) + b"\n"
