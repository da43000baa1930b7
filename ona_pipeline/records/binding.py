"""What an approval is bound to: if any part has changed when it is acted on, the decision is void."""

import msgspec

from ona_pipeline.records.canonical import digest_of
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference


class Binding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that a decision covers, by digest.

    Attributes:
        release: the release id.
        environment: where it is to go.
        target: the target, for people: context, namespace and Deployment, or the engine.
        image: the pinned reference.
        model: the model digest.
        form: digest of the prepared form.
        objects: digest of the rendered Kubernetes objects or container settings.
        policy: digest of the environment's policy.
        evidence: stage name to digest of its evidence.
        champion: the promotion that this one replaces; empty where the environment serves nothing yet.
        waivers: digests of the waivers that findings of its gates need to go there, sorted.
        tag: where the release's tag leads in the image registry, if not to `image`; ``nothing`` for nowhere.
        serving: what the target is set to serve, if not what the champion was rolled out with.
        verify_policy: digest of what models may be; empty only in what ona wrote before it was bound.
    """

    release: str
    environment: str
    target: str
    image: PinnedReference
    model: Digest
    form: Digest
    objects: Digest
    policy: Digest
    evidence: dict[str, Digest]
    champion: str
    waivers: tuple[Digest, ...] = ()
    tag: str = ""
    serving: str = ""
    verify_policy: str = ""

    @property
    def digest(self) -> Digest:
        """What a decision names."""
        return digest_of(self)

    def changes(self, now: "Binding") -> tuple[str, ...]:
        """A sentence for each part that is otherwise `now` than when it was bound; empty where none is."""
        return tuple(
            sentence
            for name in self.__struct_fields__
            if getattr(self, name) != getattr(now, name)
            for sentence in _sentences(name, self, now)
        )


def _sentences(name: str, was: Binding, found: Binding) -> list[str]:
    if name != "evidence":
        return [f"{name.replace('_', ' ')}: wanted {_said(name, was)}, found {_said(name, found)}"]
    stages = [*was.evidence, *(stage for stage in found.evidence if stage not in was.evidence)]
    return [
        f"evidence of {stage}: wanted {before}, found {after}"
        for stage in stages
        if (before := was.evidence.get(stage, "nothing")) != (after := found.evidence.get(stage, "nothing"))
    ]


def _said(name: str, binding: Binding) -> str:
    """One part for people; an empty one may mean that all is as it should be."""
    value = getattr(binding, name)
    if said := ", ".join(value) if isinstance(value, tuple) else str(value):
        return said
    if name == "tag":
        return binding.image.digest
    return f"the image of {binding.champion}" if name == "serving" and binding.champion else "nothing"
