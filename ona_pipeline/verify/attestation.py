"""The model's attestation: the files of the model, signed by a key that the releaser's policy names.

The form is OpenSSF Model Signing's: its command line verifies what is written here, and what it signs is
verified here. What counts is that the signed list is the model manifest's, file by file: whatever the signer
was told to ignore, nothing that is in the model goes unsigned.

Source:
    "Model Signing Specification" v1.0; in-toto Statement v1; DSSE v1.0, "Signature Definition"; Sigstore
    bundle v0.3.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ona_pipeline.errors import UsageError
from ona_pipeline.records.finding import Finding, Severity
from ona_pipeline.serving.manifest import Manifest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PAYLOAD = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://model_signing/signature/v1.0"
_HINT = "sign it: python -m ona_pipeline.manifest models/NAME --sign KEY.pem"
_UNREADABLE = (ValueError, KeyError, TypeError, LookupError, AttributeError, RecursionError, binascii.Error)


def read_key(path: Path) -> bytes:
    """A key to sign with: PEM, on one of the curves P-256, P-384 and P-521, without a password.

    Raises:
        UsageError: it is not there, or no such key.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        content = path.read_bytes()
        key = load_pem_private_key(content, password=None)
    except (OSError, ValueError, TypeError) as error:
        message = f"the signing key {path} cannot be read: {type(error).__name__}"
        raise UsageError(message, hint=_KEY_HINT) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise UsageError(f"{path} is a {type(key).__name__}, wanted an EC key", hint=_KEY_HINT)
    _hash_of(key.public_key())
    return content


def attest(files: Manifest, name: str, private_key: bytes) -> bytes:
    """Sign the files of a model.

    Args:
        files: the model manifest.
        name: of the model folder, which becomes the subject.
        private_key: as `read_key` read it.

    Returns:
        A Sigstore bundle, as ``model_signing`` reads it.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(private_key, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("wanted a key that read_key read")
    payload = msgspec.json.encode(_statement(files, name))
    signed = key.sign(_pre_authentication(payload), ec.ECDSA(_hash_of(key.public_key())))
    envelope = {"payload": _text(payload), "payloadType": _PAYLOAD, "signatures": [{"sig": _text(signed)}]}
    material = {"publicKey": {"hint": fingerprint(key.public_key())}, "tlogEntries": []}
    bundle = {"mediaType": _BUNDLE, "verificationMaterial": material, "dsseEnvelope": envelope}
    return msgspec.json.encode(bundle, order="sorted") + b"\n"


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
    known = {fingerprint(key): key for key in map(_public_key, keys)}
    if content is None and is_required:
        yield Finding(
            "attestation-missing", subject, f"{subject}: wanted an attestation, found none", hint=_HINT
        )
    if content is None or not (keys or is_required):
        return
    try:
        payload, signatures = _opened(content)
        listed = _listed(payload)
    except _UNREADABLE as error:
        sentence = (
            f"{subject}: wanted an attestation of OpenSSF Model Signing, found none that can be read: {error}"
        )
        yield Finding("attestation-unreadable", subject, sentence, hint=_HINT)
        return
    by = next((name for name, key in known.items() if _is_by(key, payload, signatures)), "")
    if not by:
        sentence = f"{subject}: wanted a signature by one of {len(known)} keys of the policy, found none"
        yield Finding("attestation-untrusted", subject, sentence, hint=_HINT)
        return
    yield from _compared(listed, files, subject)
    yield Finding("attested", subject, f"{subject}: signed by the key {by[:16]}", Severity.NOTE)


def fingerprint(key: "EllipticCurvePublicKey") -> str:
    """What a bundle names a public key by: the SHA-256 of its PEM, in hex."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


_KEY_HINT = "openssl ecparam -genkey -name prime256v1 -noout -out KEY.pem"


def _public_key(text: str) -> "EllipticCurvePublicKey":
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except ValueError as error:
        raise UsageError("signing_keys in [tool.ona.verify] holds what is no PEM public key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise UsageError(f"signing_keys in [tool.ona.verify]: wanted EC keys, found a {type(key).__name__}")
    _hash_of(key)
    return key


def _statement(files: Manifest, name: str) -> dict[str, Any]:
    resources = [
        {"name": path, "algorithm": "sha256", "digest": entry.digest.removeprefix("sha256:")}
        for path, entry in sorted(files.items())
    ]
    return {
        "_type": _STATEMENT,
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


def _opened(content: bytes) -> tuple[bytes, list[bytes]]:
    bundle = msgspec.json.decode(content)
    envelope = bundle["dsseEnvelope"]
    if bundle["mediaType"] != _BUNDLE or envelope["payloadType"] != _PAYLOAD:
        raise ValueError(f"wanted {_BUNDLE} around {_PAYLOAD}")
    signatures = [base64.b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
    return base64.b64decode(envelope["payload"], validate=True), signatures


def _listed(payload: bytes) -> dict[str, str]:
    """Path to digest, of a statement that is well-formed; said twice is not."""
    statement = msgspec.json.decode(payload)
    predicate, [subject] = statement["predicate"], statement["subject"]
    resources = predicate["resources"]
    is_known = (statement["_type"], statement["predicateType"]) == (_STATEMENT, _PREDICATE)
    if not is_known or predicate["serialization"]["method"] != "files":
        raise ValueError("wanted a statement about whole files")
    listed = {str(one["name"]): f"sha256:{one['digest']}" for one in resources}
    if len(listed) != len(resources) or any(one["algorithm"] != "sha256" for one in resources):
        raise ValueError("wanted each file once, by its SHA-256")
    if subject["digest"]["sha256"] != _root(one["digest"] for one in resources):
        raise ValueError("the digest of the whole is not that of its files")
    return listed


def _is_by(key: "EllipticCurvePublicKey", payload: bytes, signatures: list[bytes]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec

    for signature in signatures:
        try:
            key.verify(signature, _pre_authentication(payload), ec.ECDSA(_hash_of(key)))
        except InvalidSignature:
            continue
        return True
    return False


def _compared(listed: dict[str, str], files: Manifest, subject: str) -> Iterator[Finding]:
    for name in sorted(listed.keys() | files.keys()):
        wanted, found = listed.get(name, "nothing"), files[name].digest if name in files else "nothing"
        if wanted != found:
            sentence = f"{name}: signed was {wanted}, the model manifest says {found} ({subject})"
            yield Finding("attestation-mismatch", name, sentence, hint=_HINT)


def _pre_authentication(payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(_PAYLOAD), _PAYLOAD.encode(), len(payload), payload)


def _hash_of(key: "EllipticCurvePublicKey") -> Any:
    from cryptography.hazmat.primitives import hashes

    curves = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}
    if key.curve.name not in curves:
        raise UsageError(f"a key on the curve {key.curve.name} cannot be used", hint=_KEY_HINT)
    return curves[key.curve.name]


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
