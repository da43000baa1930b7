"""Keys that statements are signed with: EC, on the curves of NIST, as PEM."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ona_pipeline.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

_HINT = "openssl ecparam -genkey -name prime256v1 -noout -out KEY.pem"


def read_key(path: Path) -> bytes:
    """A key to sign with: PEM, on one of the curves P-256, P-384 and P-521, without a password.

    Raises:
        UsageError: it is not there, or no such key.
    """
    try:
        content = path.read_bytes()
        private_key(content)
    except (OSError, ValueError, TypeError) as error:
        message = f"the signing key {path} cannot be read: {type(error).__name__}"
        raise UsageError(message, hint=_HINT) from error
    return content


def private_key(content: bytes) -> "EllipticCurvePrivateKey":
    """The key in a PEM text.

    Raises:
        ValueError: it holds none.
        TypeError: it has a password.
        UsageError: it is of another kind.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(content, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise UsageError(f"the signing key is a {type(key).__name__}, wanted an EC key", hint=_HINT)
    hash_of(key.public_key())
    return key


def public_key(text: str, *, where: str) -> "EllipticCurvePublicKey":
    """The public key in a PEM text.

    Args:
        text: the PEM.
        where: what holds it, for messages: ``signing_keys in [tool.ona.verify]``.

    Raises:
        UsageError: it is none, or of another kind.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except ValueError as error:
        raise UsageError(f"{where} holds what is no PEM public key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise UsageError(f"{where}: wanted EC keys, found a {type(key).__name__}")
    hash_of(key)
    return key


def fingerprint(key: "EllipticCurvePublicKey") -> str:
    """What a bundle names a public key by: the SHA-256 of its PEM, in hex."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def hash_of(key: "EllipticCurvePublicKey") -> Any:
    """The hash function that goes with a key's curve.

    Raises:
        UsageError: the curve is none of NIST's.
    """
    from cryptography.hazmat.primitives import hashes

    curves = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}
    if key.curve.name not in curves:
        raise UsageError(f"a key on the curve {key.curve.name} cannot be used", hint=_HINT)
    return curves[key.curve.name]
