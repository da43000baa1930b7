"""An authority of a test's own, and certificates by it."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Certificate:
    """A certificate and its key, as PEM files."""

    def __init__(self, folder: Path, name: str, issuer: "Authority | None", **said: object) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.x509 = self._made(issuer or self, is_authority=issuer is None, **said)  # type: ignore[arg-type]
        self.certificate_file, self.key_file = folder / f"{name}.crt", folder / f"{name}.key"
        self.certificate_file.write_bytes(self.x509.public_bytes(Encoding.PEM))
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        self.key_file.write_bytes(pem)

    def _made(
        self,
        issuer: "Certificate",
        *,
        is_authority: bool,
        address: str = "127.0.0.1",
        ends: timedelta = DAY,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        key = issuer.key.public_key()
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key)
        return (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(issuer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * DAY)
            .not_valid_after(now + ends)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .add_extension(identifier, critical=False)
            .sign(issuer.key, hashes.SHA256())
        )


class Authority(Certificate):
    """One that nobody trusts who was not told to."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        super().__init__(folder, name, None)
        self.folder = folder

    def issue(self, name: str, **said: object) -> Certificate:
        """A certificate for an address, 127.0.0.1 where none is said; ``ends`` is from now."""
        return Certificate(self.folder, name, self, **said)
