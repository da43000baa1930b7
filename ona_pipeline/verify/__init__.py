"""Integrity: is the model what was declared, and does nothing in it run code when it is loaded?

`verify.py` asks; one file for each way of looking, none of which loads or imports anything of the model:

1. `files.py`: every file against the model manifest, and nothing too large.
2. `formats.py`: what each file is, read from its content; a name proves nothing.
3. `mlmodel.py`: the MLmodel file as data: no YAML tags, no loader or code of its own.
4. `skops_file.py`: the archive and its schema, walked strictly: every type that loading would make.
5. `allow_list.py`: those types against `trusted_types.txt` and the releaser's policy.
6. `lock.py`: every requirement pinned and hashed, no options, no addresses.

Policy comes in as an argument, read at the trusted ref. No file of the snapshot can widen it.
"""
