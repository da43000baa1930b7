"""The question to a person: one screen with what would change, then yes or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ona_pipeline.cli import output
from ona_pipeline.cli.screen import show
from ona_pipeline.errors import UsageError

if TYPE_CHECKING:
    from ona_pipeline.ona import Ona
    from ona_pipeline.records.promotion import Promotion


def offer(ona: "Ona", promotion: "Promotion") -> "Promotion":
    """Ask, at the end of what somebody wanted done, where the policy lets that person decide."""
    return ask(ona, promotion) if ona.promotions.may_decide(promotion) else promotion


def ask(ona: "Ona", promotion: "Promotion") -> "Promotion":
    """Show the screen and ask; carry out on yes, leave it waiting on anything else unless it is rejected."""
    from ona_pipeline.records.promotion import PromotionPhase

    if promotion.phase is not PromotionPhase.AWAITING:
        return promotion
    show(ona.review(promotion))
    if _confirmed(f"release to {promotion.environment}?"):
        return ona.promotions.approve(promotion, reason="")
    if _confirmed("reject it, for good?"):
        return ona.promotions.reject(promotion, reason=why(promotion))
    output.note("not approved, and still waiting; to say no for good: ona reject")
    return promotion


def why(promotion: "Promotion") -> str:
    """The reason of a rejection, asked for until there is one."""
    with interruptible():
        reason: str = typer.prompt(f"why is {promotion.release} rejected?", err=True)
    return reason


def _confirmed(question: str) -> bool:
    with interruptible():
        return typer.confirm(question, default=False, err=True)


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C at a prompt is an interruption, as anywhere else; typer makes an error of it."""
    try:
        yield
    except typer.Abort as abort:
        raise KeyboardInterrupt from abort


def waiting(ona: "Ona", release: str, environment: str) -> "Promotion":
    """The promotion that a decision is about.

    Where a release is named, its newest promotion, decided or not, so that deciding twice is told as such.

    Raises:
        UsageError: none is waiting, or more than one and none was named.
    """
    from ona_pipeline.ledger import histories
    from ona_pipeline.records.promotion import PromotionPhase

    with ona.ledger.reading() as reading:
        wanted = histories.find_release(reading, release).id if release else ""
        if wanted:
            found = histories.promotions_of(reading, wanted, environment)
        else:
            known = histories.open_promotions(reading, environment=environment)
            found = [promotion for promotion in known if promotion.phase is PromotionPhase.AWAITING]
    if wanted and found:
        return next((p for p in reversed(found) if p.phase is PromotionPhase.AWAITING), found[-1])
    if len(found) == 1:
        return found[0]
    listed = "".join(f"\n  {p.release} --to {p.environment}" for p in found)
    raise UsageError(
        f"more than one request is waiting:{listed}" if found else "no request is waiting",
        hint="name one of them" if found else "ona status tells what is served where",
    )
