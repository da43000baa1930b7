"""What is in an image: a CycloneDX bill of materials, the model with its card in it.

Written here, for the library of CycloneDX for Python has no model cards; its schemas judge it in the tests.

Source:
    CycloneDX 1.6, JSON; purl specification, types ``oci`` and ``pypi``.
"""

import uuid
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ona_pipeline.records.digest import Digest

if TYPE_CHECKING:
    from ona_pipeline.attestation.statement import Origin
    from ona_pipeline.records.evidence import TensorSpec

PREDICATE = "https://cyclonedx.org/bom"


def sbom(origin: "Origin") -> dict[str, Any]:
    """The predicate: the image, its packages of Python, and the model."""
    packages = [_package(name, number) for name, number in sorted(origin.prepared.packages.items())]
    image, model = _image(origin), _model(origin)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # Of one image there is one bill of materials.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, origin.built.reference)}",
        "version": 1,
        "metadata": {
            "timestamp": origin.built.finished_at,
            "tools": {"components": [_application("ona-pipeline", version("ona-pipeline"))]},
            "component": image,
        },
        "components": [model, *packages],
        "dependencies": [
            {"ref": image["bom-ref"], "dependsOn": [one["bom-ref"] for one in (model, *packages)]},
            *({"ref": one["bom-ref"]} for one in (model, *packages)),
        ],
    }


def _image(origin: "Origin") -> dict[str, Any]:
    repository, digest = origin.built.repository, origin.built.image
    name = repository.rpartition("/")[2]
    purl = f"pkg:oci/{name}@{quote(digest, safe='')}?repository_url={quote(repository, safe='/')}"
    return {
        "type": "container",
        "bom-ref": purl,
        "name": repository,
        "version": digest,
        "purl": purl,
        "hashes": [_hash(digest)],
    }


def _package(name: str, number: str) -> dict[str, Any]:
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{quote(number, safe='')}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": number, "purl": purl}


def _application(name: str, number: str) -> dict[str, Any]:
    return {"type": "application", "name": name, "version": number}


def _model(origin: "Origin") -> dict[str, Any]:
    subject = origin.integrity.subject
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{origin.model}@{subject}",
        "name": origin.model,
        "version": origin.origins.commit,
        "description": f"served as {origin.prepared.form}",
        "properties": [
            {"name": "ona:model-digest", "value": subject},
            {"name": "ona:form-digest", "value": origin.prepared.form_digest},
            {"name": "ona:release", "value": origin.release},
        ],
        "modelCard": {
            "modelParameters": {
                "modelArchitecture": origin.prepared.estimator,
                **_tensors(origin),
            },
            "quantitativeAnalysis": {"performanceMetrics": _metrics(origin)},
        },
    }


def _tensors(origin: "Origin") -> dict[str, Any]:
    signature = origin.prepared.signature
    if signature is None:
        return {}
    return {
        "inputs": [{"format": _tensor(one)} for one in signature.inputs],
        "outputs": [{"format": _tensor(one)} for one in signature.outputs],
    }


def _tensor(spec: "TensorSpec") -> str:
    return f"{spec.name}: {spec.datatype}{list(spec.shape)}"


def _metrics(origin: "Origin") -> list[dict[str, str]]:
    return [{"type": name, "value": repr(value)} for name, value in sorted(origin.validation.metrics.items())]


def _hash(digest: Digest) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest.hex}
