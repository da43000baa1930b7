"""One option for all goldens."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden-update",
        action="store_true",
        help="write the files of tests/golden anew instead of comparing",
    )


@pytest.fixture
def golden_update(pytestconfig: pytest.Config) -> bool:
    """Whether goldens are written instead of compared."""
    return bool(pytestconfig.getoption("--golden-update"))
