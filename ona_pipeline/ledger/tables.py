"""What is in the database; named ``ona_…``, so that a team's database can hold other things too."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

REVISIONS = ("0001", "0002", "0003")
"""Every version of these tables, oldest first; a test compares them with `migrations/`."""

VERSION_TABLE = "ona_schema"

metadata = MetaData()

EVENTS = Table(
    "ona_events",
    metadata,
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),
    Column("model", Text, nullable=False, index=True),
    Column("subject", Text, nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(71), nullable=False),
    Column("digest", String(71), nullable=False, unique=True),
    Index("ix_ona_events_kind", "kind", "subject", "model", "at"),
)

EVIDENCE = Table(
    "ona_evidence",
    metadata,
    Column("digest", String(71), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

LEASES = Table(
    "ona_leases",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("token", String(32), nullable=False),
    Column("holder", Text, nullable=False),
    Column("beat", BigInteger, nullable=False),
    Column("process", Text, nullable=False),
)
"""Who is at work on what: no part of the chain, and gone when the work is done."""

CURSORS = Table(
    "ona_cursors",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)
"""How far what copies from the ledger has come: no part of the chain; lost, all is copied once more."""

VERSION = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
