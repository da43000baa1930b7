"""Parsing without loading: what would loading this file name, call and read?

One file for each format; none imports or unpickles anything. `contents.py`, one floor up, chooses by content:

1. `skops.py`: the archive's schema, every type that loading would make; `members.py`: its arrays;
   `skops_depth.py`: how deep its nodes lie in each other.
2. `pickles.py`, `moves.py`: the machine that a pickle is a program for, nothing is called:
   `opcodes.py` which operations each protocol has, `values.py` and `memo.py` what they move, `depths.py` how
   deep, `calls.py` what may be called with what, `states.py` what objects may be given, `nested.py` pickles
   hidden in values.
3. `joblib.py`: the same machine, with raw arrays between the operations.
4. `npy.py`: one array, or an archive of them; `dtypes.py`: how large an element is, and whether an object.
5. `onnx.py`: protocol buffers by a table of ONNX's messages.

Below them: `reader.py` takes bytes strictly from front to back, `packed.py` unpacks streams within a limit,
`archive.py` holds the two directories of a ZIP archive against each other.

A walk that meets what no honest writer makes raises `MalformedError`; names seen until then still count.
"""
