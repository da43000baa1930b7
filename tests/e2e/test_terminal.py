"""What a person meets at a terminal: a real one, driven by another program."""

import signal

import pexpect
import pytest

from tests.e2e.world import ONA, World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def at_terminal(world: World, *arguments: str) -> pexpect.spawn:
    return pexpect.spawn(
        str(ONA),
        list(arguments),
        cwd=str(world.folder),
        env=world.environment | {"TERM": "xterm", "COLUMNS": "100"},
        encoding="utf-8",
        timeout=180,
        # A run in the background ignores SIGINT, and would hand that down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        dimensions=(50, 100),
    )


def test_the_question_comes_at_the_end_of_a_release_and_yes_rolls_out(world: World) -> None:
    terminal = at_terminal(world, "release", "digits", "--note", "please look at eights")

    terminal.expect("please look at eights")
    terminal.expect("accuracy")
    terminal.expect(r"release to production\? \[y/N\]")
    terminal.sendline("y")
    terminal.expect("production.*live")
    terminal.expect(pexpect.EOF)

    assert terminal.wait() == 0
    assert world.serving("production") == world.releases()[-1]


def test_anything_but_yes_leaves_it_waiting_and_ctrl_c_is_safe(world: World) -> None:
    terminal = at_terminal(world, "release", "digits")
    terminal.expect(r"\[y/N\]")
    terminal.sendline("")
    terminal.expect("still waiting")
    terminal.expect(pexpect.EOF)
    assert terminal.wait() == 0

    terminal = at_terminal(world, "approve")
    terminal.expect(r"\[y/N\]")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)

    assert terminal.wait() == 130
    assert world.serving("production") == ""
    status = world.ona("status", "--json").record
    assert [promotion["phase"] for promotion in status["waiting"]] == ["awaiting approval"]
