"""What signs: the key in a file, or a program that speaks to a key service.

The programs are Sigstore's plug-ins, which cosign runs too: ``awskms://…`` is the program
``sigstore-kms-awskms`` of the PATH, and the key never comes here.

Source:
    sigstore, "KMS Plugins", protocol v1: arguments as JSON on the command line, the message on standard
    input, the answer as JSON on standard output. None of the arguments is a secret.
"""

import base64
import binascii
import subprocess
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ona_pipeline.attestation.keys import hash_of, private_key, public_key, read_key
from ona_pipeline.errors import BackendError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

_PROTOCOL = "v1"
_PROGRAM = "sigstore-kms-"
_TIMEOUT_S = 60.0
_GO_HASHES = {"sha256": 5, "sha384": 6, "sha512": 7}  # Go's crypto.Hash


class Signer(Protocol):
    """Signs with one key."""

    @property
    def public_key(self) -> "EllipticCurvePublicKey":
        """Its public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """An ECDSA signature, DER, over the hash of the message.

        Raises:
            BackendError: the key did not sign.
        """
        ...


class FileSigner:
    """Signs with a private key.

    Args:
        content: PEM, as `read_key` read it.
    """

    def __init__(self, content: bytes) -> None:
        self._key = private_key(content)

    @property
    def public_key(self) -> "EllipticCurvePublicKey":
        """Its public half."""
        return self._key.public_key()

    def sign(self, message: bytes) -> bytes:
        """An ECDSA signature, DER, over the hash of the message."""
        from cryptography.hazmat.primitives.asymmetric import ec

        return self._key.sign(message, ec.ECDSA(hash_of(self.public_key)))


class PluginSigner:
    """Has a key service sign.

    Args:
        reference: ``NAME://KEY``.
    """

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self._program = _PROGRAM + reference.partition("://")[0]

    @cached_property
    def public_key(self) -> "EllipticCurvePublicKey":
        """Its public half.

        Raises:
            UsageError: it is of a kind that cannot be used, or the program is not there.
            BackendError: the key service gave none.
        """
        answer = self._asked("publicKey", {"publicKeyOptions": {"rpcOptions": {}}}, b"")
        pem = self._bytes(answer, "publicKey", "publicKeyPEM")
        return public_key(pem.decode("ascii", "replace"), where=self._reference)

    def sign(self, message: bytes) -> bytes:
        """An ECDSA signature, DER, over the hash of the message.

        Raises:
            BackendError: the key service did not sign.
        """
        options = {"rpcOptions": {}, "messageOptions": {"hashFunc": self._hash}}
        answer = self._asked("signMessage", {"signOptions": options}, message)
        return self._bytes(answer, "signMessage", "signature")

    @property
    def _hash(self) -> int:
        return _GO_HASHES[hash_of(self.public_key).name]

    def _asked(self, method: str, arguments: dict[str, Any], message: bytes) -> dict[str, Any]:
        # The plug-in hashes for itself; before the curve is known, what it is told of a hash is not used.
        go_hash = _GO_HASHES["sha256"] if method == "publicKey" else self._hash
        start = {"protocolVersion": _PROTOCOL, "keyResourceID": self._reference.partition("://")[2]}
        asked = {"initOptions": start | {"hashFunc": go_hash, "rpcOptions": {}}, "methodName": method}
        command = [self._program, _PROTOCOL, msgspec.json.encode(asked | {method: arguments}).decode()]
        try:
            done = subprocess.run(
                command, input=message, capture_output=True, timeout=_TIMEOUT_S, check=False
            )
            answer: dict[str, Any] = msgspec.json.decode(done.stdout, type=dict[str, Any])
        except FileNotFoundError as error:
            raise UsageError(
                f"the signing key {self._reference} needs the program {self._program}, which is not there",
                hint="install it, or name a PEM file",
            ) from error
        except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as error:
            raise BackendError(
                f"the signing key {self._reference}: {self._program} gave no answer ({type(error).__name__})",
                retryable=True,
            ) from error
        if said := answer.get("errorMessage"):
            raise BackendError(f"the signing key {self._reference}: {self._program} says: {said}")
        return answer

    def _bytes(self, answer: dict[str, Any], method: str, name: str) -> bytes:
        try:
            return base64.b64decode(answer[method][name], validate=True)
        except (LookupError, TypeError, binascii.Error) as error:
            raise BackendError(
                f"the signing key {self._reference}: {self._program} gave no {name}"
            ) from error


def signer(setting: str, folder: Path) -> Signer:
    """What a setting names.

    Args:
        setting: ``NAME://KEY`` of a key service, else the path of a PEM file.
        folder: what a relative path starts from.

    Raises:
        UsageError: there is no such key.
    """
    return PluginSigner(setting) if "://" in setting else FileSigner(read_key(folder / setting))
