"""How long images are kept that nothing needs."""

from datetime import timedelta

import msgspec

from ona_pipeline.policy.duration import duration

_LEAST = 2  # the present release, and a way back


class RetentionPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `ona retention` leaves, beside what is served, or on its way.

    Attributes:
        keep: how many releases that served an environment last are kept, the present one counted.
        min_age: how old a release has to be before anything of it is removed: ``30d``.
    """

    keep: int = 5
    min_age: str = "30d"

    def __post_init__(self) -> None:
        if self.keep < _LEAST:
            raise ValueError(f"keep: wanted at least {_LEAST}, found {self.keep}")
        duration(self.min_age)

    @property
    def age(self) -> timedelta:
        """`min_age`, as a duration."""
        return duration(self.min_age)
