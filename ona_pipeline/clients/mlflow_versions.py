"""The model registry of an MLflow server: versions read and registered. Files are data; none is loaded."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ona_pipeline.clients.mlflow import MlflowServer
from ona_pipeline.errors import UsageError

COMMIT = "ona.commit"
MODEL_DIGEST = "ona.model_digest"
MANIFEST = "model.manifest.json"
ATTESTATION = "model.sig"
_RUN_COMMIT = "mlflow.source.git.commit"
# MLflow adds this file to what it downloads; it is not part of the model.
_ADDED_BY_DOWNLOAD = "registered_model_meta"


class Version(msgspec.Struct, frozen=True):
    """One version in the model registry.

    Attributes:
        name: of the registered model.
        version: its number.
        run_id: the run that logged it.
        commit: full id of the git commit it was trained at; empty where the registry does not say.
        model_digest: digest of its model manifest; empty where the registry does not say.
        status: ``READY`` when its files are all there.
    """

    name: str
    version: str
    run_id: str
    commit: str
    model_digest: str
    status: str


class MlflowVersions:
    """Registered versions on one server.

    Args:
        server: the connection.
    """

    def __init__(self, server: MlflowServer) -> None:
        self._server = server

    def version(self, name: str, number: str) -> Version:
        """What the registry says of one version.

        Raises:
            UsageError: there is no such version, or no such registered model.
            BackendError: the server failed.
        """
        there = self._numbers(name)
        if int(number) not in there:
            raise _no_version(name, number, there)
        with self._server.doing(f"read models:/{name}/{number}") as sdk:
            found = sdk.get_model_version(name, number)
            tags = found.tags
            commit = tags.get(COMMIT, "")
            if not commit and found.run_id:
                commit = sdk.get_run(found.run_id).data.tags.get(_RUN_COMMIT, "")
        digest = tags.get(MODEL_DIGEST, "")
        return Version(name, str(found.version), found.run_id or "", commit, digest, str(found.status))

    def trained(self, name: str) -> list[Version]:
        """The versions that `ona retrain` registered and that are ready, the newest first.

        Raises:
            BackendError: the server failed.
        """
        with self._server.doing(f"list the versions of {name}") as sdk:
            found = sdk.search_model_versions(f"name = '{name}'")
        ours = [
            Version(
                name, str(one.version), one.run_id or "", one.tags[COMMIT], one.tags[MODEL_DIGEST], "READY"
            )
            for one in found
            if one.status == "READY" and {COMMIT, MODEL_DIGEST} <= one.tags.keys()
        ]
        return sorted(ours, key=lambda version: int(version.version), reverse=True)

    def files(self, version: Version, into: Path) -> None:
        """Download the model's files into the existing, empty folder `into`.

        Raises:
            UsageError: they are not there any more.
            BackendError: the server failed.
        """
        from mlflow.artifacts import download_artifacts

        with (
            tempfile.TemporaryDirectory(dir=into.parent) as scratch,
            self._server.doing(f"give the files of models:/{version.name}/{version.version}") as sdk,
        ):
            uri = sdk.get_model_version_download_uri(version.name, version.version)
            own = self._server.uri
            found = download_artifacts(artifact_uri=uri, dst_path=scratch, tracking_uri=own, registry_uri=own)
            for path in Path(found).iterdir():
                path.rename(into / path.name)
        (into / _ADDED_BY_DOWNLOAD).unlink(missing_ok=True)

    def manifest(self, version: Version) -> bytes:
        """The model manifest that was logged beside the model.

        Raises:
            UsageError: the run logged none.
            BackendError: the server failed.
        """
        found = self._logged(version, MANIFEST)
        if found is None:
            raise UsageError(
                f"models:/{version.name}/{version.version} has no {MANIFEST} among its run's artifacts",
                hint="`ona retrain` logs it; without it nobody can say what the model was",
            )
        return found

    def attestation(self, version: Version) -> bytes | None:
        """The attestation that was logged beside the model; None where there is none.

        Raises:
            BackendError: the server failed.
        """
        return self._logged(version, ATTESTATION)

    def _logged(self, version: Version, name: str) -> bytes | None:
        with (
            self._server.doing(f"give {name} of models:/{version.name}/{version.version}") as sdk,
            tempfile.TemporaryDirectory() as folder,
        ):
            logged = {file.path for file in sdk.list_artifacts(version.run_id)} if version.run_id else set()
            if name not in logged:
                return None
            return Path(sdk.download_artifacts(version.run_id, name, folder)).read_bytes()

    def register(self, name: str, *, run_id: str, path: str, tags: Mapping[str, str]) -> Version:
        """Register what a run logged under the artifact path `path` as the next version.

        Raises:
            BackendError: the server failed.
        """
        with self._server.doing(f"register a version of {name}") as sdk:
            if not sdk.search_registered_models(filter_string=f"name = '{name}'"):
                sdk.create_registered_model(name)
            source = f"{sdk.get_run(run_id).info.artifact_uri}/{path}"
            made = sdk.create_model_version(
                name, source, run_id=run_id, tags=dict(tags), await_creation_for=0
            )
        return self.version(name, str(made.version))

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Let an alias name a version, for people who look into MLflow; nothing of ours reads it.

        Raises:
            UsageError: there is no such version.
            BackendError: the server failed.
        """
        with self._server.doing(f"set the alias {alias} of {name}") as sdk:
            sdk.set_registered_model_alias(name, alias, version)

    def _numbers(self, name: str) -> list[int]:
        with self._server.doing(f"list the versions of {name}") as sdk:
            found = sdk.search_model_versions(f"name = '{name}'")
        return sorted(int(version.version) for version in found)


def _no_version(name: str, number: str, there: list[int]) -> UsageError:
    if not there:
        return UsageError(
            f"the model registry has no version of {name!r}", hint="`ona retrain` registers one"
        )
    listed = ", ".join(map(str, there[-10:]))
    gone = "was deleted" if int(number) < there[-1] else "is not there"
    return UsageError(f"models:/{name}/{number} {gone}; versions there: {listed}")
