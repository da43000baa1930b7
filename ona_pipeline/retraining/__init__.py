"""What would the model be if it were trained again today? Trained, recorded, registered; then released.

`train.py` here is the one entry. The model's own ``train.py`` is as hostile as a model: it runs in the
sandbox, with no network. `gateway.py` lends it one thing, its own MLflow run, through a socket;
`inside.py` is the other end of that socket and runs in the sandbox. `results.py` reads what it left, as
data. `recording.py` writes it to MLflow.
"""
