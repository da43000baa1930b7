"""Bad input: a sentence that names the thing and the remedy, the right exit code, and nothing half done."""

import pytest

from tests.e2e.conftest import kubectl
from tests.e2e.test_push import spoil_with_a_pickle
from tests.e2e.world import World

pytestmark = [pytest.mark.docker, pytest.mark.registry, pytest.mark.kubernetes]
NOWHERE = "127.0.0.1:9"


def test_an_unknown_model_names_those_that_are_there(world: World) -> None:
    said = world.ona("release", "digit", status=2)
    assert "digits" in said.notes
    assert world.releases() == []


def test_an_unknown_environment_names_those_that_are_there(world: World) -> None:
    said = world.ona("release", "digits", "--to", "prod", status=2)
    assert "'prod'" in said.notes
    assert "production" in said.notes
    assert world.releases() == []


def test_an_unknown_release(world: World) -> None:
    said = world.ona("approve", "digits-2020", "--yes", "--reason", "x", status=2)
    assert "digits-2020" in said.notes


def test_no_repository(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    world.folder = tmp_path_factory.mktemp("nothing")
    said = world.ona("release", "digits", status=2)
    assert "no git repository" in said.notes


def test_a_revision_without_the_model(world: World) -> None:
    world.git("checkout", "--quiet", "--orphan", "empty")
    world.git("rm", "-r", "--quiet", "--cached", "models")
    world.git("commit", "--quiet", "--message", "no model", "--", "pyproject.toml")
    commit = world.git("rev-parse", "HEAD")
    said = world.ona("release", "digits", "--rev", "empty", status=2)
    assert commit[:12] in said.notes


def test_an_unknown_revision(world: World) -> None:
    said = world.ona("release", "digits", "--rev", "v9", status=2)
    assert "v9" in said.notes


def test_uncommitted_changes_are_said_and_not_released(world: World) -> None:
    world.write("models/digits/README.md", "changed and not committed\n")
    said = world.ona("release", "digits", "--dry-run")
    assert "models/digits/README.md" in said.notes
    assert world.releases() == []


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('label = "label"', 'label = "label"\ncolour = "red"', "colour"),
        ('path = "evaluation.csv"', "path = 7", "path"),
        ('data = ["data.json"]', 'data = ["gone.json"]', "gone.json"),
    ],
)
def test_a_declaration_that_cannot_be_meant(world: World, old: str, new: str, named: str) -> None:
    path = world.folder / "models/digits/release.toml"
    path.write_text(path.read_text().replace(old, new, 1))
    world.commit("a wrong declaration")
    said = world.ona("release", "digits", status=2)
    assert named in said.notes
    assert world.releases() == []


def test_evaluation_data_with_another_digest_are_refused(world: World) -> None:
    path = world.folder / "models/digits/evaluation.csv"
    path.write_text(path.read_text() + "\n")
    world.commit("other data")
    said = world.ona("release", "digits", status=3)
    assert "data-digest" in said.notes
    assert world.serving("staging") == ""


def test_a_pickle_where_skops_is_required_is_refused(world: World) -> None:
    spoil_with_a_pickle(world)
    world.commit("a pickle")
    said = world.ona("release", "digits", status=3)
    assert "format-not-allowed" in said.notes


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("DOCKER_HOST", f"tcp://{NOWHERE}", "Docker engine"),
        ("ONA_IMAGE_REGISTRY", f"{NOWHERE}/ona", NOWHERE),
    ],
)
def test_a_backend_that_is_not_there_is_errored_and_can_be_resumed(
    world: World, variable: str, value: str, named: str
) -> None:
    said = world.ona("release", "digits", "--to", "staging", status=4, environment={variable: value})
    assert named in said.notes
    assert f"ona resume {world.releases()[-1]}" in said.notes

    resumed = world.ona("resume", world.releases()[-1], "--json")
    assert resumed.phase("staging") == "live"


def test_an_mlflow_server_that_is_not_there(world: World) -> None:
    said = world.ona("retrain", "digits", status=4, environment={"ONA_MLFLOW": f"http://{NOWHERE}"})
    assert NOWHERE in said.notes
    assert world.releases() == []


def test_a_cluster_that_is_not_there_leaves_the_release_to_be_resumed(world: World) -> None:
    released = world.ona("release", "digits", "--json")
    nowhere = world.folder.parent / "kubeconfig"
    nowhere.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: ona-lab\n"
        "clusters: [{name: ona-lab, cluster: {server: 'https://127.0.0.1:9'}}]\n"
        "contexts: [{name: ona-lab, context: {cluster: ona-lab, user: nobody}}]\n"
        "users: [{name: nobody, user: {}}]\n"
    )
    approve = ("approve", released.release, "--yes", "--reason", "x")
    said = world.ona(*approve, status=4, environment={"KUBECONFIG": str(nowhere)})
    assert NOWHERE in said.notes
    assert f"ona resume {released.release}" in said.notes

    resumed = world.ona("resume", released.release, "--json")
    assert resumed.phase("production") == "live"


def test_a_namespace_that_is_not_there(world: World) -> None:
    released = world.ona("release", "digits", "--to", "staging", "--json")
    missing = {"ONA_TARGETS_PRODUCTION_NAMESPACE": "no-such-place"}
    world.ona("promote", released.release, "--to", "production", environment=missing)
    said = world.ona("approve", "--yes", "--reason", "x", status=4, environment=missing)
    assert "no-such-place" in said.notes
    assert kubectl("get", "pods", "-n", world.namespace, "-o", "name") == ""


def test_approving_from_two_terminals_at_once_has_one_winner(world: World) -> None:
    released = world.ona("release", "digits", "--json")
    both = [world.started("approve", released.release, "--yes", "--reason", str(n)) for n in range(2)]
    statuses = sorted(process.wait(timeout=180) for process in both)
    said = "".join(process.communicate()[1] for process in both)
    assert statuses == [0, 3], said
    assert world.facts().count('"approved"') == 2  # staging by policy, production by one of the two
    assert world.serving("production") == released.release


def test_a_decision_without_a_terminal_must_be_said_whole(world: World) -> None:
    released = world.ona("release", "digits", "--json")
    assert "--yes --reason" in world.ona("approve", released.release, status=2).notes
    assert "--reason" in world.ona("reject", released.release, status=2).notes
