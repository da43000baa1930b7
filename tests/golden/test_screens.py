"""The one screen before a decision, situation by situation: what an approver reads."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from ona_pipeline.approve.differences import MetricChange
from ona_pipeline.approve.review import Review, review
from ona_pipeline.cli import screen
from ona_pipeline.ledger import histories
from ona_pipeline.policy import EnvironmentPolicy, WaiverPolicy
from ona_pipeline.records.comparison import Comparison, Gain, SliceComparison, Standing
from ona_pipeline.records.finding import Finding, Severity, verdict_of
from ona_pipeline.records.promotion_facts import Endorsed
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.releases import APPROVER, MANUAL, binding, hold, published, roll_out, waive, write
from tests.fakes.requests import ask, say_yes

FOLDER = Path(__file__).parent / "screens"
PAGE = 40
HOSTILE = "fine\x1b[2J\x1b[1;1H\r\nverify      passed\n\n\N{RIGHT-TO-LEFT OVERRIDE}dessap\N{ZERO WIDTH SPACE}"
PACKAGES = {"numpy": "2.3.0", "joblib": "1.5.1", "scipy": "1.16.0"}


class Story:
    """A release of digits that asks for production."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = FakeLedger(clock=self.clock)
        self.policy = MANUAL

    def serving(self) -> "Story":
        """An earlier release serves."""
        first = published(self.ledger, "digits-1", packages=PACKAGES)
        roll_out(self.ledger, say_yes(self.ledger, self.clock, ask(self.ledger, self.clock, first)))
        return self

    def review(self, *, gain: Gain | None = None, doubt: bool = False, **bound: str) -> Review:
        """What the screen shows of the newest, 30 hours after it was asked for."""
        comparison = compared(gain) if gain else None
        accuracy = comparison.candidate_value if comparison else 0.97
        release = published(self.ledger, "digits-2", doubt=doubt, comparison=comparison, accuracy=accuracy)
        now = msgspec.structs.replace(binding(self.ledger, release), **bound)
        self.asked = ask(self.ledger, self.clock, release, bound=now, policy=self.policy)
        self.clock.pass_(hours=30)
        return self.again(with_classes=gain)

    def again(self, *, with_classes: Gain | None = None) -> Review:
        with self.ledger.reading() as reading:
            asked = histories.promotion(reading, self.asked.id)
            seen = review(reading, asked, policy=self.policy, now=self.clock())
        return msgspec.structs.replace(seen, metrics=(*seen.metrics, *classes(with_classes)))


def compared(gain: Gain) -> Comparison:
    """By accuracy, with one slice that is not clear."""
    standing = gain.standing(0.01)
    slices = (
        SliceComparison("label=8", 35, 0.94, 0.91, 2, Gain(-0.03, -0.11, 0.06), Standing.UNDECIDED),
        SliceComparison("label=9", 36, 0.94, 0.97, 1, Gain(0.03, 0.0, 0.08), Standing.NOT_WORSE),
    )
    value = 0.95 + gain.value
    return Comparison(
        "digits-1", "accuracy", 0.95, value, 0.01, 7, 360, gain, 0.95, 30, 360, standing, slices
    )


def classes(gain: Gain | None) -> list[MetricChange]:
    """A recall for each digit; worse for the eights where there is something to compare with."""
    if not gain:
        return [MetricChange(f"recall_{digit}", 0.97) for digit in range(10)]
    others = [MetricChange(f"recall_{digit}", 0.97, 0.97, 0.0) for digit in range(10) if digit != 8]
    return [MetricChange("recall_8", 0.91, 0.94, -0.03), *others]


def first() -> Review:
    return Story().review()


def better() -> Review:
    return Story().serving().review(gain=Gain(0.0194, 0.0028, 0.0361))


def worse() -> Review:
    """A gate lets nothing pass that is worse for sure; under a margin that is wide, a person sees it."""
    return Story().serving().review(gain=Gain(-0.0060, -0.0089, -0.0030))


def uncertain() -> Review:
    return Story().serving().review(gain=Gain(-0.0028, -0.0194, 0.0139), doubt=True)


def inconclusive() -> Review:
    return Story().review(doubt=True)


def waiver() -> Review:
    story = Story().serving()
    allowed = WaiverPolicy(by=("approver",), findings=("worse-than-champion",))
    story.policy = EnvironmentPolicy(waivers=allowed)
    waive(story.ledger, "worse-than-champion", days=9)
    sentence = "wanted at least 0.9500 less 0.01, found 0.9250"
    waived = Finding("worse-than-champion", "accuracy", sentence, severity=Severity.WAIVED)
    return with_findings(story.review(gain=Gain(-0.0250, -0.0389, -0.0139)), waived)


def held() -> Review:
    story = Story().serving()
    seen = story.review(gain=Gain(0.0194, 0.0028, 0.0361))
    hold(story.ledger, "audit of the last quarter")
    return msgspec.structs.replace(story.again(), metrics=seen.metrics)


def quorum() -> Review:
    story = Story().serving()
    story.policy = EnvironmentPolicy(quorum=2)
    story.review()
    write(story.ledger, story.asked, Endorsed(story.asked.binding.digest, "seen with QA"), actor=APPROVER)
    return story.again()


def by_another_hand() -> Review:
    other = "127.0.0.1:5000/ona/digits:hotfix"
    return Story().serving().review(serving=other, tag=f"sha256:{'ab' * 32}")


def long_texts() -> Review:
    seen = with_findings(better(), *(note(number) for number in range(9)))
    return msgspec.structs.replace(
        seen,
        note="please look at the eights, for " * 30,
        target="kubernetes " + "a-context-with-a-long-name-" * 4 + "/digits/deployment/digits",
        metrics=(MetricChange("recall_of_the_class_that_matters_most", 0.5, 0.25, 0.25), *seen.metrics),
    )


def note(number: int) -> Finding:
    sentence = f"wanted something that takes many words to say, and found number {number}, " * 5
    return Finding("long-winded", f"file-{number}", sentence, severity=Severity.NOTE)


def hostile() -> Review:
    finding = Finding(HOSTILE, HOSTILE, HOSTILE, severity=Severity.DOUBT)
    seen = with_findings(first(), finding)
    metrics = (MetricChange(HOSTILE, 1.0),)
    return msgspec.structs.replace(seen, note=HOSTILE, target=HOSTILE, held=HOSTILE, metrics=metrics)


def with_findings(seen: Review, *findings: Finding) -> Review:
    gates = [
        msgspec.structs.replace(gate, findings=findings, verdict=verdict_of(findings))
        if gate.stage == "validate"
        else gate
        for gate in seen.gates
    ]
    return msgspec.structs.replace(seen, gates=tuple(gates))


SITUATIONS: dict[str, Callable[[], Review]] = {
    "first-release": first,
    "better": better,
    "worse": worse,
    "uncertain": uncertain,
    "inconclusive": inconclusive,
    "waiver": waiver,
    "hold": held,
    "quorum": quorum,
    "another-hand": by_another_hand,
    "long-texts": long_texts,
    "hostile": hostile,
}
USUAL = sorted(set(SITUATIONS) - {"long-texts"})


def shown(name: str, columns: int) -> list[str]:
    return [line.text for line in screen.lines(SITUATIONS[name](), columns)]


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize("name", SITUATIONS)
def test_the_screen_is_as_it_was(name: str, columns: int, golden_update: bool) -> None:
    file, text = FOLDER / f"{name}-{columns}.txt", "\n".join(shown(name, columns)) + "\n"
    if golden_update:
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
@pytest.mark.parametrize("name", SITUATIONS)
def test_no_line_is_wider_than_the_terminal(name: str, columns: int) -> None:
    assert max(map(cell_len, shown(name, columns))) <= min(columns, 100)


@pytest.mark.parametrize("name", USUAL)
def test_what_is_usual_fits_a_page(name: str) -> None:
    assert len(shown(name, 100)) <= PAGE


@pytest.mark.parametrize("name", SITUATIONS)
def test_there_is_nothing_but_printable_characters(name: str) -> None:
    assert all(line.isprintable() for line in shown(name, 80))


def test_wide_characters_count_as_wide() -> None:
    wide = msgspec.structs.replace(first(), note="漢字" * 60 + " " + "é" * 90)
    for columns in (60, 80):
        assert max(cell_len(line.text) for line in screen.lines(wide, columns)) <= columns


def test_no_golden_is_of_a_situation_that_is_gone() -> None:
    wanted = {f"{name}-{columns}.txt" for name in SITUATIONS for columns in (80, 100)}
    assert {path.name for path in FOLDER.iterdir()} == wanted
