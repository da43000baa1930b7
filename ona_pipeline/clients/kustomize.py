"""Overlays, rendered by the kustomize that kubectl carries.

Source:
    kubectl reference, "kubectl kustomize"; kustomize, "load restrictions": files lie below the kustomization.
"""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from ona_pipeline.errors import BackendError, UsageError

_TIMEOUT_S = 60
Object = dict[str, Any]


def built(folder: Path) -> list[Object]:
    """Every object of the kustomization in `folder`, in kustomize's order.

    Raises:
        UsageError: kustomize refuses it.
        BackendError: kubectl is not there, or does not end: an overlay may name a remote base.
    """
    command = ["kubectl", "kustomize", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S)
    except FileNotFoundError as error:
        hint = "install kubectl; the base that came with ona needs none"
        raise BackendError(f"kubectl is not there, so could not render {folder}", hint=hint) from error
    except subprocess.TimeoutExpired as error:
        sentence = f"kubectl kustomize {folder} did not end within {_TIMEOUT_S} s"
        raise BackendError(
            sentence, hint="does it name a base in the network? keep a copy instead"
        ) from error
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.split())
        hint = f"`kubectl kustomize {folder}` says the same"
        raise UsageError(f"the overlay {folder} cannot be rendered: {said}", hint=hint) from error
    return [found for found in yaml.safe_load_all(done.stdout) if found]
