"""What strangers say of the Kubernetes objects: those that are shipped, and those that are applied."""

import json
from pathlib import Path

import pytest

from tests.integration.objects.shipped import written
from tests.judges import from_index, judged, kube_score

pytestmark = pytest.mark.kubernetes  # kubectl renders what is judged
SERVER = "1.34"
EXCEPTIONS = {"container-image-pull-policy", "networkpolicy-targets-pod", "CKV_K8S_15", "CKV_K8S_35"}
"""What the objects ask judges to pass over, each with its reason beside it: docs/decisions/0139."""


@pytest.fixture(name="files", scope="module")
def _files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return written(tmp_path_factory.mktemp("objects"))


def test_every_object_is_of_the_api_that_it_names(files: list[Path]) -> None:
    said = judged(from_index("kubernetes-validate"), "--strict", "-k", SERVER, *files)
    assert (said.returncode, said.stderr) == (0, ""), said.stdout
    assert said.stdout.count(" passed ") >= 14


def test_a_field_that_is_none_is_noticed_by_that_judge(files: list[Path], tmp_path: Path) -> None:
    text = next(text for file in files if "containers:" in (text := file.read_text("utf-8")))
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("containers:", "contaners:", 1), "utf-8")
    assert judged(from_index("kubernetes-validate"), "--strict", "-k", SERVER, wrong).returncode != 0


@pytest.mark.full
def test_kube_score_finds_nothing(files: list[Path]) -> None:
    for path in files:
        said = judged(kube_score(), "score", "--kubernetes-version", f"v{SERVER}", "-o", "json", path)
        found = [
            (one["object_name"], check["check"]["id"], check["comments"])
            for one in json.loads(said.stdout) or []  # null: nothing that it judges
            for check in one["checks"]
            if not check["skipped"] and check["grade"] < 10
        ]
        assert found == [], path.name
        assert said.returncode == 0


@pytest.mark.full
def test_kube_score_is_able_to_find_something(files: list[Path], tmp_path: Path) -> None:
    loose = tmp_path / "loose.yaml"
    loose.write_text(
        files[0].read_text("utf-8").replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    )
    said = judged(kube_score(), "score", "-o", "ci", loose)
    assert "[CRITICAL]" in said.stdout


@pytest.mark.full
def test_checkov_fails_nothing(files: list[Path]) -> None:
    arguments = ("--framework", "kubernetes", "--skip-download", "-o", "json")
    said = judged(from_index("checkov"), *(part for path in files for part in ("-f", path)), *arguments)
    report = json.loads(said.stdout)
    failed = [(one["check_id"], one["resource"]) for one in report["results"]["failed_checks"]]
    assert failed == []
    assert report["summary"]["passed"] > 100
    assert {one["check_id"] for one in report["results"]["skipped_checks"]} <= EXCEPTIONS


def test_the_judges_are_asked_to_pass_over_nothing_else(files: list[Path]) -> None:
    asked = {
        word
        for path in files
        for line in path.read_text("utf-8").splitlines()
        if "kube-score/ignore" in line or "checkov.io/skip" in line
        for word in line.split(": ", 1)[1].partition("=")[0].split(",")
    }
    assert asked == EXCEPTIONS
