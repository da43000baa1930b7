"""What the image registry has and no release needs: listed, and removed.

The ledger says what was made and what it is needed for; images that it does not know are left alone, for a
registry may be shared. A runtime is shared by all releases of a lock, and stays.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from ona_pipeline.bindings import evidence_of
from ona_pipeline.errors import OnaError
from ona_pipeline.image.registry import Attachments, Registry, Removals
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Reading
from ona_pipeline.policy import RetentionPolicy
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import BuildEvidence, PreparedModel, PublishEvidence
from ona_pipeline.records.needed import needed
from ona_pipeline.records.promotion import PromotionPhase
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release import Release

_DAY = re.compile(r"(\d{8})-[0-9a-f]+\Z")
_SANDBOX_AGE = timedelta(days=2)  # no sandbox runs as long


class Unneeded(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that may go.

    Attributes:
        kind: an image with its attestations, a form of a model, or what a sandbox was started from.
        image: its pinned reference.
        tag: that leads to it; may be empty.
        release: that it was made for; empty of a sandbox.
        reason: why nothing needs it.
    """

    kind: Literal["image", "form", "sandbox"]
    image: PinnedReference
    tag: str = ""
    release: str = ""
    reason: str = ""


class Stores(msgspec.Struct, frozen=True):
    """The image registry, as it is needed here.

    Attributes:
        registry: reads.
        attachments: what lies beside images.
        removals: lists and deletes.
        prefix: registry host and path that images of this project are under.
    """

    registry: Registry
    attachments: Attachments
    removals: Removals
    prefix: str


class Retention:
    """Looks for what may go, and removes it.

    Args:
        stores: the image registry.
        policy: how much is kept, read at the trusted ref.
        serving: the image that a model's environment is set to serve now, whoever set it; empty for none.
        ledger: says what is needed.
        clock: the time now, aware UTC.
    """

    def __init__(
        self,
        stores: Stores,
        *,
        policy: Callable[[], RetentionPolicy],
        serving: Callable[[str, str], str],
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self._stores = stores
        self._policy = policy
        self._serving = serving
        self._ledger = ledger
        self._clock = clock

    def unneeded(self) -> list[Unneeded]:
        """Everything that may go and is still there.

        Raises:
            BackendError: the image registry is not there, or a target does not say what it serves.
        """
        with self._ledger.reading() as reading:
            wanted = self._needed(reading)
            known = histories.releases(reading)
            served = {self._serving(*place) for place in histories.places(reading)}
            forms = {_form(reading, one) for one in known if one.id in wanted}
            found = [
                each
                for one in known
                if one.id not in wanted
                for each in _of(reading, one)
                if each.image not in forms and each.image not in served
            ]
        once = {each.image: each for each in found if each.image.startswith(f"{self._stores.prefix}/")}
        return [each for each in once.values() if self._is_there(each)] + list(self._sandboxes())

    def remove(self, one: Unneeded) -> bool:
        """Remove one of them, unless it has come to be needed meanwhile.

        Returns:
            Whether it was removed now.

        Raises:
            BackendError: the image registry is not there, or lets nobody delete.
        """
        with self._ledger.reading() as reading:
            if _has_come_to_be_needed(reading, one.release):
                return False
        removals, repository = self._stores.removals, one.image.repository
        if one.kind == "image":
            # What lies beside it first: of an image that is gone nobody would look for it again.
            for digest in self._stores.attachments.referrers(repository, one.image.digest):
                removals.delete(repository, digest)
            stand_in = f"sha256-{one.image.digest.hex}"
            if listed := self._stores.registry.resolve(repository, stand_in):
                removals.delete(repository, listed, tag=stand_in)
        return removals.delete(repository, one.image.digest, tag=one.tag)

    def _needed(self, reading: Reading) -> dict[str, str]:
        policy = self._policy()
        wanted = needed(
            histories.releases(reading),
            histories.promotions(reading),
            keep=policy.keep,
            since=self._clock() - policy.age,
        )
        for place in histories.places(reading):
            if left := histories.unfinished_rollback(reading, *place):
                for promotion in (left.asked.promotion, left.asked.to):
                    wanted[histories.promotion(reading, promotion).release] = "a rollback is under way"
        return wanted

    def _is_there(self, one: Unneeded) -> bool:
        return self._stores.registry.get_manifest(one.image.repository, one.image.digest) is not None

    def _sandboxes(self) -> Iterator[Unneeded]:
        """What sandboxes in a cluster were started from, by the day in the tag; the last day counts."""
        repository = f"{self._stores.prefix}/sandbox"
        days: dict[Digest, tuple[str, str]] = {}
        for tag in sorted(self._stores.removals.tags_of(repository)):
            if _DAY.match(tag) and (digest := self._stores.registry.resolve(repository, tag)):
                days[digest] = (tag[:8], tag)
        for digest, (day, tag) in days.items():
            if datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) + _SANDBOX_AGE < self._clock():
                image = PinnedReference.of(repository, digest)
                yield Unneeded(kind="sandbox", image=image, tag=tag, reason=f"last used on {day}")


def _has_come_to_be_needed(reading: Reading, release: str) -> bool:
    """Whether a release that nothing needed is on its way to an environment by now, or back on it."""
    known = histories.promotions_of(reading, release) if release else []
    return any(
        one.phase.is_open
        or one.phase is PromotionPhase.LIVE
        or histories.unfinished_rollback(reading, one.model, one.environment)
        for one in known
    )


def _of(reading: Reading, release: Release) -> Iterator[Unneeded]:
    """What a release that nothing needs has in the registry, as far as the ledger can say."""
    reason = f"it was {release.phase}, and no environment needs it"
    try:
        if "build" in release.evidence:
            built = evidence_of(reading, release, "build", BuildEvidence)
            tag = ""
            if "publish" in release.evidence:
                tag = evidence_of(reading, release, "publish", PublishEvidence).tag
            yield Unneeded(kind="image", image=built.reference, tag=tag, release=release.id, reason=reason)
        if form := _form(reading, release):
            yield Unneeded(kind="form", image=form, release=release.id, reason=reason)
    except OnaError:
        return  # evidence that was edited past ona says nothing: `ona ledger verify` tells


def _form(reading: Reading, release: Release) -> PinnedReference | None:
    if "prepare" not in release.evidence:
        return None
    return evidence_of(reading, release, "prepare", PreparedModel).kept
