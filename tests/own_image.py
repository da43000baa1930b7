"""The image of ona, made of this checkout as `make image` makes it, with no Docker engine within reach."""

import os
import subprocess
from pathlib import Path

from ona_pipeline.records.reference import PinnedReference
from tests.backends import lab

SCRIPT = Path(__file__).parents[1] / "k8s" / "lab" / "image.sh"


def image_of_ona() -> PinnedReference:
    """Find or make it: minutes at first, seconds where its packages are in the registry."""
    nowhere = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    command = ["bash", str(SCRIPT), f"{lab('registry')}/ona-tests/ona"]
    done = subprocess.run(command, env=nowhere, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    return PinnedReference(done.stdout.strip())
