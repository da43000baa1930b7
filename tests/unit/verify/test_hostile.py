"""Every hostile or damaged file is refused, with a code that stays, and nothing in it is ever executed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.verify.formats import WALKED
from ona_pipeline.verify.paths import judge
from tests.hostile import archives, arrays, deep, joblibs, onnxes, others, pickles, skopses
from tests.hostile.case import CANARY, Case

WIDE = VerifyPolicy(formats=WALKED)
MADE = {
    "archives": archives.cases,
    "arrays": arrays.cases,
    "deep": deep.cases,
    "joblib": joblibs.cases,
    "onnx": onnxes.cases,
    "others": others.cases,
    "pickles": pickles.cases,
    "skops": skopses.cases,
}
FEWEST = 1000


def codes(path: Path, policy: VerifyPolicy = WIDE) -> list[str]:
    return [finding.code for finding in judge(path, policy, clock=lambda: datetime.now(UTC)).findings]


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("cases", MADE.values(), ids=MADE)
def test_hostile_files_are_refused_and_not_executed(
    cases: Callable[[], Iterator[Case]], tmp_path: Path
) -> None:
    wrong = {}
    for case in cases():
        path = tmp_path / case.file
        path.write_bytes(case.content)
        if case.code not in (found := codes(path)):
            wrong[case.name] = (case.code, found)
        path.unlink()
    assert wrong == {}
    assert not CANARY.exists()


def test_there_are_many_of_them_and_no_two_alike() -> None:
    contents = [(case.file, case.content) for cases in MADE.values() for case in cases()]
    assert len(set(contents)) == len(contents) >= FEWEST


@pytest.mark.parametrize(
    "cases", [pickles.cases, joblibs.cases, arrays.cases], ids=["pickles", "joblib", "arrays"]
)
def test_the_shipped_policy_does_not_even_walk_them(
    cases: Callable[[], Iterator[Case]], tmp_path: Path
) -> None:
    for case in list(cases())[::7]:
        path = tmp_path / "model.skops"
        path.write_bytes(case.content)
        assert codes(path, VerifyPolicy()) == ["format-not-allowed"], case.name


def test_honest_messages_of_onnx_pass(tmp_path: Path) -> None:
    for name, content in onnxes.honest().items():
        path = tmp_path / "model.onnx"
        path.write_bytes(content)
        assert codes(path, VerifyPolicy()) == [], name


def test_what_cannot_be_walked_is_told_the_way_to_what_can(tmp_path: Path) -> None:
    ways = {"torch": "ONNX", "HDF5": "ONNX", "safetensors": "ONNX", "keras": "ONNX", "lz4": "zlib"}
    cases = {case.name: case for case in others.cases()}
    for name, way in ways.items():
        path = tmp_path / cases[name].file
        path.write_bytes(cases[name].content)
        [finding] = judge(path, WIDE, clock=lambda: datetime.now(UTC)).findings
        assert way in finding.hint, name
