"""A single byte that is changed anywhere in a ledger, an export or a checkpoint is noticed."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from ona_pipeline import auditing
from ona_pipeline.clients.git_checkpoints import Noted
from ona_pipeline.clients.ssh_signatures import sign
from ona_pipeline.errors import OnaError
from ona_pipeline.ledger.audit import audit
from ona_pipeline.ledger.chain import opened
from ona_pipeline.ledger.failures import failures
from ona_pipeline.ledger.sql import SqlLedger
from ona_pipeline.ledger.transaction import SqlReading
from ona_pipeline.noted import Notes
from ona_pipeline.policy import EnvironmentPolicy, People, Person
from ona_pipeline.records.checkpoint import NAMESPACE, Checkpoint
from tests.contract.ledger.test_audit import approved
from tests.fakes.releases import roll_out
from tests.keys import Key

COLUMNS = {
    "ona_events": ("sequence", "at", "model", "subject", "kind", "body", "previous", "digest"),
    "ona_evidence": ("digest", "content"),
}
KEYS = {"ona_events": "sequence", "ona_evidence": "digest"}
VECTOR = Path(__file__).parents[2] / "vectors" / "ledger.jsonl"
TIMES = [pytest.param(300, id="a-sample"), pytest.param(10_000, id="all", marks=pytest.mark.full)]


def other(content: bytes, place: int, dice: random.Random) -> bytes:
    """The content with one byte changed to any other."""
    value = dice.choice([byte for byte in range(256) if byte != content[place]])
    return content[:place] + bytes([value]) + content[place + 1 :]


class Rows:
    """Every cell of a ledger, each as likely to be changed as it is long."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.cells = [
            (table, column, row._mapping[KEYS[table]], self._bytes(row._mapping[column]))
            for table, columns in COLUMNS.items()
            for row in connection.execute(text(f"SELECT * FROM {table}"))
            for column in columns
        ]
        self.weights = [len(content) for *_, content in self.cells]

    def change(self, dice: random.Random) -> str:
        """Change one byte, where the database lets it be changed to that."""
        (table, column, key, content), *_ = dice.choices(self.cells, self.weights)
        changed = other(content, dice.randrange(len(content)), dice)
        statement = text(f"UPDATE {table} SET {column} = {self._cast(column)} WHERE {KEYS[table]} = :key")
        self._connection.execute(statement, {"value": self._value(column, changed), "key": key})
        return f"{table}.{column} of {key}: {changed!r}"

    def _bytes(self, value: object) -> bytes:
        return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()

    def _cast(self, column: str) -> str:
        is_text = self._connection.dialect.name == "sqlite" and column not in {"content", "sequence"}
        return "CAST(:value AS TEXT)" if is_text else ":value"

    def _value(self, column: str, changed: bytes) -> object:
        if column == "content" or (self._connection.dialect.name == "sqlite" and column != "sequence"):
            return changed
        printable = "".join(chr(byte) if 32 <= byte < 127 else "~" for byte in changed)
        return (
            int("".join(c if c.isdigit() else "7" for c in printable)) if column == "sequence" else printable
        )


@pytest.mark.parametrize("times", TIMES)
def test_in_any_row(url: str, real: Callable[[], SqlLedger], times: int) -> None:
    roll_out(real(), approved(real()))
    dice, noticed = random.Random(20261123), 0
    with create_engine(url, poolclass=NullPool).connect() as connection:
        rows = Rows(connection)
        connection.rollback()
        while noticed < times:
            with connection.begin() as transaction:
                try:
                    change = rows.change(dice)
                except IntegrityError:
                    transaction.rollback()
                    continue
                assert is_noticed(connection), change
                noticed += 1
                transaction.rollback()


def is_noticed(connection: Connection) -> bool:
    reading = SqlReading(connection, "ledger")
    try:
        with failures("ledger"):
            return bool(audit(map(opened, reading.rows()), reading.contents()).findings)
    except OnaError:
        return True


@pytest.mark.parametrize("times", TIMES)
def test_in_an_export(tmp_path: Path, times: int) -> None:
    dice, whole = random.Random(20261123), VECTOR.read_bytes()
    for _ in range(times):
        place = dice.randrange(len(whole))
        (tmp_path / "x.jsonl").write_bytes(other(whole, place, dice))
        try:
            assert not auditing.of_file(tmp_path / "x.jsonl").is_whole, f"byte {place}"
        except OnaError as error:
            assert str(tmp_path) in error.message  # noqa: PT017


@pytest.mark.parametrize("is_signed", [True, False], ids=["signed", "unsigned"])
@pytest.mark.parametrize("times", [pytest.param(100, id="a-sample"), TIMES[1]])
def test_in_a_checkpoint(tmp_path: Path, times: int, is_signed: bool) -> None:
    dice, key = random.Random(20261123), Key(tmp_path, "approver")
    person = Person(logins=("approver",), keys=(key.fingerprint,))
    policy = EnvironmentPolicy(people=People(persons={"approver": person}))
    whole = auditing.of_file(VECTOR)
    assert whole.head.at is not None
    text = Checkpoint(
        ledger=whole.ledger, sequence=whole.head.sequence, digest=whole.head.digest, at=whole.head.at
    ).text
    signature = sign(text, namespace=NAMESPACE, key=str(key.path), folder=Path("/")) if is_signed else ""

    def is_whole(content: bytes) -> bool:
        noted = Noted("here", "", content[: len(text)], content[len(text) :].decode(errors="replace"))
        return auditing.of_file(VECTOR, notes=Notes([noted], lambda: policy)).is_whole

    kept = text + signature.encode()
    assert is_whole(kept)
    for _ in range(times):
        place = dice.randrange(len(kept))
        assert not is_whole(other(kept, place, dice)), f"byte {place}"
