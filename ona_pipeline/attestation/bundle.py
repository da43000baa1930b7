"""A payload and who signed it: DSSE in a Sigstore bundle.

Source:
    DSSE v1.0, "Signature Definition"; Sigstore bundle v0.3; in-toto Statement v1.
"""

import base64
import binascii
from typing import TYPE_CHECKING

import msgspec

from ona_pipeline.attestation.keys import fingerprint, hash_of
from ona_pipeline.attestation.signer import Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
STATEMENT = "https://in-toto.io/Statement/v1"
_PAYLOAD = "application/vnd.in-toto+json"
# What content that is no bundle may end in.
UNREADABLE = (ValueError, KeyError, TypeError, LookupError, AttributeError, RecursionError, binascii.Error)


class Opened(msgspec.Struct, frozen=True):
    """What was in a bundle; nobody has looked at the signatures yet.

    Attributes:
        payload: the statement, JSON.
        signatures: over it.
    """

    payload: bytes
    signatures: tuple[bytes, ...]


def seal(payload: bytes, signer: Signer) -> bytes:
    """Sign a statement.

    Returns:
        A Sigstore bundle, JSON and a newline.

    Raises:
        BackendError: the key did not sign.
    """
    signed = signer.sign(_pre_authentication(payload))
    envelope = {"payload": _text(payload), "payloadType": _PAYLOAD, "signatures": [{"sig": _text(signed)}]}
    material = {"publicKey": {"hint": fingerprint(signer.public_key)}, "tlogEntries": []}
    bundle = {"mediaType": MEDIA_TYPE, "verificationMaterial": material, "dsseEnvelope": envelope}
    return msgspec.json.encode(bundle, order="sorted") + b"\n"


def unseal(content: bytes) -> Opened:
    """Read a bundle.

    Raises:
        UNREADABLE: it is none.
    """
    bundle = msgspec.json.decode(content)
    envelope = bundle["dsseEnvelope"]
    if bundle["mediaType"] != MEDIA_TYPE or envelope["payloadType"] != _PAYLOAD:
        raise ValueError(f"wanted {MEDIA_TYPE} around {_PAYLOAD}")
    signatures = tuple(base64.b64decode(one["sig"], validate=True) for one in envelope["signatures"])
    return Opened(base64.b64decode(envelope["payload"], validate=True), signatures)


def is_by(key: "EllipticCurvePublicKey", opened: Opened) -> bool:
    """Whether one of the signatures is by that key. The hint in a bundle is not believed."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec

    for signature in opened.signatures:
        try:
            key.verify(signature, _pre_authentication(opened.payload), ec.ECDSA(hash_of(key)))
        except InvalidSignature:
            continue
        return True
    return False


def _pre_authentication(payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(_PAYLOAD), _PAYLOAD.encode(), len(payload), payload)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
