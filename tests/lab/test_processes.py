"""The lab ends only processes that it started: ids get reused, names lie."""

import os
import subprocess
from pathlib import Path

import pytest

PROCESS = Path(__file__).parents[2] / "k8s" / "lab" / "process.sh"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "pids").mkdir()
    (tmp_path / "log").mkdir()
    return tmp_path


def shell(state: Path, script: str) -> str:
    """Run a script with the lab's functions; the lab's lock is file descriptor 9."""
    return subprocess.run(
        ["bash", "-euc", f". {PROCESS}; exec 9>/dev/null; {script}"],
        env=os.environ | {"ONA_LAB": str(state)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_a_started_process_is_known_until_it_is_stopped(state: Path) -> None:
    shell(state, "start sleeper sleep 60")
    pid = int((state / "pids" / "sleeper").read_text().split()[0])
    assert shell(state, "alive sleeper && echo yes") == "yes\n"
    shell(state, "stop sleeper")
    assert not is_running(pid)
    assert not (state / "pids" / "sleeper").exists()


def test_a_process_that_got_a_used_id_is_left_alone(state: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        (state / "pids" / "etcd").write_text(f"{stranger.pid} 1 {boot}\n")
        shell(state, "! alive etcd; stop etcd")
        assert is_running(stranger.pid)
        stranger.kill()


def test_a_process_of_an_earlier_boot_is_not_taken_for_a_running_one(state: Path) -> None:
    shell(state, "start sleeper sleep 60")
    recorded = state / "pids" / "sleeper"
    pid, started, _ = recorded.read_text().split()
    recorded.write_text(f"{pid} {started} 00000000-0000-0000-0000-000000000000\n")
    shell(state, "! alive sleeper; stop sleeper")
    assert is_running(int(pid))
    os.kill(int(pid), 9)


def test_what_answers_is_kept_and_what_died_is_started_again(state: Path) -> None:
    keep = "keep sleeper true sleep 60"
    shell(state, keep)
    first = (state / "pids" / "sleeper").read_text()
    shell(state, keep)
    assert (state / "pids" / "sleeper").read_text() == first
    os.kill(int(first.split()[0]), 9)
    shell(state, "for _ in $(seq 50); do alive sleeper || break; sleep 0.1; done")
    shell(state, keep)
    assert (state / "pids" / "sleeper").read_text() != first
    shell(state, "stop sleeper")


def test_a_process_that_cannot_start_shows_the_end_of_its_log(state: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        shell(state, "keep broken false bash -c 'echo the reason; exit 1'")
    assert "broken did not come up" in failed.value.stderr
    assert "the reason" in failed.value.stderr


def test_what_outlived_its_parent_is_ended_with_it(state: Path) -> None:
    shell(state, "start parent bash -c 'sleep 60 & echo $! >child; wait'; sleep 0.5")
    child = int((state / "child").read_text())
    os.kill(int((state / "pids" / "parent").read_text().split()[0]), 9)
    assert is_running(child)
    shell(state, "stop parent")
    assert not is_running(child)


def test_a_file_is_written_only_where_it_differs(state: Path) -> None:
    target = state / "configuration"
    shell(state, f"echo one | write {target}")
    before = target.stat().st_mtime_ns
    shell(state, f"echo one | write {target}")
    assert target.stat().st_mtime_ns == before
    shell(state, f"echo two | write {target}")
    assert target.read_text() == "two\n"
