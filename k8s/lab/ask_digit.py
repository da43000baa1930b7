"""Sends a held-out picture of a digit to the served model through its Service, and shows the answer."""

import csv
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from ona_pipeline.clients.kubernetes import connect
from ona_pipeline.clients.kubernetes_errors import translated

MODELS = Path(__file__).parents[2] / "models"
SHADES = " .:-=+*#%@"
BRIGHTEST = 16


def main(context: str, namespace: str, row: str = "") -> int:
    """Ask about a row of the evaluation data, any where none is named; exit 1 where nothing is served."""
    status = json.loads(_ona("status", "--json"))
    served = next((p for p in status["places"] if p["environment"] == "production" and p["serving"]), None)
    if served is None:
        print("nothing is served in production: `ona approve` lets the release in, `ona status` says more")
        return 1
    pixels, label = _row(row)
    for start in range(0, 64, 8):
        print(
            "   "
            + "".join(
                SHADES[min(int(v) * len(SHADES) // (BRIGHTEST + 1), 9)] * 2 for v in pixels[start : start + 8]
            )
        )
    answer = _asked(context, namespace, pixels)
    found = answer["outputs"][0]["data"][0]
    print(f"\n  answer      {found} (it is a {label})")
    print(f"  release     {answer['parameters']['release']}")
    print(f"  model       {answer['parameters']['model_digest']}")
    print(f"  image       {served['image']}")
    print(f"  by          {served['by']}")
    print()
    return 0


def _shade(value: float) -> str:
    return SHADES[int(value) * len(SHADES) // (BRIGHTEST + 1)] * 2


def _row(wanted: str) -> tuple[list[float], str]:
    with (MODELS / "digits" / "evaluation.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    row = rows[int(wanted)] if wanted else random.choice(rows)  # noqa: S311 -- a picture, no secret
    label = row.pop("label")
    return [float(value) for value in row.values()], label


def _asked(context: str, namespace: str, pixels: list[float]) -> dict[str, Any]:
    """Through the API server's proxy, so that it works for any cluster that kubectl reaches."""
    tensor = {"name": "pixels", "shape": [1, 64], "datatype": "FP64", "data": pixels}
    path = f"/api/v1/namespaces/{namespace}/services/digits:http/proxy/v2/models/digits/infer"
    with translated("ask the Service"):
        body, _ = connect(context).post(path, {"inputs": [tensor]}, timeout_s=10.0)
    return json.loads(body)


def _ona(*arguments: str) -> str:
    return subprocess.run(["ona", *arguments], stdout=subprocess.PIPE, check=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
