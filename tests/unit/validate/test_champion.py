"""Champion and candidate on the same rows."""

import shutil
from typing import Any

import pytest
from sklearn.dummy import DummyClassifier

from ona_pipeline.image.release_json import Served, release_json
from ona_pipeline.records.declaration import ChampionRule, Suites
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.validate.champion import Champion
from tests.digits import estimator_of, lay_out, redeclared, with_estimator
from tests.digits_prepared import prepared
from tests.sandboxes import FakeSandbox

CHAMPION = Champion("digits-1", PinnedReference.of("registry.example/ona/digits", Digest.of(b"champion")))


def weakened(snapshot) -> Any:
    """The candidate, made worse without being bad: a network that mistakes some digits."""
    model = estimator_of(snapshot)
    model[-1].intercepts_[-1][8] += 5
    return with_estimator(snapshot, model)


def image(snapshot, folder) -> Any:
    """The folder tree of a serving image of the snapshot's model."""
    root = folder / "opt" / "ona"
    shutil.copytree(snapshot.model, root / "model")
    shutil.copyfile(snapshot.manifest, root / "model.manifest.json")
    said = prepared(snapshot)
    content = release_json(snapshot, Served.of(said), release=CHAMPION.release)
    (root / "release.json").write_bytes(content)
    return folder


@pytest.fixture(name="against")
def _against(tmp_path, judge):
    """Judge a candidate against a champion, with no suites in the way."""

    def run(candidate, champion, **rule):
        served = {CHAMPION.image: image(champion, tmp_path / "image")} if champion else {}
        sandbox = FakeSandbox(tmp_path / "sandboxes", served)
        judged = redeclared(candidate, validation=Suites(champion=ChampionRule(**rule)))
        return judge(judged, where=sandbox, champion=CHAMPION)

    return run


def test_an_equal_candidate_passes_and_the_comparison_is_kept(against, snapshot, tmp_path):
    evidence = against(snapshot, lay_out(tmp_path / "champion"))
    assert evidence.verdict is Verdict.PASSED
    compared = evidence.comparison
    assert compared.champion == "digits-1"
    assert compared.champion_value == compared.candidate_value == evidence.metrics["accuracy"]
    assert (compared.changed_answers, compared.rows) == (0, 450)


def test_a_worse_candidate_is_refused_with_both_values(against, snapshot, tmp_path):
    evidence = against(weakened(snapshot), lay_out(tmp_path / "champion"), margin=0.001)
    [finding] = evidence.findings
    assert finding.code == "worse-than-champion"
    assert "digits-1" in finding.sentence
    assert f"{evidence.comparison.candidate_value:.4f}" in finding.sentence
    assert evidence.comparison.changed_answers > 0


def test_a_candidate_that_is_worse_within_the_margin_passes(against, snapshot, tmp_path):
    evidence = against(weakened(snapshot), lay_out(tmp_path / "champion"), margin=0.5)
    assert evidence.findings == ()
    assert evidence.comparison.champion_value > evidence.comparison.candidate_value


def test_a_champion_that_does_not_answer_leaves_a_doubt(against, snapshot):
    evidence = against(snapshot, None)
    assert evidence.verdict is Verdict.INCONCLUSIVE
    assert [finding.code for finding in evidence.findings] == ["champion-does-not-answer"]
    assert evidence.comparison is None


def test_a_champion_with_another_kind_of_label_leaves_a_doubt(against, snapshot, tmp_path):
    other = with_estimator(
        lay_out(tmp_path / "champion"), DummyClassifier().fit([[0.0] * 64, [1.0] * 64], ["a", "b"])
    )
    assert against(snapshot, other).verdict is Verdict.INCONCLUSIVE


def test_a_metric_that_does_not_exist_is_refused(against, snapshot, tmp_path):
    evidence = against(snapshot, lay_out(tmp_path / "champion"), metric="beauty")
    [finding] = evidence.findings
    assert finding.code == "metric-unknown"
    assert "accuracy" in finding.sentence


def test_a_bad_candidate_is_refused_whatever_the_champion_says(judge, snapshot, tmp_path):
    constant = DummyClassifier().fit([[0.0] * 2] * 2, [0, 1])
    evidence = judge(
        with_estimator(snapshot, constant), where=FakeSandbox(tmp_path / "sandboxes"), champion=CHAMPION
    )
    assert evidence.verdict is Verdict.REFUSED
