"""What `--help` prints, command by command: the contract with whoever types."""

import contextlib
import io
from pathlib import Path

import pytest
import typer.main

from ona_pipeline.cli.app import app

FOLDER = Path(__file__).parent / "help"
COLUMNS = "100"
GROUP = typer.main.get_command(app)


def command_lines() -> list[str]:
    """Every command, as it is typed: ``ona``, ``ona release``, ``ona hook install``."""
    found = ["ona"]
    for name, command in GROUP.commands.items():  # type: ignore[attr-defined]
        found.append(f"ona {name}")
        found += [f"ona {name} {inner}" for inner in getattr(command, "commands", {})]
    return found


def helped(command_line: str, columns: str = COLUMNS) -> str:
    written = io.StringIO()
    arguments = [*command_line.split()[1:], "--help"]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(written):
        patch.setenv("COLUMNS", columns)
        GROUP(arguments, prog_name="ona", standalone_mode=False)
    return written.getvalue()


@pytest.mark.parametrize("command_line", command_lines())
class TestEveryCommand:
    def test_help_is_as_it_was(self, command_line: str, golden_update: bool) -> None:
        file = FOLDER / f"{command_line.replace(' ', '-')}.txt"
        if golden_update:
            file.write_text(helped(command_line))
        assert helped(command_line) == file.read_text()

    def test_help_has_a_worked_example(self, command_line: str) -> None:
        if command_line != "ona hook":
            assert f"\n    {command_line}" in helped(command_line) or "| ona hook run" in helped(command_line)

    def test_help_fits_its_terminal(self, command_line: str) -> None:
        assert max(map(len, helped(command_line).splitlines())) <= int(COLUMNS)


def test_every_command_has_one_line_that_is_not_cut_in_80_columns() -> None:
    assert "..." not in helped("ona", "80").split("Commands:")[1]
    assert "..." not in helped("ona hook", "80").split("Commands:")[1]


def test_no_golden_is_of_a_command_that_is_gone() -> None:
    wanted = {f"{line.replace(' ', '-')}.txt" for line in command_lines()}
    assert {path.name for path in FOLDER.iterdir()} == wanted
