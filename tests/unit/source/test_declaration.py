"""``release.toml``: each way of getting it wrong has its sentence."""

import re

import pytest

from ona_pipeline.errors import UsageError
from ona_pipeline.source.declaration import parse_declaration
from tests.projects import RELEASE


def parse(text: str) -> UsageError:
    with pytest.raises(UsageError) as refused:
        parse_declaration(text.encode(), subject="release.toml", model="iris")
    return refused.value


def test_a_sound_declaration_is_read_with_its_defaults():
    found = parse_declaration(RELEASE.encode(), subject="release.toml", model="iris")
    assert found.model.lock == "requirements.lock"
    assert found.validation.data == ("data.json",)
    assert found.question.inputs[0].shape == (1, 1)


def test_an_unknown_key_is_named_with_what_was_probably_meant():
    error = parse(RELEASE.replace("[data]\npath", "[data]\npaht"))
    assert error.message == "release.toml: unknown key 'data.paht'"
    assert error.hint == "did you mean 'path'?"


def test_an_unknown_table_is_named():
    error = parse(RELEASE + "\n[trainign]\nscript = 'x.py'\n")
    assert error.message == "release.toml: unknown key 'trainign'"
    assert error.hint == "did you mean 'training'?"


def test_an_unknown_key_in_a_list_of_tables_is_named_and_the_known_ones_listed():
    error = parse(RELEASE.replace('datatype = "FP64"', 'datatype = "FP64"\nzzz = 1'))
    assert error.message == "release.toml: unknown key 'question.inputs[0].zzz'"
    assert error.hint == "known keys here: data, datatype, name, shape"


def test_a_missing_key_is_named():
    assert (
        parse(RELEASE.replace('label = "label"', "")).message
        == "release.toml: the key 'data.label' is missing"
    )


def test_a_wrong_type_is_named_with_wanted_and_found():
    error = parse(RELEASE.replace('path = "evaluation.csv"', "path = 3"))
    assert error.message == "release.toml: data.path: expected `str`, got `int`"


def test_a_digest_that_is_none_is_named():
    error = parse(RELEASE.replace("sha256:" + "a" * 64, "sha256:abc"))
    assert error.message.startswith("release.toml: data.digest: not a sha256 digest")


def test_what_is_not_toml_is_said_with_its_line():
    assert "release.toml is not TOML" in parse("[model\n").message
    assert "line 1" in parse("[model\n").message


def test_bytes_that_are_no_text_are_not_toml():
    with pytest.raises(UsageError, match=r"release\.toml is not TOML"):
        parse_declaration(b"\xff\xfe", subject="release.toml", model="iris")


def test_a_model_that_is_named_otherwise_than_its_folder_is_refused():
    error = parse(RELEASE.replace('"iris"', '"rose"'))
    assert error.message == "release.toml: model.name is 'rose', wanted the folder's name 'iris'"


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 50_000, "a = " + "9" * 10_000, "a = 2026-99-99"], ids=["deep", "long", "no date"]
)
def test_what_no_reader_gets_through_is_not_toml(text: str):
    error = parse(text)
    assert (error.message.startswith("release.toml is not TOML: "), error.hint) == (True, "TOML 1.0, UTF-8")


@pytest.mark.parametrize("address", ["https://[::1", "https://host:port/x", "https:///x", "https://h:0/x"])
def test_an_address_that_leads_nowhere_is_named(address: str):
    error = parse(RELEASE.replace('path = "evaluation.csv"', f'path = "{address}"'))
    wanted = f"wanted a path, or a file: or https: URI, found '{address}'"
    assert error.message == f"release.toml: data: {wanted}"


@pytest.mark.parametrize("name", ["a\\u0000b", "x" * 256, "d/" * 100])
def test_a_path_that_no_file_can_have_is_named(name: str):
    error = parse(RELEASE.replace('name = "iris"', f'name = "iris"\nlock = "{name}"'))
    assert "release.toml: model: wanted a path that a file can have, found " in error.message


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (
            "answer = ",
            "tolerance = inf\nanswer = ",
            "question: wanted a tolerance of at least 0 that is finite",
        ),
        (
            "answer = ",
            "tolerance = nan\nanswer = ",
            "question: wanted a tolerance of at least 0 that is finite",
        ),
        (
            "shape = [1, 1]",
            "shape = [-1, 1]",
            "question.inputs[0]: wanted a shape of whole numbers from 1 on",
        ),
        ("shape = [1, 1]", "shape = []", "question.inputs[0]: wanted a shape of whole numbers from 1 on"),
        ("[validation]", "[training]\ntimeout_s = inf\n[validation]", "training: wanted a timeout above 0"),
        ("[validation]", "[training]\nmemory_bytes = -1\n[validation]", "training: wanted a timeout above 0"),
        ("[validation]", "[validation]\nnoise = nan", "validation: wanted a noise of at least 0"),
    ],
)
def test_a_number_that_would_ask_nothing_is_named(old: str, new: str, wanted: str):
    assert old in RELEASE
    assert f"release.toml: {wanted}" in parse(RELEASE.replace(old, new)).message


def test_a_question_without_an_answer_is_none():
    text = re.sub(r"answer = .*", "answer = {}", RELEASE)
    assert "question: wanted at least one input, and what one output must be" in parse(text).message
