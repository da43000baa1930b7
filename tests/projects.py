"""Real git repositories with a small model in them, made for one test."""

import os
import subprocess
from pathlib import Path

RELEASE = """\
[model]
name = "iris"

[data]
path = "evaluation.csv"
digest = "sha256:{digest}"
label = "label"

[validation]
data = ["data.json"]

[question]
answer = {{ label = [1] }}

[[question.inputs]]
name = "x"
shape = [1, 1]
datatype = "FP64"
data = [0.5]
""".format(digest="a" * 64)

FILES = {
    "models/iris/release.toml": RELEASE,
    "models/iris/requirements.lock": "# none\n",
    "models/iris/training.lock": "# none\n",
    "models/iris/train.py": "print('training')\n",
    "models/iris/evaluation.csv": "x,label\n0.5,1\n",
    "models/iris/model.manifest.json": '{"files":{}}\n',
    "models/iris/model/MLmodel": "flavors: {}\n",
    "validation/iris/data.json": "{}\n",
    "pyproject.toml": "[tool.ona.verify]\nformats = ['skops']\n",
}


def files_of(model: str) -> dict[str, str]:
    """The committed files of a model of that name."""
    return {path.replace("iris", model): text.replace("iris", model) for path, text in FILES.items()}


class Project:
    """A git repository with one model in it, ``iris`` where the test does not name it."""

    def __init__(self, folder: Path, model: str = "iris") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "releaser")
        self.git("config", "user.email", "releaser@example.org")
        self.git("config", "commit.gpgsign", "false")
        self.write(files_of(model))
        self.first = self.commit("first")

    def git(self, *arguments: str, content: bytes | None = None) -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        command = ["git", "-C", str(self.folder), *arguments]
        done = subprocess.run(command, input=content, capture_output=True, check=True, env=clean)
        return done.stdout.decode().strip()

    def write(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def release_toml(self, old: str, new: str) -> str:
        """Change ``release.toml`` by one replacement, and commit it."""
        assert old in RELEASE
        self.write({"models/iris/release.toml": RELEASE.replace(old, new)})
        return self.commit("change the declaration")

    def tree_entry(self, mode: str, kind: str, oid: str, path: str) -> str:
        """Commit one entry that the work tree could not hold, straight into the tree."""
        self.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
        self.git("commit", "--quiet", "--message", f"add a {kind}")
        return self.git("rev-parse", "HEAD")

    def bare(self, folder: Path) -> Path:
        """A bare clone of it."""
        self.git("clone", "--quiet", "--bare", str(self.folder), str(folder))
        return folder
