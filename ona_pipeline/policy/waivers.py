"""Who may waive which findings."""

import msgspec

from ona_pipeline.policy.people import People
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.waiver import Waiver

WAIVABLE = ("expectation-unmet", "worse-than-champion", "frozen", "not-proven", "canary-undecided")
"""Judgements of quality and of time. What says that a model is not what was declared, or could not be judged,
is not among them."""


class WaiverPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may waive which findings.

    Attributes:
        by: people or groups; empty means nobody.
        findings: codes that may be waived; empty means none.
    """

    by: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    def allows(self, finding: str, actor: Actor, people: People) -> bool:
        """Whether the actor may waive findings of that code."""
        return finding in self.findings and people.is_among(actor, people.members(self.by))

    def honoured(self, waivers: tuple[Waiver, ...], people: People) -> tuple[Waiver, ...]:
        """Those of `waivers` that are still by somebody who may, of what may be waived."""
        return tuple(one for one in waivers if self.allows(one.fact.finding, one.by, people))
