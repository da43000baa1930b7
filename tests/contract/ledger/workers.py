"""A process that is at work on a subject, and says on its standard output how far it is: ``python -m`` this.

Arguments: the ledger's URL, the subject, and days by which its wall clock is wrong.
"""

import signal
import sys
from datetime import UTC, datetime, timedelta

from ona_pipeline.errors import OnaError
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.ledger.sql import open_ledger
from ona_pipeline.records.release_facts import StageStarted
from tests.fakes.releases import RELEASER


def say(text: str) -> None:
    """One line to whoever started this."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(url: str, subject: str, days: str) -> None:
    """Take the lease, write a stage for each line of standard input, give it back at their end."""
    ledger = open_ledger(url, clock=lambda: datetime.now(UTC) + timedelta(days=int(days)))
    leases = Leases(ledger, holder=f"worker {days}")
    with leases.taken(subject) as lease:
        say("at work")
        for line in sys.stdin:
            with ledger.writing(lease) as writing:
                writing.append(StageStarted(line.strip()), model="digits", subject=subject, actor=RELEASER)
            say("written")
    say("done")


if __name__ == "__main__":
    # A run in the background ignores SIGINT, and hands that down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        main(*sys.argv[1:])
    except OnaError as error:
        say(f"{type(error).__name__}: {error.message}")
