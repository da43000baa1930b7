"""A judge of whole ledgers: was each waiver for that person to make, and signed, when made and when used?"""

from collections.abc import Iterable, Iterator

from ona_pipeline.approve.kept import KeptPolicies
from ona_pipeline.approve.waived import must_be_genuine
from ona_pipeline.clients.ssh_refusals import SignatureError
from ona_pipeline.ledger.replayed import Replay
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.event import Entry
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.promotion_facts import PromotionRequested, RolloutStarted
from ona_pipeline.records.waiver import Waived, Waiver


class Waivings:
    """Judges each waiver by the policy that it names, and by that of each promotion that stands on it.

    Args:
        replay: told before this one; it knows the promotions.
        policies: told before this one, too.
    """

    def __init__(self, replay: Replay, policies: KeptPolicies) -> None:
        self._replay = replay
        self._policies = policies
        self._made: dict[Digest, tuple[Waiver, str]] = {}
        self._judged: set[tuple[Digest, Digest]] = set()

    def keeps(self, digest: Digest, content: bytes) -> None:
        """See `Judge.keeps`."""

    def hears(self, entry: Entry, digest: Digest) -> Iterable[Finding]:
        """See `Judge.hears`."""
        subject = f"event {entry.sequence}"
        match entry.fact:
            case Waived() as fact:
                self._made[digest] = (Waiver(digest, entry.actor, entry.at, fact), entry.subject)
                return self._by((digest,), fact.policy, subject)
            case PromotionRequested(binding=binding):
                return self._by(binding.waivers, binding.policy, subject)
            case RolloutStarted(used) if used and entry.subject in self._replay.promotions:
                return self._by(used, self._replay.promotions[entry.subject].binding.policy, subject)
        return ()

    def rests(self) -> Iterable[Finding]:
        """See `Judge.rests`."""
        return ()

    def _by(self, waivers: tuple[Digest, ...], name: Digest, subject: str) -> Iterator[Finding]:
        """What is wrong with waivers by one policy; said once of each."""
        for digest in waivers:
            if (digest, name) in self._judged:
                continue
            self._judged.add((digest, name))
            if digest not in self._made:
                yield Finding("waiver-not-allowed", subject, f"wanted a waiver {digest} before, found none")
            elif policy := self._policies.named(name, subject):
                yield from _wrong(*self._made[digest], policy, subject)


def _wrong(waiver: Waiver, place: str, policy: EnvironmentPolicy, subject: str) -> Iterator[Finding]:
    if not policy.waivers.honoured((waiver,), policy.people):
        sentence = f"{waiver.name} was waived by {waiver.by.name}, whom the policy does not let"
        yield Finding("waiver-not-allowed", subject, sentence)
    try:
        must_be_genuine(waiver, place, policy)
    except SignatureError as error:
        yield Finding(error.code, subject, error.message)
