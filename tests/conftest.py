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
    for kind in measured.HEADS:
        parser.addoption(f"--{kind}", type=Path, help=f"keep in this file what tests measured: {kind}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for kind in measured.HEADS:
        found = measured.found_in(terminalreporter, kind)
        for test, seen in found.items():
            terminalreporter.write_line(f"measured by {test}: {seen}")
        if found and (file := config.getoption(f"--{kind}")):
            measured.write(file, found, kind)


@pytest.fixture
def golden_update(pytestconfig: pytest.Config) -> bool:
    """Whether goldens are written instead of compared."""
    return bool(pytestconfig.getoption("--golden-update"))
