"""Integrity: is the model what was declared, and does nothing in it run code when it is loaded?

`verify.py` asks of a snapshot, `paths.py` of whatever lies at a path; none of what they call loads or imports
anything of the model:

1. `files.py`: every file against the model manifest, and nothing too large; `attestation.py`: that
   list, signed by a key of the policy.
2. `inside.py`: every file recognised, walked, and held against policy:
   `formats.py` reads from its content what a file is, `contents.py` opens it and chooses the walk, and
   `walk/` has one for each format: all that loading would import, make and call.
3. `allow_list.py`: those names against `trusted_types.txt`, `trusted_calls.txt` and the releaser's policy.
4. `mlmodel.py`: the MLmodel file as data: no YAML tags, no loader or code of its own; `claims.py`: what a
   model says of itself, said to people and never honoured.
5. `lock.py`: every requirement pinned and hashed, no options, no addresses.

`explain.py` says what a policy would have to allow, and why that may be unwise.

Policy comes in as an argument, read at the trusted ref. No file of the snapshot can widen it.
"""
