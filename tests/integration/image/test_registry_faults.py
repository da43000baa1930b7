"""The client of image registries, on servers that misbehave."""
# ruff: noqa: N802, N815 - the names of the methods are those of http.server

import base64
import http.client
import json
import time
import uuid
from pathlib import Path

import pytest

from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.clients.oci_calls import RegistryCalls
from ona_pipeline.clients.oci_retries import Patience
from ona_pipeline.errors import BackendError
from ona_pipeline.records.digest import Digest
from tests.backends import image_registry, lab
from tests.fakes.images import put_image
from tests.integration.servers import Handler, serving

CONTENT = b"content" * 1000
DIGEST = Digest.of(CONTENT)


def client() -> ImageRegistry:
    return ImageRegistry(RegistryCalls(timeout_s=2, patience=Patience(pause_s=0.01)))


def proxy(upstream: str, *, breaks_at: str) -> type[Handler]:
    """Passes everything on, but cuts the line in the middle of requests with `breaks_at` in their path."""

    class Proxy(Handler):
        def pass_on(self) -> None:
            if self.command == "PUT" and breaks_at in self.path:
                self.rfile.read(100)
                self.connection.close()
                return
            connection = http.client.HTTPConnection(upstream, timeout=5)
            connection.request(self.command, self.path, self.body(), dict(self.headers))
            response = connection.getresponse()
            self.answer(response.status, response.read(), Location=response.headers.get("Location", ""))
            connection.close()

        do_GET = do_HEAD = do_PUT = do_POST = pass_on

    return Proxy


@pytest.mark.registry
def test_a_blob_that_is_cut_half_way_is_a_backend_error_and_is_not_there(tmp_path: Path):
    host, name = lab("registry"), f"ona-tests/cut-{uuid.uuid4().hex[:8]}"
    (tmp_path / "blob").write_bytes(CONTENT)
    with serving(proxy(host, breaks_at="/blobs/uploads/")) as address, pytest.raises(BackendError) as caught:
        client().put_blob(f"{address}/{name}", DIGEST, tmp_path / "blob")
    assert caught.value.retryable
    assert not image_registry(host).exists(f"{host}/{name}", DIGEST)


@pytest.mark.registry
def test_an_image_manifest_that_is_cut_half_way_is_a_backend_error_and_tags_nothing():
    host, name = lab("registry"), f"ona-tests/cut-{uuid.uuid4().hex[:8]}"
    real = image_registry(host)
    image = put_image(real, f"{host}/{name}", {"f": b"1"})
    manifest = real.get_manifest(f"{host}/{name}", image.digest) or b""
    with serving(proxy(host, breaks_at="/manifests/")) as address, pytest.raises(BackendError) as caught:
        client().put_manifest(f"{address}/{name}", manifest, tag="cut")
    assert caught.value.retryable
    assert real.resolve(f"{host}/{name}", "cut") is None


@pytest.mark.registry
def test_a_push_goes_through_on_the_second_try():
    host = lab("registry")
    repository = f"ona-tests/second-{uuid.uuid4().hex[:8]}"
    refused: list[str] = []

    class Busy(proxy(host, breaks_at="nothing")):  # type: ignore[misc]
        def do_POST(self) -> None:
            if not refused:
                refused.append(self.path)
                self.answer(503)
            else:
                self.pass_on()

    with serving(Busy) as address:
        client().put_blob(f"{address}/{repository}", DIGEST, CONTENT)
    assert refused
    assert image_registry(host).exists(f"{host}/{repository}", DIGEST)


def test_a_registry_that_is_not_there_is_said_with_the_remedy():
    with pytest.raises(BackendError, match=r"image registry 127\.0\.0\.1:9 is not there") as caught:
        client().resolve("127.0.0.1:9/ona/digits", "tag")
    assert caught.value.hint


class Liar(Handler):
    """Gives other bytes than it says."""

    def do_GET(self) -> None:
        self.answer(200, b'{"mediaType":"x"}', Docker_Content_Digest=DIGEST)


def test_an_image_manifest_of_other_bytes_than_its_digest_is_not_believed():
    with serving(Liar) as address, pytest.raises(BackendError, match=f"wanted {DIGEST}, found sha256:"):
        client().resolve(f"{address}/ona/digits", "tag")


def test_a_blob_of_other_bytes_than_its_digest_is_not_believed(tmp_path: Path):
    with serving(Liar) as address, pytest.raises(BackendError, match=f"wanted {DIGEST}, found sha256:"):
        client().save_blob(f"{address}/ona/digits", DIGEST, tmp_path / "blob")


def test_a_registry_that_never_answers_is_given_up():
    class Silent(Handler):
        def do_HEAD(self) -> None:
            self.connection.recv(1)

    impatient = ImageRegistry(RegistryCalls(timeout_s=0.2, patience=Patience(attempts=2, pause_s=0.01)))
    with serving(Silent) as address, pytest.raises(BackendError, match="connection broke") as caught:
        impatient.exists(f"{address}/ona/digits", DIGEST)
    assert caught.value.retryable


@pytest.fixture(name="logged_in")
def _logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Log in at an address, in a home folder of this test."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def log_in(address: str) -> None:
        auth = base64.b64encode(b"releaser:sesame").decode()
        (tmp_path / ".docker").mkdir(exist_ok=True)
        config = {"auths": {address: {"auth": auth}}}
        (tmp_path / ".docker" / "config.json").write_text(json.dumps(config))

    return log_in


def guarded(*, scheme: str, seen: list[str]) -> type[Handler]:
    """Wants credentials: Basic ones, or a token from its own token server."""

    class Guarded(Handler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            token = {"token": "t0ken"} if seen[-1].startswith("Basic") else {}
            self.answer(200, json.dumps(token).encode())

        def do_HEAD(self) -> None:
            seen.append(self.headers.get("Authorization", ""))
            if seen[-1] in {"Bearer t0ken", "Basic " + base64.b64encode(b"releaser:sesame").decode()}:
                self.answer(200)
                return
            host = self.headers["Host"]
            realm = f'realm="http://{host}/token",service="{host}",scope="repository:ona/digits:pull"'
            self.answer(401, WWW_Authenticate=f"{scheme} {realm}")

    return Guarded


@pytest.mark.parametrize(("scheme", "last"), [("Basic", "Basic "), ("Bearer", "Bearer t0ken")])
def test_credentials_of_docker_login_are_used(logged_in, scheme: str, last: str):
    seen: list[str] = []
    with serving(guarded(scheme=scheme, seen=seen)) as address:
        logged_in(address)
        registry = client()
        assert registry.exists(f"{address}/ona/digits", DIGEST)
        asked = len(seen)
        assert registry.exists(f"{address}/ona/digits", DIGEST)
    assert seen[-1].startswith(last)
    assert len(seen) == asked + 1


@pytest.mark.parametrize("scheme", ["Basic", "Bearer"])
def test_without_credentials_the_remedy_is_told(logged_in, scheme: str):
    with serving(guarded(scheme=scheme, seen=[])) as address:
        logged_in("elsewhere.example")
        with pytest.raises(BackendError, match="HTTP 401") as caught:
            client().exists(f"{address}/ona/digits", DIGEST)
    assert "docker login" in caught.value.hint


def test_credentials_are_in_no_message_and_no_log(logged_in, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")

    class Never(Handler):
        def do_HEAD(self) -> None:
            self.answer(401, WWW_Authenticate='Basic realm="r"')

    with serving(Never) as address:
        logged_in(address)
        with pytest.raises(BackendError) as caught:
            client().exists(f"{address}/ona/digits", DIGEST)
    told = caught.value.message + caught.value.hint + caplog.text
    assert "sesame" not in told
    assert base64.b64encode(b"releaser:sesame").decode() not in told


def test_an_upload_elsewhere_does_not_take_the_credentials_along(logged_in):
    seen: list[str] = []

    class Storage(Handler):
        def do_PUT(self) -> None:
            self.body()
            seen.append(self.headers.get("Authorization", "nothing"))
            self.answer(201)

    with serving(Storage) as storage:

        class Front(Handler):
            def do_POST(self) -> None:
                if "Authorization" in self.headers:
                    self.answer(202, Location=f"http://{storage}/upload?state=1")
                else:
                    self.answer(401, WWW_Authenticate='Basic realm="r"')

        with serving(Front) as address:
            logged_in(address)
            client().put_blob(f"{address}/ona/digits", DIGEST, CONTENT)
    assert seen == ["nothing"]


def limited(*, after: str, seen: list[float]) -> type[Handler]:
    """Has had enough of us once, as Docker Hub has after so many pulls."""

    class Limited(Handler):
        def do_HEAD(self) -> None:
            seen.append(time.monotonic())
            if len(seen) == 1:
                self.answer(429, Retry_After=after)
            else:
                self.answer(200)

    return Limited


def test_a_registry_that_asks_for_a_pause_gets_it(logged_in):
    seen: list[float] = []
    with serving(limited(after="1", seen=seen)) as address:
        assert client().exists(f"{address}/ona/digits", DIGEST)
    assert seen[1] - seen[0] >= 1.0


def test_a_limit_that_lasts_for_hours_is_told_at_once_with_the_remedy(logged_in):
    seen: list[float] = []
    with serving(limited(after="21600", seen=seen)) as address, pytest.raises(BackendError) as caught:
        client().exists(f"{address}/ona/digits", DIGEST)
    assert len(seen) == 1
    assert caught.value.retryable
    assert "too many requests (HTTP 429" in caught.value.message


def test_a_token_that_has_expired_is_asked_for_anew(logged_in):
    given: list[str] = []

    class Forgetful(Handler):
        """Each token is good for two requests."""

        def do_GET(self) -> None:
            given.append(f"token{len(given)}")
            self.answer(200, json.dumps({"token": given[-1], "expires_in": 60}).encode())

        def do_HEAD(self) -> None:
            used.append(self.headers.get("Authorization", ""))
            if used[-1] in {f"Bearer {token}" for token in given} and used.count(used[-1]) <= 2:
                self.answer(200)
                return
            self.answer(
                401, WWW_Authenticate=f'Bearer realm="http://{self.headers["Host"]}/token",service="s"'
            )

    used: list[str] = []
    with serving(Forgetful) as address:
        logged_in(address)
        registry = client()
        for _ in range(5):
            assert registry.exists(f"{address}/ona/digits", DIGEST)
    assert given == ["token0", "token1", "token2"]


def answering(status: int, code: str, *, challenge: str = "") -> type[Handler]:
    """Lets nobody open an upload."""

    class Answering(Handler):
        def do_GET(self) -> None:
            self.answer(200, b'{"token":"t0ken"}')

        def do_POST(self) -> None:
            if "Authorization" not in self.headers:
                self.answer(401, WWW_Authenticate=f'Bearer realm="http://{self.headers["Host"]}/token"')
                return
            words = json.dumps({"errors": [{"code": code, "message": "no"}]}).encode()
            self.answer(status, words, WWW_Authenticate=challenge)

    return Answering


@pytest.mark.parametrize(
    ("status", "code", "challenge", "cause"),
    [
        # Docker Hub, of a namespace that is not there or not ours
        (401, "UNAUTHORIZED", 'Bearer error="insufficient_scope"', "releaser may not do that there"),
        # GitHub, of a token without write:packages
        (403, "DENIED", "", "releaser may not do that there"),
        # Amazon, and others whose repositories or projects are made beforehand
        (404, "NAME_UNKNOWN", "", "there is no such repository"),
    ],
)
def test_registries_that_say_no_in_their_own_ways_are_understood(
    logged_in, status: int, code: str, challenge: str, cause: str
):
    with serving(answering(status, code, challenge=challenge)) as address:
        logged_in(address)
        with pytest.raises(BackendError, match=cause) as caught:
            client().require_push(f"{address}/team/digits")
    assert not caught.value.retryable
    assert f"HTTP {status} {code} no" in caught.value.message


def test_an_upload_that_cannot_be_given_up_is_left_to_the_registry(logged_in):
    class Stubborn(Handler):
        def do_POST(self) -> None:
            self.answer(202, Location="/v2/ona/digits/blobs/uploads/1")

        def do_DELETE(self) -> None:
            self.answer(405)

    with serving(Stubborn) as address:
        client().require_push(f"{address}/ona/digits")
