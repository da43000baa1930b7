"""Verdicts, and the findings that reasons are given in."""

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """What a gate says. *Errored* is no verdict: then there is no evidence at all."""

    PASSED = "passed"
    REFUSED = "refused"
    INCONCLUSIVE = "inconclusive"


class Severity(StrEnum):
    """What one finding means for the verdict."""

    NOTE = "note"
    DOUBT = "doubt"
    WAIVED = "waived"
    REFUSAL = "refusal"


class Finding(msgspec.Struct, frozen=True):
    """One reason in a verdict.

    Attributes:
        code: stable, for programs: ``digest-mismatch``.
        subject: what it is about: ``model.skops``.
        sentence: for people, with what was wanted and what was found.
        severity: a refusal decides; a doubt, or a refusal that a person waived, makes
            inconclusive; a note only tells.
        hint: what to do about it; may be empty.
    """

    code: str
    subject: str
    sentence: str
    severity: Severity = Severity.REFUSAL
    hint: str = ""


def verdict_of(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict that findings add up to: the worst of them decides."""
    severities = {finding.severity for finding in findings}
    if Severity.REFUSAL in severities:
        return Verdict.REFUSED
    return Verdict.INCONCLUSIVE if severities & {Severity.DOUBT, Severity.WAIVED} else Verdict.PASSED
