"""Signed statements: who says what about which bytes, in a form that others' tools read.

- `keys.py`: EC keys on the curves of NIST, as PEM; `signer.py`: what signs, a file or a program that speaks
  to a key service.
- `bundle.py`: a payload and its signature: DSSE in a Sigstore bundle.
- `statement.py`: what is said of an image, as in-toto statements; `provenance.py` and `sbom.py` are two of
  them.
- `attach.py`: beside the image, in its registry; `judge.py`: whether what lies there is what it says.
"""
