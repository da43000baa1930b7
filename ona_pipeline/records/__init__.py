"""What is known about releases and promotions, as values: no file, no socket, no clock.

Three kinds of things live here, each in files of its own:

1. Values that cannot be wrong: `Digest`, `PinnedReference`, `Question`, `Declaration`.
2. Evidence: what each stage of the road found out (`evidence.py`), in one canonical JSON form
   (`canonical.py`).
3. Histories: `release_facts.py`, `promotion_facts.py`, `environment.py` hold the facts that may be written;
   `release.py` and `promotion.py` one transition table each, and `replay`, which is the only way to a current
   state. `event.py` is one line of the ledger.

Imports the standard library, msgspec and `ona_pipeline.errors` alone.
"""
