"""Whether a database holds a ledger of this version, and bringing it there."""

from enum import Enum, auto
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select

from ona_pipeline.errors import BackendError
from ona_pipeline.ledger.tables import EVENTS, REVISIONS, VERSION, VERSION_TABLE, metadata


class Schema(Enum):
    """What the tables of a database are."""

    ABSENT = auto()
    BEHIND = auto()
    CURRENT = auto()


def schema_of(connection: Connection, *, subject: str) -> Schema:
    """Look what the database holds.

    Args:
        connection: inside a transaction.
        subject: the database, for messages.

    Raises:
        BackendError: the tables are a newer version's, or an SQLite file is another program's.
    """
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE in tables:
        return _version(connection, subject)
    if EVENTS.name in tables or (tables and connection.dialect.name == "sqlite"):
        raise BackendError(
            f"{subject} is a database, but not a ledger: it holds {', '.join(sorted(tables)[:3])}",
            hint="set ledger.url to a file that is not there yet, or to a ledger",
        )
    return Schema.ABSENT


def bring_up_to_date(connection: Connection, schema: Schema) -> None:
    """Make the tables, or change those of an earlier version, inside the transaction of `connection`."""
    if schema is Schema.ABSENT:
        metadata.create_all(connection)
        VERSION.create(connection)
        connection.execute(insert(VERSION).values(version_num=REVISIONS[-1]))
    if schema is Schema.BEHIND:
        _migrate(connection)


def _version(connection: Connection, subject: str) -> Schema:
    version = connection.scalar(select(VERSION.c.version_num))
    if version is not None and version not in REVISIONS:
        raise BackendError(
            f"{subject} was written by a newer version of ona: its tables are {version}, known are up to"
            f" {REVISIONS[-1]}",
            hint="install that version, or a later one",
        )
    return Schema.CURRENT if version == REVISIONS[-1] else Schema.BEHIND


def _migrate(connection: Connection) -> None:
    """Alembic costs half a second to import, so only a ledger of an earlier version pays for it."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    location = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", location.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
