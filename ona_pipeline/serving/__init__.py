"""What goes into the image: a small server that answers for one model, and proves which one.

Inside the image this folder is the top-level package `ona_serving`; it imports nothing else of ona.
The road of a request::

    app        ASGI: one table of routes, errors to answers, metrics
      exchange   reading a body with a limit, sending an answer
      handlers   what each route answers
        protocol     Open Inference Protocol v2: bytes to arrays, arrays to bytes
        invocations  MLflow's /invocations: the same, in its four JSON forms and CSV
          binary       elements as bytes after the JSON; `openapi` describes all of it
          tensors      one array against one declared input: type, shape, finite numbers
      service    loading, ready, not servable, draining; the bounded queue to the threads that predict
        loading    manifest check, load, one warm-up with the known question
          manifest, release, model: a scikit-learn estimator, or an ONNX graph (onnx_model)

Files in the image, below `ONA_ROOT`:

- `model/`: the files of the form that serves, exactly those that the manifest names;
- `model.manifest.json`: their manifest; the SHA-256 of its bytes is the *form digest*, and the *model digest*
  where the form is as it was committed;
- `release.json`: release id, model digest, form and its digest, trusted types, signature, known
  question (see `release.py`).

Environment variables: `ONA_ROOT` (/opt/ona), `ONA_HOST` (0.0.0.0), `ONA_PORT` (8080), `ONA_MAX_ROWS` (10000),
`ONA_MAX_BODY_BYTES` (16 MiB), `ONA_THREADS` (the CPU limit), `ONA_QUEUE` (128 requests waiting),
`ONA_PATIENCE_S` (10, for the head of a request to arrive, and again for its body),
`ONA_DRAIN_S` (5).

Nothing here unpickles, writes a file, or needs a user, a shell or a way out. `python -m ona_serving` serves;
`python -m ona_serving.batch` answers a file of rows with the same loader and the same `predict`,
for validation; `python -m ona_serving.faster` makes a graph of an estimator and compares them.
"""

VERSION = "0.1.0"
