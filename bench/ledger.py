"""Measures a ledger of 100,000 events: the commands that read it, the audit, and an append.

Called by `bench/run.py`; alone, `python -m bench.ledger` prints its rows. On PostgreSQL too, where the lab's
address is in the environment.
"""

import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, insert, make_url, text
from sqlalchemy.pool import NullPool

from ona_pipeline import auditing
from ona_pipeline.ledger.chain import NOTHING, Row, seal
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.ledger.tables import EVENTS, EVIDENCE
from ona_pipeline.records.binding import Binding
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Entry, Fact
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion_facts import (
    Approved,
    PromotionRequested,
    Replaced,
    RolledOut,
    RolloutStarted,
)
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release_facts import ReleasePublished, ReleaseRequested, StagePassed, StageStarted
from ona_pipeline.records.snapshot import Origins
from tests.fakes.releases import APPROVER, MANUAL, RELEASER, road, rollout

ONA = Path(sys.executable).with_name("ona")
EVENTS_WANTED = 100_000
MODELS = ("digits", "wine", "churn", "fraud")
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=8)
RUNS = 7


class Story:
    """Release after release, each to staging and production, in place of the one before; as rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.contents: dict[Digest, bytes] = {}
        self._champions: dict[tuple[str, str], str] = {}
        self._previous = NOTHING

    def tell(self, events: int) -> None:
        """Write releases until there are so many events."""
        number = 0
        while len(self.rows) < events:
            self._release(MODELS[number % len(MODELS)], number)
            number += 1
        del self.rows[events:]

    def _release(self, model: str, number: int) -> None:
        release, evidence = f"{model}-2025-{number:06}", {}
        origins = Origins("git", "HEAD", f"{number:040x}")
        self._say(model, release, ReleaseRequested(model, origins, f"{number:040x}", "production", "better"))
        for stage, found in road(release).items():
            evidence[stage] = self._keep(encode(found))
            self._say(
                model, release, StageStarted(stage), StagePassed(stage, evidence[stage], Verdict.PASSED)
            )
        self._say(model, release, ReleasePublished())
        for environment in ("staging", "production"):
            self._promotion(model, release, environment, evidence)

    def _promotion(self, model: str, release: str, environment: str, evidence: dict[str, Digest]) -> None:
        champion = self._champions.get((model, environment), "")
        binding = Binding(
            release=release,
            environment=environment,
            target=f"kubernetes lab/{environment}/deployment/{model}",
            image=PinnedReference.of("registry.example/ona/digits", Digest.of(f"{release} image".encode())),
            model=Digest.of(release.encode()),
            form=evidence["prepare"],
            objects=evidence["build"],
            policy=self._keep(encode(MANUAL)),
            evidence=evidence,
            champion=champion,
        )
        promotion = f"{release}.{environment}.1"
        asked = PromotionRequested(model, binding, self._now() + timedelta(days=7))
        rolled_out = RolledOut(self._keep(encode(rollout(binding))))
        self._say(model, promotion, asked, Approved(binding.digest, "seen"), RolloutStarted(), rolled_out)
        if champion:
            self._say(model, champion, Replaced(promotion))
        self._champions[model, environment] = promotion

    def _say(self, model: str, subject: str, *facts: Fact) -> None:
        for fact in facts:
            actor = APPROVER if isinstance(fact, Approved) else RELEASER
            entry = Entry(
                sequence=len(self.rows) + 1,
                at=self._now(),
                actor=actor,
                model=model,
                subject=subject,
                fact=fact,
                previous=self._previous,
            )
            event, row = seal(entry)
            self.rows.append(row)
            self._previous = event.digest

    def _keep(self, content: bytes) -> Digest:
        digest = Digest.of(content)
        self.contents[digest] = content
        return digest

    def _now(self) -> datetime:
        return BEGAN + STEP * len(self.rows)


def write(url: str, events: int) -> None:
    """Make a ledger of so many events."""
    story = Story()
    story.tell(events)
    with open_ledger(url, clock=lambda: BEGAN).writing():
        pass
    engine = create_engine(make_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(insert(EVENTS), [row._asdict() for row in story.rows])
        kept = [{"digest": digest, "content": content} for digest, content in story.contents.items()]
        connection.execute(insert(EVIDENCE), kept)
        connection.execute(text("ANALYZE"))


def judged(ledger: SqlLedger) -> None:
    """The whole audit, which has to find nothing."""
    findings = auditing.of_ledger(ledger).findings
    if findings:
        sys.exit(f"the ledger is not what was written: {findings[:3]}")


def append(ledger: SqlLedger) -> None:
    """One fact more, on disk."""
    asked = ReleaseRequested("digits", Origins("git", "HEAD", "c0ffee"), "c0ffee", "production")
    with ledger.writing() as writing:
        writing.append(asked, model="digits", subject=f"digits-{secrets.token_hex(4)}", actor=RELEASER)


def median_s(work: Callable[[], object], runs: int = RUNS) -> float:
    """Median wall clock of `runs` calls, seconds, after one that does not count."""
    work()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def side_by_side_s(*works: Callable[[], object]) -> list[float]:
    """Median wall clock of each, seconds, in turns, so that what else the machine does hits all alike."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(RUNS):
        for own, work in zip(taken, works, strict=True):
            began = time.perf_counter()
            work()
            own.append(time.perf_counter() - began)
    return [statistics.median(own) for own in taken]


def measured(url: str, kind: str, folder: Path) -> Iterator[tuple[str, float, str]]:
    """What was measured on a ledger of 100,000 events: name, seconds, remark."""
    began = time.perf_counter()
    write(url, EVENTS_WANTED)
    yield f"{kind}: write {EVENTS_WANTED:,} events at once", time.perf_counter() - began, ""

    def ona(*arguments: str, ledger: str = url) -> Callable[[], object]:
        environment = os.environ | {"ONA_LEDGER": ledger}
        return lambda: subprocess.run(
            [ONA, *arguments], cwd=folder, env=environment, check=True, capture_output=True
        )

    at = ("history", "--env", "production", "--at", "2026-03-03T12:00")
    ledger = open_ledger(url, clock=lambda: datetime.now(UTC))
    nothing = ona("status", ledger=f"sqlite:///{folder}/none.db")
    empty, status, then = side_by_side_s(nothing, ona("status"), ona(*at))
    yield f"{kind}: `ona status`", status, f"{status / empty:.2f} times that of no ledger at all; goal 0.5"
    yield f"{kind}: `ona history --env production --at …`", then, f"{then / empty:.2f} times; goal 0.5"
    yield f"{kind}: the chain and all evidence looked at", median_s(ledger.verify, 2), "goal 2"
    yield f"{kind}: all of it judged by `auditing`", median_s(lambda: judged(ledger), 2), "goal 2"
    yield f"{kind}: `ona ledger verify`", median_s(ona("ledger", "verify"), 2), ""
    yield f"{kind}: append one event", median_s(lambda: append(ledger), 20), ""


def rows() -> Iterator[tuple[str, float, str]]:
    """The figures of both databases, PostgreSQL's only where the lab has one."""
    with tempfile.TemporaryDirectory(prefix="ona-bench-") as scratch:
        subprocess.run(["git", "init", "-q", scratch], check=True)
        yield from measured(f"sqlite:///{scratch}/ledger.db", "SQLite", Path(scratch))
        if server := os.environ.get("ONA_LAB_POSTGRESQL"):
            name = f"ona_bench_{secrets.token_hex(4)}"
            engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            try:
                url = make_url(server).set(database=name).render_as_string(hide_password=False)
                yield from measured(url, "PostgreSQL", Path(scratch))
            finally:
                with engine.connect() as connection:
                    connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


if __name__ == "__main__":
    for name, seconds, remark in rows():
        sys.stdout.write(f"{seconds:8.3f}  {name}  {remark}\n")
        sys.stdout.flush()
