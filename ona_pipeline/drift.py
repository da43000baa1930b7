"""The ledger compared with what is really there: targets, image registry and model registry.

It looks and changes nothing. What cannot be asked is unknown, and no drift.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from ona_pipeline.bindings import Ground, evidence_of
from ona_pipeline.copies import aliases
from ona_pipeline.errors import BackendError, OnaError, UsageError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Ledger, Reading
from ona_pipeline.queries import Status
from ona_pipeline.records.evidence import BuildEvidence, PublishEvidence
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.records.release import Release
from ona_pipeline.rollout.interface import Serving


class Drift(msgspec.Struct, frozen=True):
    """One thing that is not as the ledger has it.

    Attributes:
        model: the model's name.
        environment: the environment's name.
        code: ``nothing-served``, ``other-image``, ``scaled-to-zero``, ``not-in-ledger``, ``tag-moved``,
            ``image-missing`` or ``alias-moved``.
        sentence: with wanted and found.
        settle: the command that settles it.
    """

    model: str
    environment: str
    code: str
    sentence: str
    settle: str


class Unknown(msgspec.Struct, frozen=True):
    """One part that could not be asked.

    Attributes:
        model: the model's name.
        environment: the environment's name.
        part: ``target``, ``image registry``, ``model registry`` or ``ledger``.
        reason: why, as a sentence.
    """

    model: str
    environment: str
    part: str
    reason: str


class LiveStatus(Status, frozen=True):
    """What the ledger says, and where the world is otherwise.

    Attributes:
        drifts: what is not as the ledger has it.
        unknown: what could not be asked.
    """

    drifts: tuple[Drift, ...] = ()
    unknown: tuple[Unknown, ...] = ()


class Survey:
    """Looks at every place that the ledger knows.

    Args:
        ground: how targets and the image registry are asked.
        aliases: those of a registered model, asked of the model registry; None where there is none.
        ledger: what should be.
    """

    def __init__(
        self, ground: Ground, *, aliases: Callable[[str], Mapping[str, str]] | None, ledger: Ledger
    ) -> None:
        self._ground = ground
        self._aliases = aliases
        self._ledger = ledger

    def of(self, status: Status) -> LiveStatus:
        """The status with what is otherwise in the world."""
        found: list[Drift | Unknown] = []
        with self._ledger.reading() as reading:
            for place in status.places:
                found += self._place(reading, place.model, place.environment)
            for model in dict.fromkeys(place.model for place in status.places):
                found += self._registered(reading, model)
        return LiveStatus(
            **{name: getattr(status, name) for name in status.__struct_fields__},
            drifts=tuple(one for one in found if isinstance(one, Drift)),
            unknown=tuple(one for one in found if isinstance(one, Unknown)),
        )

    def _place(self, reading: Reading, model: str, environment: str) -> Iterator[Drift | Unknown]:
        champion = histories.champion(reading, model, environment)
        under_way = histories.being_set(reading, model, environment)
        yield from self._target(model, environment, champion, under_way)
        if champion:
            yield from self._image(reading, champion)

    def _target(
        self, model: str, environment: str, champion: Promotion | None, under_way: frozenset[PinnedReference]
    ) -> Iterator[Drift | Unknown]:
        try:
            target = self._ground.target(model, environment)
            serving = target.serving()
        except (BackendError, UsageError) as error:
            yield Unknown(model, environment, "target", error.message)
            return
        told = _told(target.name, serving, champion, under_way)
        if told:
            yield Drift(model, environment, *told)
        if serving and serving.wake and not under_way:
            yield Drift(
                model,
                environment,
                "scaled-to-zero",
                f"{target.name}: wanted at least one instance, found none: it was stopped by hand",
                serving.wake,
            )

    def _image(self, reading: Reading, champion: Promotion) -> Iterator[Drift | Unknown]:
        place = (champion.model, champion.environment)
        try:
            release = histories.release(reading, champion.release)
            published = evidence_of(reading, release, "publish", PublishEvidence)
            built = evidence_of(reading, release, "build", BuildEvidence)
        except OnaError as error:
            yield Unknown(*place, "ledger", error.message)
            return
        try:
            stored = self._ground.stored(published, built)
        except (BackendError, UsageError) as error:
            yield Unknown(*place, "image registry", error.message)
            return
        for sentence in stored.missing:
            yield Drift(*place, "image-missing", sentence, _again(release, champion.environment))
        image = published.image
        if stored.tag != image.digest and not stored.missing:
            sentence = f"tag {image.repository}:{published.tag}: wanted {image.digest}"
            settle = f"crane tag {image} {published.tag}"
            yield Drift(*place, "tag-moved", f"{sentence}, found {stored.tag or 'nothing'}", settle)

    def _registered(self, reading: Reading, model: str) -> Iterator[Drift | Unknown]:
        standing: dict[str, Mapping[str, str]] = {}
        for name, environment, version in aliases(reading, model):
            if self._aliases is None:
                yield Unknown(model, environment, "model registry", "no MLflow server is set")
                continue
            try:
                if name not in standing:
                    standing[name] = self._aliases(name)
            except (BackendError, UsageError) as error:
                yield Unknown(model, environment, "model registry", error.message)
                continue
            found = standing[name].get(environment, "")
            if found != version:
                sentence = (
                    f"alias {environment} of {name}: wanted {_version(version)}, found {_version(found)}"
                )
                yield Drift(model, environment, "alias-moved", sentence, "ona resume --all")


def _told(
    target: str, serving: Serving | None, champion: Promotion | None, under_way: frozenset[PinnedReference]
) -> tuple[str, str, str] | None:
    """Code, sentence and command where a target is not set to serve what the ledger has live there."""
    if champion is None:
        if serving is None or serving.image in under_way:
            return None
        sentence = f"{target}: wanted nothing, found {serving.image} of {serving.release or 'no release'}"
        return "not-in-ledger", sentence, "ona ledger verify"
    wanted, release = champion.binding.image, champion.release
    again = f"ona promote {release} --to {champion.environment}"
    if serving is None:
        return "nothing-served", f"{target}: wanted {wanted} of {release}, found nothing", again
    if serving.image == wanted or serving.image in under_way:
        return None
    sentence = f"{target}: wanted {wanted} of {release}, found {serving.image}, set by another hand"
    return "other-image", sentence, again


def _again(release: Release, environment: str) -> str:
    return f"ona release {release.model} --rev {release.requested.origins.commit} --to {environment}"


def _version(number: str) -> str:
    return f"version {number}" if number else "no version"
