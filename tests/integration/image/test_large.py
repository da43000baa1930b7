"""A model of two gigabytes: packed and sent with bounded memory, and not sent again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.image_registries import debian_registry

pytestmark = [pytest.mark.registry, pytest.mark.full]
SIZE_BYTES = 2 * 2**30
MOST_BYTES = 200 * 2**20
# What `build` does with a model layer, in a process of its own; the peak is that of its whole life.
PROGRAM = """
import json, resource, sys
from pathlib import Path
from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.image.document import Image
from ona_pipeline.image.layer import pack
from ona_pipeline.image.send import send_blobs
from tests.fakes.images import EMPTY

model, layer_file, repository = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
with layer_file.open("wb") as output:
    layer = pack({"opt/ona/model/model.onnx": model}, output)
registry = ImageRegistry()
image = Image(EMPTY, ()).with_layer(layer, origin="ona model", settings={})
own = {layer.digest: layer_file}
sent = [send_blobs(registry, name, image, own=own, parent=repository) for name in (repository, repository)]
registry.put_manifest(repository, image.manifest_bytes)
registry.save_blob(repository, layer.digest, layer_file)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"peak": peak, "sent": sent, "size": layer.size_bytes}))
"""


def test_a_large_model_is_streamed(tmp_path: Path):
    model = tmp_path / "model"
    with model.open("wb") as file:
        for _ in range(SIZE_BYTES // 2**20):
            file.write(os.urandom(2**20))
    with debian_registry(tmp_path) as host:
        command = [sys.executable, "-c", PROGRAM, str(model), str(tmp_path / "layer"), f"{host}/ona/large"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["peak"] <= MOST_BYTES, found
    assert found["sent"][0] >= found["size"] >= SIZE_BYTES
    assert found["sent"][1] == 0
