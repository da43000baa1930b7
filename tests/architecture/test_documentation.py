"""The documentation against the code: settings, policy, links, decision records, commands."""

import re
import subprocess
from pathlib import Path

import msgspec
import pytest
import typer.main

from ona_pipeline.cli.app import app
from ona_pipeline.policy import (
    DEFAULT_ENVIRONMENTS,
    EnvironmentTable,
    Freeze,
    Person,
    VerifyPolicy,
    WaiverPolicy,
)
from ona_pipeline.policy.waivers import WAIVABLE
from ona_pipeline.records.declaration import (
    ChampionRule,
    Declaration,
    EvaluationData,
    ModelFiles,
    SliceBy,
    Suites,
    Training,
    TrainingSample,
)
from ona_pipeline.records.question import Question, Tensor
from ona_pipeline.settings import DEFAULT_TARGETS, Settings, TargetSettings

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / "docs" / "settings.md"
LINK = re.compile(r"\[[^\]]*\]\((?!\w+:)([^)#\s]+)(?:#[\w-]*)?\)")
# As code or in a hint; words of the road that may become commands, anywhere.
NAMED = re.compile(
    r"(?:`|hint=f?[\"']|: |^ {2,})ona ([a-z]+)\b|\bona (doctor|ledger|validate|verify)\b", re.MULTILINE
)
DECLARED: dict[str, type[msgspec.Struct]] = {
    "model": ModelFiles,
    "data": EvaluationData,
    "data.slices": SliceBy,
    "data.training": TrainingSample,
    "validation": Suites,
    "validation.champion": ChampionRule,
    "question": Question,
    "question.inputs": Tensor,
    "training": Training,
}


def pages() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def rows(page: Path, heading: str) -> dict[str, list[str]]:
    """The table under a heading: first cell, without its backquotes, to the other cells."""
    section = re.split(r"\n##+ ", page.read_text().split(f"\n{heading}\n", 1)[1], maxsplit=1)[0]
    cells = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip(" `"): [cell.strip(" `") for cell in row[1:]] for row in cells}


def defaults(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Field to default, as TOML writes it; empty for what must be given."""
    return {field.encode_name: _toml(field) for field in msgspec.structs.fields(kind)}


def _toml(field: msgspec.structs.FieldInfo) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else None
    if value is None and field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{one}"' for one in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else "" if value is None else str(value)


def test_every_setting_is_documented_with_its_default_and_variable() -> None:
    documented = rows(SETTINGS, "## `[tool.ona]`")
    plain = {name: default for name, default in defaults(Settings).items() if name != "targets"}
    assert {name: cells[:2] for name, cells in documented.items()} == {
        name: [default, f"ONA_{name.upper()}"] for name, default in plain.items()
    }


def test_every_key_of_a_target_is_documented() -> None:
    documented = rows(SETTINGS, "## `[tool.ona.targets.NAME]`")
    assert {name: cells[:2] for name, cells in documented.items()} == {
        name: [default, f"ONA_TARGETS_NAME_{name.upper()}"]
        for name, default in defaults(TargetSettings).items()
    }


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("## `[tool.ona.verify]`", VerifyPolicy),
        ("## `[tool.ona.environments.NAME]`", EnvironmentTable),
        ("### `freeze`", Freeze),
        ("## `[tool.ona.people.NAME]`", Person),
        ("## `[tool.ona.waivers]`", WaiverPolicy),
    ],
)
def test_every_key_of_the_policy_is_documented(heading: str, kind: type[msgspec.Struct]) -> None:
    assert {name: cells[0] for name, cells in rows(SETTINGS, heading).items()} == defaults(kind)


def test_every_finding_that_may_be_waived_is_documented() -> None:
    codes = rows(SETTINGS, "## `[tool.ona.waivers]`")["findings"][1]
    assert {code for code in WAIVABLE if f"`{code}`" not in codes} == set()


def test_the_built_in_environments_and_targets_are_documented() -> None:
    text = SETTINGS.read_text()
    for name, environment in DEFAULT_ENVIRONMENTS.items():
        assert f"`{name}` ({environment.approval}, {DEFAULT_TARGETS[name].kind})" in text


@pytest.mark.parametrize("table", DECLARED)
def test_every_key_of_a_declaration_is_documented(table: str) -> None:
    documented = rows(ROOT / "docs" / "models.md", "## `release.toml`")
    mine = {
        name.rpartition(".")[2]: cells[0]
        for name, cells in documented.items()
        if name.rpartition(".")[0] == table
    }
    nested = {name.rpartition(".")[2] for name in DECLARED if name.startswith(f"{table}.")}
    wanted = {name: text for name, text in defaults(DECLARED[table]).items() if name not in nested}
    assert mine == wanted


def test_the_declaration_has_no_other_tables() -> None:
    assert {name for name in DECLARED if "." not in name} == set(Declaration.__struct_fields__)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert broken == []


def test_every_decision_record_is_short_and_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    records = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    entries = [f"- [{path.read_text().splitlines()[0].removeprefix('# ')}]({path.name})" for path in records]
    assert [line for line in index.splitlines() if line.startswith("- [")] == entries
    for path in records:
        text = path.read_text()
        assert text.startswith(f"# {path.name[:4]} ")
        assert len(text.splitlines()) <= 30
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences")), path.name


def test_every_room_is_in_the_architecture_page() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    package = [
        path
        for path in (ROOT / "ona_pipeline").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    ]
    wanted = {path.name if path.suffix else f"{path.name}/" for path in package} - {"__init__.py"}
    assert {name for name in wanted if f"`{name}`" not in page} == set()


def test_no_hint_and_no_page_names_a_command_that_is_not_there() -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    sources = [*pages(), *(ROOT / "ona_pipeline").rglob("*.py")]
    for path in sources:
        named = NAMED.findall(path.read_text())
        assert {one or other for one, other in named} <= known, path
