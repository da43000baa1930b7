import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ona_pipeline import auditing
from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.ledger.export import lines
from ona_pipeline.records.digest import Digest
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import published

VECTORS = Path(__file__).parents[2] / "vectors"
VECTOR = VECTORS / "ledger.jsonl"
PAGE = Path(__file__).parents[3] / "docs" / "ledger-format.md"


def independently(path: Path) -> "subprocess.CompletedProcess[str]":
    """What the verifier says that has nothing of ona."""
    command = [sys.executable, "-I", "-S", str(VECTORS / "verify_export.py"), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[Callable[[list[bytes]], list[bytes]]], list[str]]:
    """The codes of what is wrong with the vector once its lines were changed."""

    def changed(change: Callable[[list[bytes]], list[bytes]]) -> list[str]:
        path = tmp_path / "changed.jsonl"
        path.write_bytes(b"".join(change(VECTOR.read_bytes().splitlines(keepends=True))))
        assert independently(path).returncode == 1
        return [finding.code for finding in auditing.of_file(path).findings]

    return changed


class TestTheVector:
    def test_is_whole_and_ends_as_the_page_says(self) -> None:
        audited = auditing.of_file(VECTOR)
        assert audited.findings == ()
        assert audited.head.digest in PAGE.read_text()
        assert audited.ledger in PAGE.read_text()

    def test_is_whole_to_a_verifier_that_only_knows_the_page(self) -> None:
        said = independently(VECTOR)
        assert (said.returncode, said.stderr) == (0, "")
        assert said.stdout.strip() == auditing.of_file(VECTOR).head.digest

    def test_the_verifier_has_nothing_of_ona(self) -> None:
        assert "ona_pipeline" not in (VECTORS / "verify_export.py").read_text()

    def test_an_edited_event(self, changed: Callable[..., list[str]]) -> None:
        edit = [line.replace(b"approver", b"releaser") for line in VECTOR.read_bytes().splitlines(True)]
        assert "event-changed" in changed(lambda _: edit)

    def test_a_deleted_event(self, changed: Callable[..., list[str]]) -> None:
        assert changed(lambda found: [*found[:5], *found[6:]])[:2] == ["export-cut", "event-missing"]

    def test_an_inserted_event(self, changed: Callable[..., list[str]]) -> None:
        assert "event-missing" in changed(lambda found: [*found[:6], found[5], *found[6:]])

    def test_reordered_events(self, changed: Callable[..., list[str]]) -> None:
        assert "event-missing" in changed(lambda found: [*found[:5], found[6], found[5], *found[7:]])

    def test_changed_evidence(self, changed: Callable[..., list[str]]) -> None:
        edit = [line.replace(b"0.97", b"0.99") for line in VECTOR.read_bytes().splitlines(True)]
        assert changed(lambda _: edit) == ["evidence-changed"]

    def test_missing_evidence(self, changed: Callable[..., list[str]]) -> None:
        assert changed(lambda found: [*found[:17], *found[18:]])[:2] == ["export-cut", "evidence-missing"]

    def test_a_cut_tail(self, changed: Callable[..., list[str]]) -> None:
        assert "export-cut" in changed(lambda found: found[:-1])

    def test_a_last_line_that_is_cut_short(self, changed: Callable[..., list[str]]) -> None:
        assert "export-cut" in changed(lambda found: [*found[:-1], found[-1][:-1]])

    def test_a_line_that_means_the_same_in_other_words(self, changed: Callable[..., list[str]]) -> None:
        spaced = changed(lambda found: [*found[:4], found[4].replace(b'","', b'", "', 1), *found[5:]])
        assert spaced == ["line-changed"]


class TestTheFile:
    def test_evidence_that_is_no_text_comes_back_as_it_was(self, tmp_path: Path) -> None:
        ledger = FakeLedger(clock=FakeClock())
        published(ledger)
        with ledger.writing() as writing:
            writing.keep(b"\xff\x00")
        with ledger.reading() as reading:
            (tmp_path / "x.jsonl").write_bytes(b"".join(lines(reading)))
        assert b"base64" in (tmp_path / "x.jsonl").read_bytes()
        assert auditing.of_file(tmp_path / "x.jsonl").findings == ()
        assert independently(tmp_path / "x.jsonl").returncode == 0

    def test_base64_that_is_none_is_a_finding(self, tmp_path: Path) -> None:
        found = VECTOR.read_bytes().splitlines(keepends=True)
        broken = '{"base64":"ä","digest":"x"}\n'.encode()
        (tmp_path / "x.jsonl").write_bytes(b"".join([*found[:-1], broken, found[-1]]))
        audited = auditing.of_file(tmp_path / "x.jsonl")
        assert [finding.code for finding in audited.findings] == ["line-unreadable"]

    def test_an_empty_ledger_is_exported_as_such(self, tmp_path: Path) -> None:
        with FakeLedger(clock=FakeClock()).reading() as reading:
            (tmp_path / "x.jsonl").write_bytes(b"".join(lines(reading)))
        audited = auditing.of_file(tmp_path / "x.jsonl")
        assert (audited.findings, audited.head.digest) == ((), Digest.of(b""))
        assert independently(tmp_path / "x.jsonl").returncode == 0

    @pytest.mark.parametrize(
        "content", [b"", b"a letter\n", b"{}\n", b"\xff\n", b'{"format":"ona-ledger"}\n']
    )
    def test_what_is_not_an_export_is_told_as_such(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "x.jsonl").write_bytes(content)
        with pytest.raises(UsageError, match="is not an export of a ledger: wanted") as error:
            auditing.of_file(tmp_path / "x.jsonl")
        assert "ona ledger export" in error.value.hint

    def test_an_export_of_a_newer_version_is_told_as_such(self, tmp_path: Path) -> None:
        newer = VECTOR.read_bytes().replace(b'"version":1', b'"version":2', 1)
        (tmp_path / "x.jsonl").write_bytes(newer)
        with pytest.raises(BackendError, match="newer version of ona: its form is 2, known is 1"):
            auditing.of_file(tmp_path / "x.jsonl")

    def test_a_file_that_cannot_be_read_is_told_as_such(self, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "none.jsonl"):
            with pytest.raises(UsageError, match="cannot be read"):
                auditing.of_file(path)
