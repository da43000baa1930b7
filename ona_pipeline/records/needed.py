"""Which releases are still needed, and for what: everything else may be forgotten by the image registry."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.release import Release


def needed(
    releases: Iterable[Release], promotions: Iterable[Promotion], *, keep: int, since: datetime
) -> dict[str, str]:
    """Release id to what it is needed for.

    Args:
        releases: all of them.
        promotions: all of them.
        keep: how many that served an environment last can be rolled back to.
        since: what has changed since then is too young, UTC.
    """
    found: dict[str, str] = {}
    for release in releases:
        if not release.phase.is_terminal:
            found[release.id] = f"it is {release.phase}"
        elif release.changed_at >= since:
            found[release.id] = "it is young"
    for promotion in promotions:
        if promotion.phase.is_open:
            found[promotion.release] = f"{promotion.phase} in {promotion.environment}"
        elif promotion.changed_at >= since:
            found.setdefault(promotion.release, f"{promotion.phase} in {promotion.environment} not long ago")
    for promotion in _last_served(promotions, keep):
        found[promotion.release] = f"{promotion.phase} in {promotion.environment}"
    return found


def _last_served(promotions: Iterable[Promotion], keep: int) -> Iterable[Promotion]:
    """Of each environment, the promotions of the `keep` releases that served there last."""
    served = sorted((one for one in promotions if one.live_order), key=_place)
    for _, there in groupby(served, key=_place):
        releases: dict[str, None] = {}
        for promotion in sorted(there, key=lambda one: one.live_order, reverse=True):
            releases.setdefault(promotion.release)
            if len(releases) > keep:
                break
            yield promotion


def _place(promotion: Promotion) -> tuple[str, str]:
    return promotion.model, promotion.environment
