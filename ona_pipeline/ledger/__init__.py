"""What happened, in which order, by whose word: the one place that releases and promotions are replayed from.

- `interface.py`: what a ledger can do.
- `chain.py`, `following.py`: the rules, pure: how an event is sealed to the one before; what may follow what.
- `histories.py`: releases, promotions, champions and holds, replayed; `search.py`: which of them to replay.
- `lease.py`, `leases.py`, `heart.py`: who is at work on what, and whether it still lives.
- `sql.py`: the ledger on SQLAlchemy; `transaction.py`: one transaction of it. `sqlite.py` and `postgresql.py`
  say how each of the two reads and writes, `tables.py` what is in them; `schema.py` brings them up to date,
  `failures.py` translates their errors, `again.py` does again what can be.
- `audit.py`: whether all of it is still what was written; `replayed.py`: and may have been written.
- `export.py`: a copy of it to take along, and to be verified by any program.
- `migrations/`: how ledgers of earlier versions become ledgers of this one.
"""
