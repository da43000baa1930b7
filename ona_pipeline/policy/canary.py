"""What an environment's policy says of canaries."""

import msgspec

from ona_pipeline.policy.duration import duration

_LARGEST = 0.5
_SHORTEST_S = 10


class CanaryPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"lasts": "for"}):
    """A share of instances serves a new release first, and is compared with the others.

    Attributes:
        share: of the instances, more than 0 and at most 0.5; at least one instance.
        lasts: how long it serves before the others follow, such as ``10m``; at least 10 s.
    """

    share: float = 0.1
    lasts: str = "10m"

    def __post_init__(self) -> None:
        """Refuse what cannot be meant when the policy is read."""
        if not 0 < self.share <= _LARGEST:
            raise ValueError(
                f"wanted a canary with a share of more than 0 and at most {_LARGEST}, found {self.share}"
            )
        if self.lasts_s < _SHORTEST_S:
            raise ValueError(f"wanted a canary for at least {_SHORTEST_S}s, found {self.lasts}")

    @property
    def lasts_s(self) -> float:
        """The same, seconds."""
        return duration(self.lasts).total_seconds()
