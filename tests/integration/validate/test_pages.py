"""What data and suites say is text in Data Docs, and no page runs a script."""

from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from ona_pipeline.validate import expectations

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'
FORM = "<form action=https://evil.example><input name=password>"


class Tags(HTMLParser):
    """The tags of a page, with attributes that run something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.runs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.runs += [f"{tag} {name}" for name, _ in attrs if name.startswith("on")]
        self.runs += [f"{tag} {value}" for _, value in attrs if (value or "").startswith("javascript:")]


def page(name: str, cells: list[str], folder: Path) -> str:
    """The page of a suite that is not met, on a table in which these texts stand wherever a text can."""
    first, *others = cells
    batch = expectations.batch(pd.DataFrame({first: cells, "label": cells[::-1]}))
    wanted = [
        expectations.expectation(
            "expect_column_values_to_be_in_set", {"column": first, "value_set": ["a", *others]}
        ),
        expectations.expectation(
            "expect_column_values_to_not_be_in_set", {"column": "label", "value_set": cells}
        ),
        expectations.expectation("expect_table_columns_to_match_set", {"column_set": others}),
    ]
    unmet = expectations.hold(batch, wanted, name=name, docs=folder / "one.html")
    assert len(unmet) == 3
    return (folder / "one.html").read_text()


def test_names_and_values_are_text_in_it_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    plain, spoilt = Tags(), Tags()
    plain.feed(page("one", ["x", "y", "z"], tmp_path / "plain"))
    found = page(SCRIPT, [SCRIPT, IMAGE, FORM], tmp_path)
    spoilt.feed(found)
    for tag in ("script", "img", "form", "input"):
        assert spoilt.found.count(tag) == plain.found.count(tag), tag
    assert set(spoilt.found) == set(plain.found)
    assert spoilt.runs == plain.runs
    assert "&lt;script&gt;" in found


@pytest.mark.parametrize("allowed", ["default-src 'none'", "style-src https: 'unsafe-inline'"])
def test_no_script_may_run_in_it(allowed: str, tmp_path: Path) -> None:
    head, _, _ = page("one", ["x", "y", "z"], tmp_path).partition("<script")
    assert '<meta http-equiv="Content-Security-Policy" content="' in head
    assert allowed in head
    assert "script-src" not in head
