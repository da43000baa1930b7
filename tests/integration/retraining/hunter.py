"""Stands in for ``train.py``: hunts for credentials and for ways out, and writes down what it found."""

import argparse
import json
import os
import socket
import urllib.error
import urllib.request
from pathlib import Path

CANARY = "canary-" + "secret"
FILES = (
    "~/.docker/config.json",
    "~/.kube/config",
    "~/.netrc",
    "~/.pypirc",
    "~/.aws/credentials",
    "~/.ssh/*",
    "~/.local/state/ona/**/*",
    "~/.git-credentials",
    "/root/*",
    "/home/*/*",
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/secrets/**/*",
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
    "/var/lib/ona-lab/*",
)
ADDRESSES = (
    ("127.0.0.1", 5000),
    ("127.0.0.1", 5001),
    ("127.0.0.1", 5433),
    ("127.0.0.1", 6443),
    ("172.17.0.1", 5000),
    ("10.244.0.1", 5001),
    ("10.96.0.1", 443),
    ("169.254.169.254", 80),
    ("1.1.1.1", 53),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=Path)
    output = parser.parse_args().output
    found = {
        "environment": sorted(os.environ),
        "canaries": [name for name, value in os.environ.items() if CANARY in value],
        "files": [path for pattern in FILES for path in matches(pattern)] + walked(),
        "addresses": [f"{host}:{port}" for host, port in ADDRESSES if answers(host, port)],
        "processes": [
            path for path in map(str, Path("/proc").glob("[0-9]*/environ")) if CANARY in text(path)
        ],
        "writable": [
            path for path in ("/model-source/x", "/inside.py", "/answers.json", "/x") if writes(path)
        ],
        "mlflow": [status(method, path, body) for method, path, body in requests()],
    }
    (output / "model").mkdir()
    (output / "model" / "found.json").write_text(json.dumps(found))


def globbed(pattern: str) -> list[str]:
    """Paths that match, the home folder as this user has it."""
    return [str(path) for path in Path("/").glob(str(expanded(pattern)).lstrip("/"))]


def expanded(pattern: str) -> Path:
    try:
        return Path(pattern).expanduser()
    except RuntimeError:
        return Path("/nonexistent")


def matches(pattern: str) -> list[str]:
    return [path for path in globbed(pattern) if os.access(path, os.R_OK)]


def walked() -> list[str]:
    """Whatever is called as a ledger or a kubeconfig is, anywhere; links are not followed."""
    found = []
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if Path(folder) / name not in {Path("/proc"), Path("/sys")}]
        found += [str(Path(folder) / name) for name in files if name in {"ledger.db", "kubeconfig"}]
    return found


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def text(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def writes(path: str) -> bool:
    try:
        with Path(path).open("a"):
            return True
    except OSError:
        return False


def requests() -> list[tuple[str, str, dict[str, object]]]:
    run = os.environ["MLFLOW_RUN_ID"]
    metric = {"key": "accuracy", "value": 0.5, "timestamp": 1, "step": 0}
    return [
        ("GET", f"runs/get?run_id={run}", {}),
        ("POST", "runs/log-batch", {"run_id": run, "metrics": [metric]}),
        ("POST", "runs/log-batch", {"run_id": "other", "metrics": [metric]}),
        ("POST", "registered-models/create", {"name": "stolen"}),
        ("GET", "registered-models/search", {}),
    ]


def status(method: str, path: str, body: dict[str, object]) -> int:
    address = f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/{path}"
    content = json.dumps(body).encode() if body else None
    try:
        with urllib.request.urlopen(
            urllib.request.Request(address, content, method=method), timeout=30
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


if __name__ == "__main__":
    main()
