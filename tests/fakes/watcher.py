"""A watcher that remembers."""

from ona_pipeline.records.evidence import Evidence


class FakeWatcher:
    def __init__(self) -> None:
        self.told: list[str] = []

    def begins(self, stage: str) -> None:
        self.told.append(f"begins {stage}")

    def ends(self, stage: str, evidence: Evidence) -> None:
        self.told.append(f"ends {stage}: {evidence.verdict}")

    def breaks_off(self, stage: str) -> None:
        self.told.append(f"breaks off {stage}")

    def says(self, sentence: str) -> None:
        self.told.append(sentence)
