"""A model registry in memory that hears what became of its versions."""

from collections.abc import Callable, Mapping

from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.records.registered import Account
from ona_pipeline.records.release import Release


class FakeMirror:
    def __init__(self) -> None:
        self.tags: dict[tuple[str, str], dict[str, str]] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self.runs: dict[str, Account] = {}
        self.is_down = False
        self.deleted: set[str] = set()

    def tag(self, name: str, version: str, tags: Mapping[str, str]) -> None:
        self._must_be_there(version)
        self.tags.setdefault((name, version), {}).update(tags)

    def point(self, name: str, alias: str, version: str) -> None:
        self._must_be_there(version)
        if version:
            self.aliases[name, alias] = version
        else:
            self.aliases.pop((name, alias), None)

    def record(self, release: Release, account: Callable[[], Account]) -> None:
        self._must_be_there("")
        self.runs[release.id] = account()

    def _must_be_there(self, version: str) -> None:
        if self.is_down:
            raise BackendError("the MLflow server is not there", retryable=True)
        if version in self.deleted:
            raise UsageError(f"there is no version {version}")
