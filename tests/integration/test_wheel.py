"""What a wheel of ona carries besides modules. Building one asks the package index for the build backend."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    out = tmp_path_factory.mktemp("wheel")
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    subprocess.run(
        [uv, "build", "--quiet", "--wheel", "--out-dir", str(out), str(ROOT)], check=True, timeout=300
    )
    (wheel,) = out.glob("ona_pipeline-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    "name",
    [
        "ona_pipeline/rollout/base/deployment.yaml",
        "ona_pipeline/rollout/base/service.yaml",
        "ona_pipeline/serving/converting.lock",
        "ona_pipeline/serving/serving-onnx.lock",
        "ona_pipeline/serving/serving.lock",
        "ona_pipeline/verify/trusted_calls.txt",
        "ona_pipeline/verify/trusted_types.txt",
        "ona_pipeline/ledger/migrations/env.py",
    ],
)
def test_the_wheel_has_what_is_read_at_run_time(names: set[str], name: str) -> None:
    assert name in names


def test_the_wheel_has_every_migration(names: set[str]) -> None:
    versions = (ROOT / "ona_pipeline" / "ledger" / "migrations" / "versions").glob("*.py")
    assert {f"ona_pipeline/ledger/migrations/versions/{path.name}" for path in versions} <= names


def test_the_wheel_has_the_program_and_the_licence_and_no_tests(names: set[str]) -> None:
    assert any(name.endswith(".dist-info/entry_points.txt") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"ona_pipeline"}
