"""Unit tests reach nothing outside of their process and its files."""

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def _without_network() -> Iterator[None]:
    # Event loops wake themselves up over a pair of Unix sockets.
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
