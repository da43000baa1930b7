"""The model's attestation: the files of the model, signed by a key that the releaser's policy names.

The form is OpenSSF Model Signing's: its command line verifies what is written here, and what it signs is
verified here. What counts is that the signed list is the model manifest's, file by file: whatever the signer
was told to ignore, nothing that is in the model goes unsigned.

Source:
    "Model Signing Specification" v1.0; in-toto Statement v1.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from ona_pipeline.attestation.bundle import STATEMENT, UNREADABLE, is_by, seal, unseal
from ona_pipeline.attestation.keys import fingerprint, public_key
from ona_pipeline.attestation.signer import Signer
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.serving.manifest import Manifest

_PREDICATE = "https://model_signing/signature/v1.0"
_HINT = "sign it: python -m ona_pipeline.manifest models/NAME --sign KEY.pem"


def attest(files: Manifest, name: str, signer: Signer) -> bytes:
    """Sign the files of a model.

    Args:
        files: the model manifest.
        name: of the model folder, which becomes the subject.
        signer: what signs.

    Returns:
        A Sigstore bundle, as ``model_signing`` reads it.
    """
    return seal(msgspec.json.encode(_statement(files, name)), signer)


def judge(
    content: bytes | None, files: Manifest, *, subject: str, keys: tuple[str, ...], is_required: bool
) -> Iterator[Finding]:
    """Compare an attestation with the model manifest, and its signature with the keys of the policy.

    Args:
        content: the attestation; None where there is none.
        files: the model manifest.
        subject: the attestation's name, for findings.
        keys: public keys, PEM; with none, and none required, an attestation is not looked at.
        is_required: whether there must be one.

    Raises:
        UsageError: a key of the policy is no public key.
    """
    where = "signing_keys in [tool.ona.verify]"
    known = {fingerprint(key): key for key in (public_key(text, where=where) for text in keys)}
    if content is None and is_required:
        yield Finding(
            "attestation-missing", subject, f"{subject}: wanted an attestation, found none", hint=_HINT
        )
    if content is None or not (keys or is_required):
        return
    try:
        opened = unseal(content)
        listed = _listed(opened.payload)
    except UNREADABLE as error:
        sentence = (
            f"{subject}: wanted an attestation of OpenSSF Model Signing, found none that can be read: {error}"
        )
        yield Finding("attestation-unreadable", subject, sentence, hint=_HINT)
        return
    by = next((name for name, key in known.items() if is_by(key, opened)), "")
    if not by:
        sentence = f"{subject}: wanted a signature by one of {len(known)} keys of the policy, found none"
        yield Finding("attestation-untrusted", subject, sentence, hint=_HINT)
        return
    yield from _compared(listed, files, subject)
    yield Finding("attested", subject, f"{subject}: signed by the key {by[:16]}", Severity.NOTE)


def _statement(files: Manifest, name: str) -> dict[str, Any]:
    resources = [
        {"name": path, "algorithm": "sha256", "digest": entry.digest.removeprefix("sha256:")}
        for path, entry in sorted(files.items())
    ]
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": _root(one["digest"] for one in resources)}}],
        "predicateType": _PREDICATE,
        "predicate": {
            "resources": resources,
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
                "ignore_paths": [],
            },
        },
    }


def _root(digests: Iterator[str]) -> str:
    return hashlib.sha256(b"".join(map(bytes.fromhex, digests))).hexdigest()


def _listed(payload: bytes) -> dict[str, str]:
    """Path to digest, of a statement that is well-formed; said twice is not."""
    statement = msgspec.json.decode(payload)
    predicate, [subject] = statement["predicate"], statement["subject"]
    resources = predicate["resources"]
    is_known = (statement["_type"], statement["predicateType"]) == (STATEMENT, _PREDICATE)
    if not is_known or predicate["serialization"]["method"] != "files":
        raise ValueError("wanted a statement about whole files")
    listed = {str(one["name"]): f"sha256:{one['digest']}" for one in resources}
    if len(listed) != len(resources) or any(one["algorithm"] != "sha256" for one in resources):
        raise ValueError("wanted each file once, by its SHA-256")
    if subject["digest"]["sha256"] != _root(one["digest"] for one in resources):
        raise ValueError("the digest of the whole is not that of its files")
    return listed


def _compared(listed: dict[str, str], files: Manifest, subject: str) -> Iterator[Finding]:
    for name in sorted(listed.keys() | files.keys()):
        wanted, found = listed.get(name, "nothing"), files[name].digest if name in files else "nothing"
        if wanted != found:
            sentence = f"{name}: signed was {wanted}, the model manifest says {found} ({subject})"
            yield Finding("attestation-mismatch", name, sentence, hint=_HINT)
