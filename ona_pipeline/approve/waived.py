"""Refusals that were waived on the road, and the waivers that let a release into one environment."""

from datetime import datetime

from ona_pipeline.approve.signed import must_be_signed
from ona_pipeline.clients.ssh_refusals import SignatureError
from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger import histories
from ona_pipeline.ledger.interface import Reading
from ona_pipeline.policy import EnvironmentPolicy
from ona_pipeline.records.decision import waiver_words
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.environment import place
from ona_pipeline.records.evidence import read_evidence
from ona_pipeline.records.finding import Finding, Severity, Verdict
from ona_pipeline.records.release import Release
from ona_pipeline.records.waiver import Waiver


def in_force(
    reading: Reading, model: str, environment: str, policy: EnvironmentPolicy, now: datetime
) -> tuple[Waiver, ...]:
    """The waivers that count there at `now`: not expired, not revoked, by somebody who still may, signed."""
    standing = histories.waivers(reading, model, environment, now)
    allowed = policy.waivers.honoured(standing, policy.people)
    return tuple(one for one in allowed if _is_genuine(one, place(model, environment), policy))


def must_be_genuine(waiver: Waiver, where: str, policy: EnvironmentPolicy) -> None:
    """Refuse a waiver that is not signed as the policy wants, whatever another one wanted when it was made.

    Args:
        waiver: as it stands in the ledger.
        where: ``model@environment``.
        policy: that it is to count by.

    Raises:
        SignatureError: see `must_be_signed`.
        BackendError: ssh-keygen is not there.
    """
    words = waiver_words(waiver.fact, where)
    must_be_signed(words, waiver.fact.signature, policy=policy, at=waiver.at)


def _is_genuine(waiver: Waiver, where: str, policy: EnvironmentPolicy) -> bool:
    try:
        must_be_genuine(waiver, where, policy)
    except SignatureError:
        return False
    return True


def covering(
    reading: Reading, release: Release, environment: str, policy: EnvironmentPolicy, now: datetime
) -> tuple[Digest, ...]:
    """Digests of the waivers that cover what was waived of `release`, sorted; what a decision binds."""
    standing = in_force(reading, release.model, environment, policy, now)
    found = (_cover(finding, standing) for finding in _waived(reading, release))
    return tuple(sorted({waiver.digest for waiver in found if waiver}))


def must_be_covered(
    reading: Reading, release: Release, environment: str, policy: EnvironmentPolicy, now: datetime
) -> None:
    """Refuse a release into an environment in which what was waived of it is not.

    Raises:
        RefusedError: a refusal was waived for another environment only, or the waiver is over.
    """
    standing = in_force(reading, release.model, environment, policy, now)
    left = [finding for finding in _waived(reading, release) if not _cover(finding, standing)]
    if left:
        lines = "".join(f"\n  {one.code}: {one.subject}: {one.sentence}" for one in left)
        raise RefusedError(
            f"{release.id} may not go to {environment}, for no waiver covers there:{lines}",
            hint=f"whom the policy lets may: ona waive {release.model} --finding {left[0].code}"
            f" --env {environment} --for 7d --reason TEXT",
        )


def _waived(reading: Reading, release: Release) -> list[Finding]:
    doubtful = [stage for stage, verdict in release.verdicts.items() if verdict is Verdict.INCONCLUSIVE]
    evidence = (read_evidence(reading.evidence(release.evidence[stage])) for stage in doubtful)
    return [one for each in evidence for one in each.findings if one.severity is Severity.WAIVED]


def _cover(finding: Finding, standing: tuple[Waiver, ...]) -> Waiver | None:
    return next((one for one in standing if one.covers(finding.code, finding.subject)), None)
