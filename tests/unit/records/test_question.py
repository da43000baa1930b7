"""Whether an answer is the known one."""

import pytest

from ona_pipeline.records.question import Question


def asked(answer: dict[str, tuple[object, ...]], tolerance: float = 1e-6) -> Question:
    return Question(inputs=(), answer=answer, tolerance=tolerance)


def test_the_known_answer_has_no_differences() -> None:
    question = asked({"label": (9,), "name": ("nine",), "sure": (True,)})
    assert question.differences({"label": [9], "name": ["nine"], "sure": [True]}) == []


def test_outputs_that_are_not_named_are_not_compared() -> None:
    assert asked({"label": (9,)}).differences({"label": [9], "probabilities": [0.1]}) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"label": [8]}, "label: wanted [9], found [8]"),
        ({"label": [9, 9]}, "label: wanted [9], found [9, 9]"),
        ({"label": []}, "label: wanted [9], found []"),
        ({"label": ["9"]}, "label: wanted [9], found ['9']"),
        ({}, "label: wanted [9], found no such output"),
        ({"label": [None]}, "label: wanted [9], found [None]"),
        ({"label": [[9]]}, "label: wanted [9], found [[9]]"),
        ({"label": [True]}, "label: wanted [9], found [True]"),
    ],
)
def test_each_difference_is_a_sentence(found: dict[str, list[object]], said: str) -> None:
    assert asked({"label": (9,)}).differences(found) == [said]


def test_numbers_may_differ_by_the_tolerance() -> None:
    question = asked({"value": (0.5,)}, tolerance=0.01)
    assert question.differences({"value": [0.509]}) == []
    assert question.differences({"value": [0.52]}) != []


def test_not_a_number_is_no_answer() -> None:
    assert asked({"value": (0.5,)}).differences({"value": [float("nan")]}) != []
