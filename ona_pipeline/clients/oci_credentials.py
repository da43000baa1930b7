"""Who we are to an image registry: what `docker login` left, by the Docker SDK's reading of it.

Source:
    `docker login` reference, "Credential stores", "Credential helpers" and `config.json`; identity tokens
    are what Azure's registry and some helpers give. OCI distribution specification 1.1, "Pulling manifests",
    for names.
"""

import base64
import json
import re
import warnings
from pathlib import Path
from typing import Any

import msgspec

from ona_pipeline.errors import BackendError, UsageError

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
# The name that people write, and the host that has the API.
_API_HOSTS = {"docker.io": "registry-1.docker.io"}


class Credentials(msgspec.Struct, frozen=True):
    """What one image registry knows us by; `repr` shows no secret.

    Attributes:
        user: the name; empty with an identity token.
        secret: password or access token; empty with an identity token.
        identity_token: to be exchanged for tokens at the registry's token server; else empty.
    """

    user: str
    secret: str = ""
    identity_token: str = ""

    @property
    def name(self) -> str:
        """Who that is, for messages."""
        return self.user or "an identity token"

    @property
    def basic(self) -> str:
        """The Authorization header of RFC 7617."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()

    def __repr__(self) -> str:
        return f"Credentials({self.name})"


def credentials(host: str) -> Credentials | None:
    """The credentials for a registry; None where nobody logged in there.

    Args:
        host: as references name it: ``registry.example:5000``, ``docker.io``.

    Raises:
        UsageError: the Docker configuration cannot be read.
        BackendError: the credential helper that it names gave no answer.
    """
    from docker.errors import DockerException

    configuration, file = _configuration()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a helper that is not installed; the error tells it
            found = configuration.resolve_authconfig(host)
    except (DockerException, ValueError, LookupError, OSError) as error:
        helper = f"docker-credential-{configuration.get_credential_store(host)}"
        raise BackendError(
            f"image registry {host}: the credential helper {helper}, which {file} names, gave no credentials",
            hint=f"see what it says: echo {host} | {helper} get",
        ) from error
    return _read(found or {})


def host_of(repository: str) -> str:
    """The registry's ``host:port`` in a repository's full name; ``docker.io`` where it names none.

    Raises:
        UsageError: it is no name of a repository.
    """
    return _split(repository)[0]


def name_of(repository: str) -> str:
    """The repository's name at its registry.

    Raises:
        UsageError: it is no name of a repository.
    """
    host, name = _split(repository)
    # Docker's own images have no namespace in their names, and one in the API.
    return f"library/{name}" if host == "docker.io" and "/" not in name else name


def api_host_of(repository: str) -> str:
    """The host that has the API of a repository's registry."""
    host = host_of(repository)
    return _API_HOSTS.get(host, host)


def _split(repository: str) -> tuple[str, str]:
    from docker.auth import resolve_repository_name
    from docker.errors import InvalidRepository

    try:
        host, name = resolve_repository_name(repository)
        if _NAME.fullmatch(name):
            return str(host), str(name)
    except (InvalidRepository, LookupError):
        pass
    raise UsageError(
        f"{repository!r} is no name of a repository",
        hint="wanted host:port/name in small letters, such as registry.example.org/team/digits",
    )


def _configuration() -> tuple[Any, str]:
    """The Docker SDK's view of the configuration, and the path of the file."""
    from docker.auth import AuthConfig, load_config
    from docker.errors import InvalidConfigFile
    from docker.utils.config import find_config_file

    file: Any = find_config_file()
    if file is None:
        return AuthConfig({}), "~/.docker/config.json"
    try:
        # Read here: of a file that is not JSON the SDK makes an empty configuration.
        return load_config(config_dict=json.loads(Path(file).read_bytes())), file
    except (InvalidConfigFile, OSError, ValueError, LookupError, AttributeError) as error:
        raise UsageError(
            f"the Docker configuration {file} cannot be read ({type(error).__name__})",
            hint="mend it, or log in anew with `docker login`",
        ) from error


def _read(found: dict[str, Any]) -> Credentials | None:
    """Credentials of `auths` have lower-case keys, those of helpers upper-case ones."""
    known = {name.lower(): value for name, value in found.items() if isinstance(value, str)}
    if known.get("identitytoken"):
        return Credentials("", identity_token=known["identitytoken"])
    if known.get("username"):
        return Credentials(known["username"], known.get("password", ""))
    return None
