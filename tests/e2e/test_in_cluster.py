"""ona in the lab's cluster, as `k8s/install` has it: a CronJob that fires, trains, registers and releases."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from ona_pipeline.records.promotion import PromotionPhase
from tests.backends import lab
from tests.cluster import cluster
from tests.databases import database
from tests.e2e.conftest import kubectl
from tests.e2e.in_cluster import GATEWAY, Jobs, git_served, overlay, relayed
from tests.e2e.world import World
from tests.installation import Installation, installed
from tests.own_image import image_of_ona

pytestmark = [
    pytest.mark.full,
    pytest.mark.registry,
    pytest.mark.kubernetes,
    pytest.mark.mlflow,
    pytest.mark.postgresql,
]


class Site:
    """One installation, and the project that it releases.

    Args:
        installation: in the lab's cluster.
        project: of which pods get clones.
    """

    def __init__(self, installation: Installation, project: World) -> None:
        self.names = installation.names
        self.project = project
        self.jobs = Jobs(installation)

    def without_rights(self) -> Path:
        """The kubeconfig of somebody who may nothing in this cluster."""
        found = yaml.safe_load(kubectl("config", "view", "--raw", "--minify", "--flatten"))
        home = self.names["ona-sandbox"]
        token = kubectl("create", "token", "default", "-n", home).strip()
        found["users"] = [{"name": user["name"], "user": {"token": token}} for user in found["users"]]
        path = self.project.folder.parent / "kubeconfig"
        path.write_text(yaml.safe_dump(found))
        return path


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    cluster()
    folder = tmp_path_factory.mktemp("cluster")
    with ExitStack() as stack:
        ledger = stack.enter_context(database())
        url = ledger.render_as_string(hide_password=False)
        found = Installation(folder / "lab")
        world = World(
            folder / "project", environment={"ONA_LEDGER": url}, namespace=found.names["production"]
        )
        world.given_a_project()
        world.set_production_alone()
        host, _, port = stack.enter_context(relayed(f"{ledger.host}:{ledger.port}")).rpartition(":")
        password = Path(str(ledger.query["passfile"])).read_text().strip().rpartition(":")[2]
        connection = ledger.set(host=host, port=int(port), password=password, query={})
        settings = {
            "ONA_REPOSITORY": stack.enter_context(git_served(world.folder)),
            "ONA_IMAGE_REGISTRY": f"{lab('registry')}/ona-tests",
            "ONA_BASE": lab("base"),
            "ONA_MLFLOW": lab("mlflow").replace("127.0.0.1", GATEWAY),
            "ONA_OWN_CONTEXT": kubectl("config", "current-context").strip(),
            "ONA_SANDBOX_NAMESPACE": found.names["ona-sandbox"],
        }
        registry = stack.enter_context(relayed(lab("registry")))
        overlay(folder, image=image_of_ona(), settings=settings, registry=registry)
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "ona-connections", "namespace": found.names["ona"]},
            "stringData": {"ONA_LEDGER": connection.render_as_string(hide_password=False)},
        }
        objects = found.objects()
        stack.enter_context(installed([*objects, secret], found))
        yield Site(found, world)


class TestTheRetrainingCronJob:
    """In this order: each begins where the one before ended."""

    def test_fires_trains_registers_releases_without_an_engine_and_waits(self, site: Site) -> None:
        job = site.jobs.fires_every_minute("retrain-digits")

        ending, said = site.jobs.ended(job)

        assert ending == "Complete", said
        assert "registered models:/digits/" in said
        (promotion,) = site.project.promotions()
        assert promotion.phase is PromotionPhase.AWAITING
        shown = site.project.ona("show", promotion.release, "--json").record
        assert shown["release"]["requested"]["origins"]["origin"] == "mlflow"
        assert shown["evidence"]["publish"]["answer"]

    def test_leaves_nothing_in_the_namespace_of_sandboxes(self, site: Site) -> None:
        found = json.loads(kubectl("get", "jobs", "-n", site.names["ona-sandbox"], "-o", "json"))
        assert [one for one in found["items"] if "deletionTimestamp" not in one["metadata"]] == []

    def test_is_skipped_where_nothing_of_the_model_has_changed_since(self, site: Site) -> None:
        releases = site.project.releases()
        site.project.write("README.md", "of no model\n")
        site.project.commit("a page")
        ending, said = site.jobs.ended(site.jobs.started("retrain-digits"))
        assert ending == "Complete", said
        assert "it is not trained again" in said
        assert "production  awaiting approval" in said
        assert site.project.releases() == releases

    def test_resume_rolls_out_what_a_person_without_rights_on_the_cluster_approved(self, site: Site) -> None:
        (promotion,) = site.project.promotions()
        without = {"KUBECONFIG": str(site.without_rights())}
        yes = ("approve", promotion.release, "--yes", "--reason", "well")
        said = site.project.ona(*yes, status=4, environment=without)
        assert "ona resume" in said.notes
        assert site.project.promotions()[-1].phase is PromotionPhase.APPROVED
        ending, output = site.jobs.ended(site.jobs.started("resume"))
        assert ending == "Complete", output
        assert site.project.promotions()[-1].phase is PromotionPhase.LIVE

    def test_a_training_that_fails_is_seen_and_not_repeated(self, site: Site) -> None:
        site.project.write("models/digits/train.py", "raise SystemExit('no data today')\n")
        site.project.commit("a training that fails")
        job = site.jobs.started("retrain-digits")
        ending, _ = site.jobs.ended(job)
        assert ending == "Failed"
        (pod,) = site.jobs.pods(job)
        (ended,) = [one["state"]["terminated"] for one in pod["status"]["containerStatuses"]]
        assert ended["exitCode"] == 3
        assert "no data today" in ended["message"]
        assert "PodFailurePolicy" in site.jobs.warnings(job)
