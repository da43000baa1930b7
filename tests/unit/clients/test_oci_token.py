import pytest

from ona_pipeline.clients.oci_credentials import Credentials
from ona_pipeline.clients.oci_token import Question, is_loopback, question

TOKEN = 'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a:pull,push"'
ASKED = Question("https://auth.example/token", "registry.example", ("repository:a:pull,push",))


@pytest.mark.parametrize("header", [TOKEN, f'Basic realm="r", {TOKEN}', TOKEN.replace("Bearer", "bearer")])
def test_a_token_is_read_as_wanted_whatever_else_would_do(header: str):
    assert question(header) == ASKED


def test_a_second_question_says_what_the_first_token_lacked():
    assert question(f'{TOKEN},error="insufficient_scope"').error == "insufficient_scope"


def test_two_repositories_are_two_scopes():
    header = TOKEN.replace("a:pull,push", "a:pull,push repository:b:pull")
    assert question(header).scopes == ("repository:a:pull,push", "repository:b:pull")


@pytest.mark.parametrize("header", ["", "Basic", 'Basic realm="bearer things"', "nonsense"])
def test_everything_else_is_basic(header: str):
    assert question(header) == Question()


def test_no_secret_is_shown():
    assert repr(Credentials("releaser", "sesame")) == "Credentials(releaser)"
    assert repr(Credentials("", identity_token="sesame")) == "Credentials(an identity token)"


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("localhost", True),
        ("127.0.0.1:5000", True),
        ("[::1]:5000", True),
        ("registry.example:5000", False),
        ("127.0.0.1.registry.example", False),
    ],
)
def test_plain_http_is_for_this_machine_only(host: str, is_it: bool):
    assert is_loopback(host) is is_it
