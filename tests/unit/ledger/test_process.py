"""A process of this machine that has ended is known to be gone; nothing is concluded about any other."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from ona_pipeline.ledger.process import is_gone, this_process

TELLS = "from ona_pipeline.ledger.process import this_process; print(this_process(), flush=True); input()"


@pytest.fixture
def other() -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", TELLS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def name_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_this_process_is_there() -> None:
    assert f" {os.getpid()} " in this_process()
    assert not is_gone(this_process())


def test_another_one_is_there_until_it_is_killed(other: "subprocess.Popen[str]") -> None:
    name = name_of(other)
    assert not is_gone(name)
    other.kill()
    other.wait()
    assert is_gone(name)


def test_one_that_was_killed_and_that_nobody_waited_for_is_gone(other: "subprocess.Popen[str]") -> None:
    name = name_of(other)
    other.kill()
    deadline = time.monotonic() + 10
    while not is_gone(name):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_later_process_with_the_same_number_is_not_taken_for_it() -> None:
    machine, _, start = this_process().rpartition(" ")
    assert is_gone(f"{machine} {int(start) - 1}")


@pytest.mark.parametrize("name", ["", "other", "pid:[1] 4711 5", "boot pid:[1] 999999999 5"])
def test_nothing_is_concluded_about_another_machine(name: str) -> None:
    assert not is_gone(name)
