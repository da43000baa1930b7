from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from ona_pipeline.attestation import sbom
from ona_pipeline.attestation.statement import Origin, statements
from tests.attested import PACKAGES, Place, published
from tests.digits import lay_out
from tests.fakes.registry import FakeRegistry


@pytest.fixture(name="origin")
def _origin(tmp_path: Path) -> Origin:
    registry = FakeRegistry()
    return published(Place(registry, registry), "registry.example:5000/ona/digits", lay_out(tmp_path))


def predicate(origin: Origin) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.json.decode(statements(origin)[sbom.PREDICATE])["predicate"]
    return made


def schema_errors(bill: dict[str, Any]) -> list[str]:
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(msgspec.json.encode(bill).decode())
    return [] if found is None else [str(found)]


def test_the_bill_of_materials_is_valid_by_the_schema_of_cyclonedx(origin: Origin) -> None:
    assert schema_errors(predicate(origin)) == []


def test_it_is_valid_for_a_model_of_which_little_is_known(origin: Origin) -> None:
    prepared = msgspec.structs.replace(origin.prepared, signature=None, packages={})
    validation = msgspec.structs.replace(origin.validation, metrics={})
    little = msgspec.structs.replace(origin, prepared=prepared, validation=validation)
    assert schema_errors(predicate(little)) == []


def test_the_schema_notices_what_is_not_as_it_should_be(origin: Origin) -> None:
    assert schema_errors(predicate(origin) | {"serialNumber": "none"})


def test_every_package_is_named_as_the_index_names_it(origin: Origin) -> None:
    found = {one["purl"] for one in predicate(origin)["components"] if one["type"] == "library"}
    assert found == {f"pkg:pypi/{name.replace('_', '-')}@{number}" for name, number in PACKAGES.items()}


def test_the_model_is_there_with_its_card(origin: Origin) -> None:
    [model] = [one for one in predicate(origin)["components"] if one["type"] == "machine-learning-model"]
    card = model["modelCard"]
    assert card["modelParameters"]["modelArchitecture"] == "sklearn.pipeline.Pipeline"
    assert card["modelParameters"]["inputs"] == [{"format": "pixels: FP64[-1, 64]"}]
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [{"type": "accuracy", "value": "0.98"}]


def test_statements_made_twice_are_the_same(origin: Origin) -> None:
    later = msgspec.structs.replace(origin, built=origin.built)
    assert statements(later) == statements(origin)
    other = msgspec.structs.replace(origin.built, finished_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert statements(msgspec.structs.replace(origin, built=other)) != statements(origin)
