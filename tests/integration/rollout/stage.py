"""The stage on the real clock and a real target."""

import time
from datetime import UTC, datetime

from ona_pipeline.clients.inference import ask
from ona_pipeline.records.evidence import RolloutEvidence
from ona_pipeline.rollout.interface import Change, Target
from ona_pipeline.rollout.roll_out import RolloutInput, roll_out
from tests import stand_in
from tests.fakes.promotions import approved


def rolled_out(
    target: Target, wanted: Change, previous: Change | None = None, *, deadline_s: float = 60
) -> RolloutEvidence:
    """Roll out an approved change."""
    request = RolloutInput(
        promotion=approved(wanted, target),
        question=wanted.question,
        previous=previous,
        deadline_s=deadline_s,
    )
    return roll_out(
        request, target=target, clock=lambda: datetime.now(UTC), sleep=time.sleep, progress=lambda _: None
    )


def answering(address: str) -> str:
    """The release that answers there."""
    place = address.removeprefix("http://")
    return ask(place, stand_in.MODEL, stand_in.QUESTION, timeout_s=5).release
