"""Where an image came from: SLSA provenance.

Source:
    SLSA specification v1.0, "Provenance"; in-toto "ResourceDescriptor".
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ona_pipeline.records.digest import Digest

if TYPE_CHECKING:
    from ona_pipeline.attestation.statement import Origin

PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:ona:release:v1"
BUILDER = "urn:ona:ona-pipeline"


def provenance(origin: "Origin") -> dict[str, Any]:
    """The predicate: what was asked for, what went in, who made it, and what was found out on the way."""
    evidence = origin.evidence.items()
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "model": origin.model,
                "revision": origin.origins.revision,
                "origin": origin.origins.origin,
                "version": origin.origins.version,
            },
            "internalParameters": {
                "policy": origin.integrity.policy,
                "runtimeKey": origin.prepared.runtime_key,
                "form": origin.prepared.form,
            },
            "resolvedDependencies": _dependencies(origin),
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": {"ona": version("ona-pipeline")}},
            "metadata": {
                "invocationId": origin.release,
                "startedOn": origin.integrity.started_at,
                "finishedOn": origin.built.finished_at,
            },
            "byproducts": [_resource(f"evidence/{stage}", digest) for stage, digest in evidence],
        },
    }


def _dependencies(origin: "Origin") -> list[dict[str, Any]]:
    runtime = origin.prepared.runtime
    found = [
        {"name": "source", "digest": {"gitCommit": origin.origins.commit}},
        _resource("model", origin.integrity.subject),
        _resource("declaration", origin.integrity.declaration),
        _resource("lock", origin.integrity.lock),
        _resource("form", origin.prepared.form_digest),
        _resource("evaluation-data", origin.validation.data),
    ]
    return [*found, _resource("runtime", runtime.digest, uri=f"oci://{runtime}")] if runtime else found


def _resource(name: str, digest: Digest, **more: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest.hex}, **more}
