from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from tests.databases import database
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger

AnyLedger: TypeAlias = FakeLedger | SqlLedger


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """A database of its own, dropped afterwards."""
    with database() as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/state/ledger.db"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest) -> str:
    """Where a real ledger is kept, in each database."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def ledger(request: pytest.FixtureRequest, clock: FakeClock) -> AnyLedger:
    """Each ledger that there is."""
    if request.param == "fake":
        return FakeLedger(clock=clock)
    return open_ledger(request.getfixturevalue(f"{request.param}_url"), clock=clock)


@pytest.fixture
def real(url: str) -> Callable[[], SqlLedger]:
    """Opens the same real ledger once more, as another process would."""
    return lambda: open_ledger(url, clock=FakeClock())
