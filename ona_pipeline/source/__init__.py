"""What exactly was committed? Read from git objects or the model registry, never from the work tree.

`read.py` is the one entry and gives a `Snapshot`. `git.py` and `mlflow.py` are the two ways: a commit, and a
registered version, whose files come from the model registry and everything else from the commit that it was
trained at.

- `tree.py` lists what a commit holds, `layout.py` lays it out, `lfs.py` follows git-LFS pointers.
- `declaration.py` reads ``release.toml``; `declared.py` compares what it names with what is there.
- `trusted.py` finds the ref that policy is read at, and reads it.
- `uncommitted.py` says what will not be released.
- `hook.py` is for release on push; `pushes.py` says which models a push changed, and who judges them.

Everything found here is hostile until `verify` has passed it: it is copied, and nothing is loaded.
"""
