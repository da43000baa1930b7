"""The part of the screen that says what each gate said, and why."""

from typing import TYPE_CHECKING

from ona_pipeline.cli.layout import Line, field

if TYPE_CHECKING:
    from ona_pipeline.approve.review import Review
    from ona_pipeline.records.finding import Finding

_FINDINGS = 5
_LINES = 2
_TONES = {"passed": "good", "inconclusive": "doubt", "refused": "bad"}
_WEIGHTS = ("refusal", "waived", "doubt", "note")
_FINDING_TONES = {"refusal": "bad", "waived": "doubt", "doubt": "doubt"}


def gates(review: "Review", width: int) -> list[Line]:
    """A line for each gate, and under it what it found: the gravest findings first in line for the room."""
    everything = [finding for gate in review.gates for finding in gate.findings]
    shown = sorted(everything, key=lambda finding: _WEIGHTS.index(finding.severity))[:_FINDINGS]
    found: list[Line] = []
    for gate in review.gates:
        found += field(gate.stage, gate.verdict, width, tone=_TONES[gate.verdict])
        for finding in gate.findings:
            if any(finding is one for one in shown):
                tone = _FINDING_TONES.get(finding.severity, "")
                found += field("", _sentence(finding), width, most=_LINES, tone=tone)
    if left := len(everything) - len(shown):
        found += field("", f"and {left} more: ona show {review.release}", width)
    return found


def _sentence(finding: "Finding") -> str:
    word = "waived, " if finding.severity == "waived" else ""
    return f"{word}{finding.code}: {finding.subject}: {finding.sentence}"
