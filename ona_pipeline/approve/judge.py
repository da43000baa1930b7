"""A judge of whole ledgers: was each decision right by the policy that it names, and signed as that wants?"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from ona_pipeline.approve.hindsight import must_be_genuine, must_be_right
from ona_pipeline.approve.kept import KeptPolicies
from ona_pipeline.clients.ssh_refusals import SignatureError
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger.replayed import Replay
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Entry
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.promotion_facts import Approved, Rejected


class _Decided(NamedTuple):
    """A decision whose signatures are still to be looked at."""

    subject: str
    promotion: Promotion
    policy: EnvironmentPolicy


class Decisions:
    """Judges each approval and rejection.

    Args:
        replay: told before this one; it knows the promotions.
        policies: told before this one, too.
    """

    def __init__(self, replay: Replay, policies: KeptPolicies) -> None:
        self._replay = replay
        self._policies = policies
        self._decided: list[_Decided] = []

    def keeps(self, digest: Digest, content: bytes) -> None:
        """See `Judge.keeps`."""

    def hears(self, entry: Entry, digest: Digest) -> Iterable[Finding]:
        """See `Judge.hears`."""
        del digest
        if not isinstance(entry.fact, (Approved, Rejected)):
            return ()
        promotion = self._replay.promotions.get(entry.subject)
        if promotion is None or promotion.decision is not entry.fact:
            return ()
        return self._judged(f"event {entry.sequence}", promotion)

    def rests(self) -> Iterator[Finding]:
        """See `Judge.rests`; each signature is a process of its own, so several are looked at at once."""
        signed = [one for one in self._decided if one.policy.require_signature or _is_signed(one.promotion)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from (finding for finding in pool.map(_signatures, signed) if finding)

    def _judged(self, subject: str, promotion: Promotion) -> Iterator[Finding]:
        policy = self._policies.named(promotion.binding.policy, subject)
        if policy is None:
            return
        self._decided.append(_Decided(subject, promotion, policy))
        try:
            must_be_right(promotion, policy)
        except RefusedError as error:
            yield Finding("decision-not-allowed", subject, error.message)


def _is_signed(promotion: Promotion) -> bool:
    everyone = (*promotion.endorsements, promotion.decision)
    return any(said.signature for said in everyone if said)


def _signatures(decided: _Decided) -> Finding | None:
    try:
        must_be_genuine(decided.promotion, decided.policy)
    except SignatureError as error:
        return Finding(error.code, decided.subject, error.message)
    return None
