"""Makes a namespace under Pod Security "restricted"; one that is there stays as it is."""

import sys

from ona_pipeline.clients.kubernetes import connect

context, name = sys.argv[1:]
labels = {"pod-security.kubernetes.io/enforce": "restricted"}
connect(context).apply(
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
)
