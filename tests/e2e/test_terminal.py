"""What a person meets at a terminal: a real one, driven by another program."""

import signal

import pexpect
import pytest

from tests.e2e.world import ONA, World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]


def at_terminal(world: World, *arguments: str, columns: int = 100, **variables: str) -> pexpect.spawn:
    environment = {**world.environment, "TERM": "xterm", **variables}
    return pexpect.spawn(
        str(ONA),
        list(arguments),
        cwd=str(world.folder),
        env={name: value for name, value in environment.items() if name not in {"COLUMNS", "LINES"}},
        encoding="utf-8",
        timeout=180,
        # A run in the background ignores SIGINT, and would hand that down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        dimensions=(50, columns),
    )


def interrupted(terminal: pexpect.spawn) -> int:
    """The exit status after Ctrl-C; what is said on the way is read, or the process waits for that."""
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    return int(terminal.wait())


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
    terminal.expect(r"release to production\? \[y/N\]")
    terminal.sendline("")
    terminal.expect(r"reject it, for good\? \[y/N\]")
    terminal.sendline("")
    terminal.expect("still waiting")
    terminal.expect(pexpect.EOF)
    assert terminal.wait() == 0

    terminal = at_terminal(world, "approve")
    terminal.expect(r"\[y/N\]")

    assert interrupted(terminal) == 130
    assert world.serving("production") == ""
    status = world.ona("status", "--json").record
    assert [promotion["phase"] for promotion in status["waiting"]] == ["awaiting approval"]


COLOUR = "\x1b["


def test_the_screen_suits_the_terminal_and_a_no_may_become_a_rejection(world: World) -> None:
    # given a request that waits
    release = world.ona("release", "digits", "--note", "please look at eights", "--json").release

    # when it is shown over plain ssh, then in 80 columns, on one page, without a single escape
    terminal = at_terminal(world, "approve", columns=80, TERM="dumb", LANG="C", LC_ALL="C")
    terminal.expect(r"release to production\? \[y/N\]")
    seen = terminal.before.replace("\r", "")
    assert COLOUR not in seen
    assert max(map(len, seen.splitlines())) <= 80
    assert len(seen.splitlines()) <= 40
    assert "please look at eights" in seen
    assert ", in 6 days" in seen
    assert "(a claim)" in " ".join(seen.split())
    assert interrupted(terminal) == 130

    # when the terminal has colours, then verdicts have them; and NO_COLOR is respected
    terminal = at_terminal(world, "approve")
    terminal.expect(r"\[y/N\]")
    assert f"{COLOUR}32mverify" in terminal.before
    assert interrupted(terminal) == 130
    terminal = at_terminal(world, "approve", NO_COLOR="1")
    terminal.expect(r"\[y/N\]")
    assert COLOUR not in terminal.before

    # when the answer is no, then it offers to reject, and asks why
    terminal.sendline("n")
    terminal.expect(r"reject it, for good\? \[y/N\]")
    terminal.sendline("y")
    terminal.expect("why is .* rejected")
    terminal.sendline("eights are wrong")
    terminal.expect("production.*rejected")
    terminal.expect(pexpect.EOF)
    assert terminal.wait() == 0

    # and `ona reject` shows the same screen and asks
    world.ona("promote", release, "--to", "production")
    terminal = at_terminal(world, "reject")
    terminal.expect("please look at eights")
    terminal.expect("why is .* rejected")
    terminal.sendline("still wrong")
    terminal.expect("production.*rejected")
    terminal.expect(pexpect.EOF)
    assert terminal.wait() == 0
    assert [promotion.reason for promotion in world.promotions()][-2:] == ["eights are wrong", "still wrong"]
