import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ona_pipeline.serving.app import App
from ona_pipeline.serving.environment import Environment
from ona_pipeline.serving.service import Service
from tests.unit.serving.asgi import Caller
from tests.unit.serving.images import DIGITS, digits_question, fitted_digits, write_image


@pytest.fixture(scope="session")
def digits() -> Any:
    return fitted_digits()


@pytest.fixture(scope="session")
def shared_image(tmp_path_factory: pytest.TempPathFactory, digits: Any) -> Path:
    return write_image(tmp_path_factory.mktemp("image") / "ona", digits, DIGITS, digits_question(digits))


@pytest.fixture
def image(shared_image: Path, tmp_path: Path) -> Path:
    """An image's files that a test may damage."""
    return Path(shutil.copytree(shared_image, tmp_path / "ona"))


@pytest.fixture
def serve() -> Callable[..., Caller]:
    """Start a server on a folder, as the lifespan does; it may end ready or not servable."""

    def start(root: Path, **settings: Any) -> Caller:
        service = Service(Environment(root=root, **settings))
        asyncio.run(service.start())
        return Caller(App(service))

    return start


@pytest.fixture(scope="session")
def server(shared_image: Path) -> Caller:
    """A ready server of the digits model, for tests that change nothing in it."""
    service = Service(Environment(root=shared_image, max_rows=100))
    asyncio.run(service.start())
    return Caller(App(service))
