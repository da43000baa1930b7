"""Writes the golden ledger of this version: `python -m tests.compat.write_ledger FOLDER`."""

import sys
from datetime import timedelta
from itertools import count
from pathlib import Path

from ona_pipeline.ledger.sql import open_ledger
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.environment import Adopted, Held, RollbackRefused, RollbackRequested, Unheld, place
from ona_pipeline.records.event import Fact
from ona_pipeline.records.finding import Verdict
from ona_pipeline.records.promotion_facts import (
    CanaryJudged,
    Endorsed,
    Expired,
    Replaced,
    Restored,
    RolledBack,
    RolledOut,
    RolloutErrored,
    RolloutStarted,
    Unendorsed,
    Voided,
)
from ona_pipeline.records.release_facts import (
    ReleaseRequested,
    StageErrored,
    StagePassed,
    StageRefused,
    StageStarted,
)
from ona_pipeline.records.snapshot import Origins
from ona_pipeline.records.waiver import Unwaived, Waived
from tests.fakes.clock import FakeClock
from tests.fakes.releases import APPROVER, AUTOMATIC, JOB, MANUAL, RELEASER, published, write
from tests.fakes.requests import ask, say_no, say_yes, take_back


def main(folder: Path) -> None:
    """One of every fact that this version can write."""
    clock = FakeClock()
    ledger = open_ledger(f"sqlite:///{folder}/ledger.db", clock=clock)
    numbers = count(1)

    def say(subject: str, *facts: Fact) -> None:
        with ledger.writing() as writing:
            for fact in facts:
                writing.append(fact, model="digits", subject=subject, actor=APPROVER)

    def requested() -> tuple[str, ReleaseRequested]:
        origins = Origins("mlflow", "models:/digits/3", "c0ffee", "3")
        return f"digits-broken-{next(numbers)}", ReleaseRequested("digits", origins, "c0ffee", "", "")

    with ledger.writing() as writing:
        kept = writing.keep(b"evidence of a rollout")
    first = say_yes(ledger, clock, ask(ledger, clock, published(ledger, "digits-1")))
    write(ledger, first, RolloutStarted(), RolloutErrored("no answer"), RolloutStarted(), RolledOut(kept))
    second = ask(ledger, clock, published(ledger, "digits-2", actor=JOB), policy=AUTOMATIC, actor=JOB)
    judged = CanaryJudged(kept, Verdict.PASSED)
    write(ledger, second, RolloutStarted(), judged, RolledOut(kept))
    write(ledger, first, Replaced(second.id))
    here = place("digits", "production")
    say(here, Adopted("kubernetes 0123456789ab/shop/deployment/web", "web", "registry.example/shop:1"))
    say(here, RollbackRequested(second.id, first.id, "sevens are wrong"))
    write(ledger, second, RolledBack(kept, first.id, "sevens are wrong"))
    write(ledger, first, Restored(second.id, requester=JOB))
    say(here, RollbackRequested(first.id, second.id, "fours are wrong"))
    say(here, RollbackRefused(first.id, second.id, kept))
    say(here, Held("sevens are wrong"), Unheld("fixed"))
    waived = Waived("expectation-unmet", "", "known and harmless", clock() + timedelta(days=7), MANUAL.digest)
    with ledger.writing() as writing:
        waiver = writing.append(waived, model="digits", subject=here, actor=APPROVER)
    say(here, Unwaived(waiver.digest, "mended"))
    third = published(ledger, "digits-3", doubt=True)
    say_no(ledger, clock, ask(ledger, clock, third))
    take_back(ledger, clock, ask(ledger, clock, third))
    write(ledger, ask(ledger, clock, third), Voided(("image: bound to one, found another",)))
    endorsed = ask(ledger, clock, third)
    yes = Endorsed(endorsed.binding.digest, "seen", person="approver")
    write(ledger, endorsed, yes, Unendorsed("not yet", person="approver"), Expired())
    ask(ledger, clock, third)
    ask(ledger, clock, published(ledger, "digits-4"), actor=RELEASER)
    ask(ledger, clock, published(ledger, "digits-5"), actor=JOB)
    name, fact = requested()
    say(name, fact, StageStarted("verify"), StageErrored("verify", "no answer", retryable=True))
    name, fact = requested()
    say(name, fact, StageStarted("verify"), StagePassed("verify", kept, Verdict.INCONCLUSIVE))
    name, fact = requested()
    say(name, fact, StageStarted("verify"), StageRefused("verify", kept))
    with ledger.reading() as reading:
        (folder / "events.jsonl").write_bytes(b"".join(encode(event) + b"\n" for event in reading.events()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
