"""Evaluation data that nobody should be judged by: refused by name, and never an accident of a library."""

import shutil

import msgspec
import numpy as np
import pandas as pd
import pytest

from ona_pipeline.records.declaration import SliceBy
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import ValidationEvidence
from ona_pipeline.records.finding import Finding, Verdict
from tests.digits import redeclared
from tests.validations import rows_of, with_data


def only(evidence: ValidationEvidence) -> Finding:
    assert evidence.verdict is Verdict.REFUSED
    [finding] = evidence.findings
    return finding


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"PK\x03\x04", b"\x00" * 64, b"PAR1PAR1", "naïve".encode("utf-16")],
    ids=["empty", "a line", "zip", "zeros", "parquet in a csv", "utf-16"],
)
def test_a_file_that_is_no_table_is_refused(judge, snapshot, content):
    assert only(judge(with_data(snapshot, content))).code == "data-unreadable"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,label\n1,2\n"], ids=["empty", "cut off", "csv"])
def test_a_parquet_file_that_is_none_is_refused(judge, snapshot, content):
    (snapshot.root / "rows.parquet").write_bytes(content)
    data = msgspec.structs.replace(snapshot.declaration.data, path="rows.parquet", digest=Digest.of(content))
    assert only(judge(redeclared(snapshot, data=data))).code == "data-unreadable"


def test_a_header_without_rows_is_refused(judge, snapshot):
    finding = only(judge(with_data(snapshot, rows_of(snapshot).iloc[:0])))
    assert (finding.code, "wanted rows, found none" in finding.sentence) == ("data-unreadable", True)


def test_one_class_alone_is_refused_for_it_can_judge_no_classifier(judge, snapshot):
    frame = rows_of(snapshot)
    finding = only(judge(with_data(snapshot, frame[frame["label"] == 7])))
    assert finding.code == "data-one-class"
    assert "found only 7" in finding.sentence


def test_a_label_that_is_missing_in_some_rows_is_refused_with_how_many(judge, snapshot):
    frame = rows_of(snapshot).astype({"label": float})
    frame.loc[[3, 4], "label"] = np.nan
    assert "empty in 2 of 450" in only(judge(with_data(snapshot, frame))).sentence


def test_a_missing_feature_that_the_model_cannot_take_is_refused(judge, snapshot):
    frame = rows_of(snapshot).astype(float)
    frame.loc[3, "pixel_2_2"] = np.nan
    assert only(judge(with_data(snapshot, frame))).code == "does-not-answer"


@pytest.mark.parametrize("change", ["renamed label", "one column less", "one column more", "text"])
def test_other_columns_are_refused(judge, snapshot, change):
    frame = rows_of(snapshot)
    changed, code = {
        "renamed label": (frame.rename(columns={"label": "digit"}), "data-unreadable"),
        "one column less": (frame.drop(columns="pixel_0_0"), "data-does-not-fit"),
        "one column more": (frame.assign(more=1), "data-does-not-fit"),
        "text": (frame.assign(pixel_0_0="dark"), "data-does-not-fit"),
    }[change]
    assert only(judge(with_data(snapshot, changed))).code == code


def test_lists_where_numbers_should_be_are_refused(judge, snapshot):
    frame = rows_of(snapshot)
    frame["pixel_0_0"] = [[1, 2]] * len(frame)
    frame.to_parquet(snapshot.root / "rows.parquet")
    content = (snapshot.root / "rows.parquet").read_bytes()
    data = msgspec.structs.replace(snapshot.declaration.data, path="rows.parquet", digest=Digest.of(content))
    assert only(judge(redeclared(snapshot, data=data))).code == "data-does-not-fit"


def test_a_column_about_the_row_that_is_not_there_is_refused(judge, snapshot):
    finding = only(judge(with_data(snapshot, rows_of(snapshot), about=("region",))))
    assert "'region'" in finding.sentence


@pytest.mark.parametrize("word", ["Ελλάδα", "京都", "القاهرة", "Київ", "दिल्ली", "🦉", "a b,c"])
def test_names_in_every_script_are_names(judge, snapshot, word):
    frame = rows_of(snapshot).assign(**{f"{word} region": word, "extra": "x"}).rename(columns={"label": word})
    shutil.move(snapshot.root / "evaluation.csv", snapshot.root / f"{word}.csv")
    about, slices = (f"{word} region", "extra"), (SliceBy(f"{word} region"),)
    named = with_data(snapshot, frame, label=word, about=about, slices=slices)
    shutil.move(named.root / "evaluation.csv", named.root / f"{word}.csv")
    data = msgspec.structs.replace(named.declaration.data, path=f"{word}.csv")
    evidence = judge(redeclared(named, data=data))
    assert evidence.findings == ()
    assert [each.name for each in evidence.slices] == [f"{word} region={word}"]


def test_columns_of_mixed_kinds_are_no_accident_of_reading_in_parts(judge, snapshot):
    frame = pd.concat([rows_of(snapshot)] * 40, ignore_index=True).astype(object)
    frame.loc[len(frame) - 1, "pixel_0_0"] = "dark"
    assert only(judge(with_data(snapshot, frame))).code == "data-does-not-fit"
