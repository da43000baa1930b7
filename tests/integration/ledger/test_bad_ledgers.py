"""Bad ledgers and the installed `ona`: a sentence with subject and remedy, exit code 4, nothing changed."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.contract.ledger.conftest import postgresql_url  # noqa: F401
from tests.projects import Project

ONA = Path(sys.executable).with_name("ona")
WHOLE = Path(__file__).parents[2] / "compat" / "0.1.0" / "ledger.db"
WRITE = ("hold", "digits", "--env", "production", "--reason", "x")
READ = ("ledger", "verify")
EXPORT = ("ledger", "export")
SOMEBODY = 12345


class Here:
    """A repository whose ledger is at `path`."""

    def __init__(self, folder: Path) -> None:
        self.folder = Project(folder / "project").folder
        self.path = folder / "state" / "ledger.db"
        self.path.parent.mkdir()
        self.url = f"sqlite:///{self.path}"

    def given(self) -> None:
        shutil.copy(WHOLE, self.path)
        self.ona("status", status=0)

    def ona(self, *arguments: str, status: int, inside: tuple[str, ...] = ()) -> str:
        """What `ona` says to people; `inside`: a command that calls it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ONA_")}
        done = subprocess.run(
            [*inside, str(ONA), *arguments],
            cwd=self.folder,
            env=environment | {"ONA_LEDGER": self.url},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == status, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stderr

    def refused(
        self,
        *sentences: str,
        inside: tuple[str, ...] = (),
        commands: tuple[tuple[str, ...], ...] = (READ, WRITE),
    ) -> None:
        """Each command ends with 4 and says all of it, and the file is what it was."""
        before = self.path.read_bytes() if self.path.is_file() else b""
        for command in commands:
            said = self.ona(*command, status=4, inside=inside)
            for sentence in (*sentences, "hint: "):
                assert sentence in said, (command, said)
        assert (self.path.read_bytes() if self.path.is_file() else b"") == before


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


def in_own_mounts(script: str, *arguments: str) -> tuple[str, ...]:
    """A shell that may mount what it likes, and runs `"$@"` somewhere in the script."""
    return ("unshare", "--map-root-user", "--mount", "bash", "-euc", script, "bash", *arguments)


class TestAFile:
    def test_that_is_cut_short(self, here: Here) -> None:
        here.given()
        whole = here.path.read_bytes()
        here.path.write_bytes(whole[: len(whole) * 2 // 5])
        here.refused(f"the ledger {here.path} is damaged", "put a copy of it back")

    def test_whose_pages_are_rubbish(self, here: Here) -> None:
        here.given()
        whole = here.path.read_bytes()
        here.path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
        here.refused(f"the ledger {here.path} is damaged", "put a copy of it back")

    def test_of_a_newer_version(self, here: Here) -> None:
        here.given()
        with sqlite3.connect(here.path) as ledger:
            ledger.execute("UPDATE ona_schema SET version_num = '9999'")
        ledger.close()
        here.refused(f"{here.path} was written by a newer version of ona: its tables are 9999", "install")

    def test_that_is_no_database(self, here: Here) -> None:
        here.path.write_text("a letter, and no database at all\n" * 100)
        here.refused(f"the ledger {here.path} is not a ledger", "ledger.url")

    def test_of_another_program(self, here: Here) -> None:
        with sqlite3.connect(here.path) as other:
            other.execute("CREATE TABLE runs (id INTEGER)")
        other.close()
        here.refused(f"{here.path} is a database, but not a ledger: it holds runs", "ledger.url")

    def test_that_is_a_folder(self, here: Here) -> None:
        here.path.mkdir()
        here.refused(f"the ledger {here.path} cannot be opened", "check its folder")

    def test_that_this_user_may_not_read(self, here: Here) -> None:
        here.given()
        inside: tuple[str, ...] = ()
        if os.getuid() == 0:
            os.chown(here.path, SOMEBODY, SOMEBODY)
            inside = ("unshare", "--map-root-user")
        here.path.chmod(0o600 if inside else 0)
        try:
            for command in (READ, WRITE):
                said = here.ona(*command, status=4, inside=inside)
                assert f"the ledger {here.path} cannot be" in said
                assert "check" in said
        finally:
            here.path.chmod(0o600)

    def test_on_a_disk_that_can_only_be_read(self, here: Here) -> None:
        here.given()
        script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
        inside = in_own_mounts(script, str(here.path.parent))
        said = here.ona(*WRITE, status=4, inside=inside)
        assert f"the ledger {here.path} cannot be opened" in said
        assert "check its folder and the rights on it" in said
        here.ona("status", status=0, inside=inside)

    def test_on_a_full_disk(self, here: Here) -> None:
        here.given()
        script = """
            folder=$(dirname "$1"); shift
            cp "$folder/ledger.db" /tmp/whole-$$; mount -t tmpfs -o size=512k none "$folder"
            cp /tmp/whole-$$ "$folder/ledger.db"; rm /tmp/whole-$$
            dd if=/dev/zero of="$folder/filler" bs=4k 2>/dev/null || true
            status=0; "$@" || status=$?
            rm "$folder/filler"; "$1" status >/dev/null
            sqlite3 "$folder/ledger.db" 'SELECT count(*) FROM ona_events' >&2
            exit $status
        """
        said = here.ona(*WRITE, status=4, inside=in_own_mounts(script, str(here.path)))
        assert f"the ledger {here.path} meets a disk that is full" in said
        assert "hint: look at the disk" in said
        assert said.count(str(here.path)) == 1
        assert said.strip().endswith("84")

    def test_whose_text_is_no_text(self, here: Here) -> None:
        here.given()
        with sqlite3.connect(here.path) as ledger:
            ledger.execute("UPDATE ona_events SET body = CAST(x'ff' AS TEXT) WHERE sequence = 3")
        ledger.close()
        here.refused(f"the ledger {here.path} is damaged", "put a copy of it back", commands=(READ, EXPORT))


class TestExports:
    def test_to_a_full_disk_leaves_the_old_one(self, here: Here, tmp_path: Path) -> None:
        here.given()
        out = tmp_path / "out"
        out.mkdir()
        script = """
            folder=$1; shift; mount -t tmpfs -o size=16k none "$folder"; echo old > "$folder/x.jsonl"
            status=0; "$@" || status=$?; ls "$folder" >&2; cat "$folder/x.jsonl" >&2; exit $status
        """
        said = here.ona(
            *EXPORT, "--out", str(out / "x.jsonl"), status=4, inside=in_own_mounts(script, str(out))
        )
        assert f"{out / 'x.jsonl'} cannot be written: No space left on device" in said
        assert "hint: nothing was written" in said
        assert said.strip().endswith("x.jsonl\nold")

    def test_to_a_folder_that_is_not_there(self, here: Here, tmp_path: Path) -> None:
        here.given()
        said = here.ona(*EXPORT, "--out", str(tmp_path / "none" / "x.jsonl"), status=4)
        assert "cannot be written: No such file or directory" in said

    def test_that_are_none(self, here: Here, tmp_path: Path) -> None:
        here.given()
        said = here.ona(*READ, "--file", str(here.path), status=2)
        assert f"{here.path} is not an export of a ledger" in said
        said = here.ona(*READ, "--checkpoint", str(tmp_path / "none.json"), status=2)
        assert "none.json cannot be read: No such file" in said

    def test_that_were_changed_are_refused_outside_of_any_repository(
        self, here: Here, tmp_path: Path
    ) -> None:
        here.given()
        here.ona(*EXPORT, "--out", str(tmp_path / "x.jsonl"), status=0)
        edited = (tmp_path / "x.jsonl").read_text().replace("sevens", "eights")
        (tmp_path / "x.jsonl").write_text(edited)
        here.folder = tmp_path
        said = here.ona(*READ, "--file", str(tmp_path / "x.jsonl"), status=3)
        assert "is not what was written" in said
        assert "hint: put a copy of the ledger back" in said


@pytest.mark.postgresql
class TestPostgresql:
    @pytest.fixture
    def there(self, here: Here, postgresql_url: str) -> Here:  # noqa: F811
        here.url = postgresql_url
        here.ona(*WRITE, status=0)
        return here

    def run(self, there: Here, statement: str) -> None:
        with create_engine(there.url, poolclass=NullPool).begin() as connection:
            connection.execute(text(statement))

    def test_of_a_newer_version(self, there: Here) -> None:
        self.run(there, "UPDATE ona_schema SET version_num = '9999'")
        there.refused("was written by a newer version of ona", "install that version")

    def test_that_can_only_be_read(self, there: Here) -> None:
        name = there.url.rpartition("/")[2].partition("?")[0]
        self.run(there, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        there.refused("cannot be written to", commands=(WRITE,))
        there.ona("status", status=0)

    def test_whose_server_is_not_there(self, here: Here) -> None:
        here.url = "postgresql://ona:hidden@127.0.0.1:1/ona"
        for command in (READ, WRITE):
            said = here.ona(*command, status=4)
            assert "cannot be reached" in said
            assert "may succeed later" in said
            assert "hidden" not in said
