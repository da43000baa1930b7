"""What would the model be if it were trained again today? Trained, recorded, registered; then released.

`train.py` here is the one entry. The model's own ``train.py`` is as hostile as a model: it runs in the
sandbox, with no network. `lent.py` lends it one thing, its own MLflow run: `inside.py` runs in the sandbox,
looks like an MLflow server, and writes down what it is told. `results.py` reads what the training left, as
data. `recording.py` writes it to MLflow.
"""
