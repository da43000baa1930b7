"""Who is let in by an image registry, who is not, and what is told: on real registries."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ona_pipeline.clients.oci import ImageRegistry
from ona_pipeline.clients.oci_calls import RegistryCalls
from ona_pipeline.errors import BackendError, OnaError, UsageError
from tests.certificates import Authority
from tests.image_registries import PASSWORD, USER, configure, debian_registry, log_in, passwords
from tests.integration.servers import Handler, serving
from tests.token_server import IDENTITY, TokenServer, token_server

pytestmark = pytest.mark.registry


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="host", scope="module")
def _host(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that wants a password."""
    folder = tmp_path_factory.mktemp("basic")
    with debian_registry(folder, certificate=authority.issue("basic"), auth=passwords(folder)) as host:
        yield host


@pytest.fixture(name="tokens", scope="module")
def _tokens(authority: Authority) -> Iterator[tuple[TokenServer, str]]:
    with token_server(authority.issue("token")) as served:
        yield served


@pytest.fixture(name="token_host", scope="module")
def _token_host(authority: Authority, tokens, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that wants a token."""
    server, address = tokens
    folder = tmp_path_factory.mktemp("token")
    with debian_registry(folder, certificate=authority.issue("tls"), auth=server.auth(address)) as host:
        yield host


@pytest.fixture(name="server")
def _server(tokens) -> Iterator[TokenServer]:
    """The token server; its rights are put back."""
    server = tokens[0]
    yield server
    server.rights = {USER: {"pull", "push", "delete"}}


@pytest.fixture(name="home", autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    return tmp_path


@pytest.fixture(name="registry")
def _registry(authority: Authority) -> ImageRegistry:
    return trusting(authority)


def trusting(authority: Authority) -> ImageRegistry:
    return ImageRegistry(RegistryCalls(ca_bundle=authority.certificate_file, timeout_s=10))


def refused(push: Callable[[], object], *, kind: type[OnaError] = BackendError) -> str:
    """What is told where nothing is let in, with the hint; never the password."""
    with pytest.raises(kind) as caught:
        push()
    assert not getattr(caught.value, "retryable", False)
    told = f"{caught.value.message} | {caught.value.hint}"
    assert PASSWORD not in told
    return told


def test_nobody_logged_in_is_told_so(registry, host: str):
    told = refused(lambda: registry.require_push(f"{host}/ona/digits"))
    assert f"image registry {host}: could not open an upload to ona/digits: nobody is logged in there" in told
    assert "HTTP 401 UNAUTHORIZED" in told
    assert f"docker login {host}" in told


def test_a_wrong_password_is_told_with_the_name_that_it_is_of(registry, host: str, home: Path):
    log_in(home, host, password="mellon")
    told = refused(lambda: registry.require_push(f"{host}/ona/digits"))
    assert "the credentials of releaser are wrong or have expired" in told


def test_a_login_is_found_by_the_address_that_docker_wrote(registry, host: str, home: Path):
    log_in(home, f"https://{host}/v1/")
    registry.require_push(f"{host}/ona/digits")


def test_a_login_is_found_in_the_folder_that_docker_config_names(
    registry, host: str, home: Path, monkeypatch: pytest.MonkeyPatch
):
    log_in(home / "elsewhere", host)
    monkeypatch.setenv("DOCKER_CONFIG", str(home / "elsewhere" / ".docker"))
    registry.require_push(f"{host}/ona/digits")


def test_a_password_in_netrc_does_not_take_the_place_of_the_login(registry, host: str, home: Path):
    log_in(home, host)
    (home / ".netrc").write_text("machine 127.0.0.1 login releaser password mellon\n")
    registry.require_push(f"{host}/ona/digits")


def helper(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize("which", ["credsStore", "credHelpers"])
def test_a_credential_helper_is_asked(registry, host: str, home: Path, monkeypatch, which: str):
    answer = f'{{"Username": "{USER}", "Secret": "{PASSWORD}"}}'
    helper(home, "safe", f"read host; test \"$host\" = {host} && echo '{answer}'", monkeypatch)
    configure(home, {which: "safe" if which == "credsStore" else {host: "safe"}})
    registry.require_push(f"{host}/ona/digits")


@pytest.mark.parametrize("script", ["exit 1", "echo nonsense", "echo '{}'"])
def test_a_credential_helper_that_gives_nothing_is_named(
    registry, host: str, home: Path, monkeypatch, script: str
):
    helper(home, "safe", script, monkeypatch)
    configure(home, {"credsStore": "safe"})
    told = refused(lambda: registry.require_push(f"{host}/ona/digits"))
    assert "the credential helper docker-credential-safe" in told
    assert f"echo {host} | docker-credential-safe get" in told


def test_a_credential_helper_that_is_not_installed_is_named(registry, host: str, home: Path):
    configure(home, {"credHelpers": {host: "nowhere"}})
    assert "docker-credential-nowhere" in refused(lambda: registry.require_push(f"{host}/ona/digits"))


@pytest.mark.parametrize("content", ["{", "[]", '{"auths": {"h": 1}}', '{"auths": {"h": {"auth": "%"}}}'])
def test_a_docker_configuration_that_cannot_be_read_is_a_usage_error(
    registry, host: str, home: Path, content: str
):
    configure(home, {})
    (home / ".docker" / "config.json").write_text(content)
    told = refused(lambda: registry.require_push(f"{host}/ona/digits"), kind=UsageError)
    assert f"the Docker configuration {home}/.docker/config.json cannot be read" in told


def test_a_token_is_asked_for_with_the_credentials_of_docker_login(registry, token_host, server, home: Path):
    log_in(home, token_host)
    registry.require_push(f"{token_host}/ona/digits")
    # The registry names the actions in any order.
    assert {"pull", "push"} in [set(scope.rpartition(":")[2].split(",")) for scope in server.given]


@pytest.mark.parametrize("way", ["auths", "credsStore"])
def test_an_identity_token_is_exchanged(
    registry, token_host, server, home: Path, monkeypatch: pytest.MonkeyPatch, way: str
):
    if way == "auths":
        configure(home, {"auths": {token_host: {"auth": "MDA6", "identitytoken": IDENTITY}}})
    else:
        helper(home, "safe", f'echo \'{{"Username": "<token>", "Secret": "{IDENTITY}"}}\'', monkeypatch)
        configure(home, {"credsStore": "safe"})
    registry.require_push(f"{token_host}/ona/digits")


def test_an_identity_token_that_has_expired_is_told(registry, token_host, server, home: Path):
    configure(home, {"auths": {token_host: {"identitytoken": "of last week"}}})
    told = refused(lambda: registry.require_push(f"{token_host}/ona/digits"))
    assert "its token server refuses the credentials of an identity token" in told


def test_a_token_server_that_does_not_know_the_password_is_told(registry, token_host, server, home: Path):
    log_in(home, token_host, password="mellon")
    told = refused(lambda: registry.require_push(f"{token_host}/ona/digits"))
    assert "its token server refuses the credentials of releaser: they are wrong or have expired" in told


def test_whoever_may_only_read_is_told_that_it_is_the_right_that_is_missing(
    registry, token_host, server, home: Path
):
    log_in(home, token_host)
    server.rights[USER] = {"pull"}
    assert registry.resolve(f"{token_host}/ona/digits", "nothing") is None
    told = refused(lambda: registry.require_push(f"{token_host}/ona/digits"))
    assert "releaser may not do that there" in told


def test_what_anybody_may_read_is_read_without_a_login_and_not_written(registry, token_host, server):
    server.rights[""] = {"pull"}
    assert registry.resolve(f"{token_host}/ona/digits", "nothing") is None
    assert "nobody is logged in there" in refused(lambda: registry.require_push(f"{token_host}/ona/digits"))


def test_an_authority_that_is_not_known_is_told_with_the_setting(host: str):
    told = refused(lambda: ImageRegistry().require_push(f"{host}/ona/digits"))
    assert "its certificate is by an authority that is not known here" in told
    assert "ca_bundle in [tool.ona]" in told


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ({"ends": timedelta(days=-1)}, "its certificate has expired"),
        ({"address": "127.0.0.9"}, "its certificate is for another address"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(
    authority: Authority, tmp_path: Path, said: dict[str, Any], cause: str
):
    certificate = authority.issue(cause.replace(" ", "-"), **said)
    with debian_registry(tmp_path, certificate=certificate) as host:
        assert cause in refused(lambda: trusting(authority).require_push(f"{host}/ona/digits"))


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_ca_bundle_that_cannot_be_read_is_a_usage_error(host: str, tmp_path: Path, content: bytes | None):
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)
    registry = ImageRegistry(RegistryCalls(ca_bundle=bundle))
    told = refused(lambda: registry.require_push(f"{host}/ona/digits"), kind=UsageError)
    assert f"the CA bundle {bundle} cannot be read" in told


def test_credentials_are_not_sent_to_a_token_server_without_tls(registry, home: Path):
    class Elsewhere(Handler):
        def do_POST(self) -> None:  # noqa: N802
            self.answer(401, WWW_Authenticate='Bearer realm="http://tokens.example/get",service="s"')

    with serving(Elsewhere) as address:
        log_in(home, address)
        told = refused(lambda: registry.require_push(f"{address}/ona/digits"))
    assert "http://tokens.example/get would get the credentials of releaser without TLS" in told
