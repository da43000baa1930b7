"""cosign, the real program."""

import subprocess
from pathlib import Path

from ona_pipeline.attestation.statement import PREDICATES
from ona_pipeline.records.reference import PinnedReference
from tests.backends import lab
from tests.certificates import Authority
from tests.signing_keys import public_key


class Cosign:
    """Judges by one key, without a network: no transparency log is asked."""

    def __init__(self, folder: Path, authority: Authority, key: bytes) -> None:
        self._folder = folder
        self._key = folder / "cosign.pub"
        self._key.write_text(public_key(key))
        self._authority = str(authority.certificate_file)

    def accepts(self, image: PinnedReference) -> bool:
        """Whether it finds every attestation that a release has."""
        return all(self._run("verify-attestation", f"--type={kind}", image) for kind in PREDICATES)

    def verifies(self, image: PinnedReference) -> bool:
        return self._run("verify", image)

    def _run(self, *arguments: str) -> bool:
        command = [lab("cosign"), arguments[0], f"--key={self._key}", "--insecure-ignore-tlog=true"]
        command += [f"--registry-cacert={self._authority}", *arguments[1:]]
        # Whatever else it would ask is not there.
        offline = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
        environment = {"HOME": str(self._folder), **offline}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        self.said = done.stdout + done.stderr
        return done.returncode == 0
