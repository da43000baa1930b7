"""Is there a faster form of a scikit-learn model that answers the same? `python -m ona_serving.faster`.

Runs once for each model version, in the sandbox, with the model's own packages and the converter's:

- `convert.py` makes an ONNX graph of the estimator, for the element types that its signature declares;
- `rows.py` lays out what both are asked: rows drawn at random, and rows at and beside every split threshold
  of the trees (`splits.py` finds them), each with values that lead to its node;
- `compare.py` asks both and keeps count.

`--rows evaluation.npz` are the rows that the model is judged on, `--output DIR` is where `model.onnx` is
written, where it was shown equal, and `comparison.json` in any case.
"""
