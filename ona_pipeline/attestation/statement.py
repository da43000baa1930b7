"""What is said of a published image: three in-toto statements, each made of evidence alone.

Made twice, they are the same to the byte: what is attached already is not signed again.

Source:
    in-toto Statement v1.
"""

import msgspec

from ona_pipeline.attestation import provenance, sbom
from ona_pipeline.attestation.bundle import STATEMENT
from ona_pipeline.records.canonical import encode, to_plain
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import BuildEvidence, IntegrityEvidence, PreparedModel, ValidationEvidence
from ona_pipeline.records.snapshot import Origins

EVIDENCE = "urn:ona:validation-evidence:v1"
# What a signed image has; `judge.py` wants each of them.
PREDICATES = (provenance.PREDICATE, sbom.PREDICATE, EVIDENCE)


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of an image when it is about to be published.

    Attributes:
        model: the model's name.
        release: the release id.
        origins: of the model version.
        integrity: of its files.
        prepared: the runtime and the form that serves.
        validation: of that form.
        built: the image.
    """

    model: str
    release: str
    origins: Origins
    integrity: IntegrityEvidence
    prepared: PreparedModel
    validation: ValidationEvidence
    built: BuildEvidence

    @property
    def evidence(self) -> dict[str, Digest]:
        """Stage to the digest of its evidence, as the ledger keeps it."""
        stages = {
            "verify": self.integrity,
            "prepare": self.prepared,
            "validate": self.validation,
            "build": self.built,
        }
        return {name: Digest.of(encode(one)) for name, one in stages.items()}


def statements(origin: Origin) -> dict[str, bytes]:
    """Predicate type to the statement, canonical JSON."""
    predicates = {
        provenance.PREDICATE: provenance.provenance(origin),
        sbom.PREDICATE: sbom.sbom(origin),
        EVIDENCE: to_plain(origin.validation),
    }
    built = origin.built
    subject = [{"name": built.repository, "digest": {"sha256": built.image.hex}}]
    return {
        kind: encode({"_type": STATEMENT, "subject": subject, "predicateType": kind, "predicate": predicate})
        for kind, predicate in predicates.items()
    }
