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

    @property
    def digest(self) -> Digest:
        """What a decision names."""
        return digest_of(self)

    def changes(self, now: "Binding") -> tuple[str, ...]:
        """A sentence for each part that is otherwise `now` than when it was bound; empty where none is."""
        return tuple(
            f"{name}: bound to {_short(was)}, found {_short(found)}"
            for name in self.__struct_fields__
            if (was := getattr(self, name)) != (found := getattr(now, name))
        )


def _short(value: object) -> str:
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return text or "nothing"
