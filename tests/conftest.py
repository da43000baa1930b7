"""One option for all goldens, and one for what tests measure."""

from pathlib import Path

import pytest

from tests import measured


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden-update",
        action="store_true",
        help="write the files of tests/golden anew instead of comparing",
    )
    parser.addoption("--measured", type=Path, help="keep in this file what tests measured")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = measured.found_in(terminalreporter)
    for test, seen in found.items():
        terminalreporter.write_line(f"measured by {test}: {seen}")
    if found and (file := config.getoption("--measured")):
        measured.write(file, found)


@pytest.fixture
def golden_update(pytestconfig: pytest.Config) -> bool:
    """Whether goldens are written instead of compared."""
    return bool(pytestconfig.getoption("--golden-update"))
