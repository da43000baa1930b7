"""Overlays, rendered by the real kubectl: what a user changes stays, and what is ours is still ours."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from ona_pipeline.errors import BackendError, UsageError
from ona_pipeline.records.finding import Verdict
from ona_pipeline.rollout import objects, template
from ona_pipeline.rollout.kubernetes import KubernetesTarget
from ona_pipeline.rollout.objects import Object, Place
from tests import stand_in
from tests.cluster import K8S, cluster, namespace
from tests.integration.objects.shipped import CHANGE
from tests.integration.rollout.stage import rolled_out

pytestmark = pytest.mark.kubernetes
PLACE = Place(namespace="lab", deployment="digits")
OVERLAY = """\
resources: [../../base]
namePrefix: team-
labels:
  - pairs: {team: vision}
    includeSelectors: true
    includeTemplates: true
commonAnnotations: {contact: vision}
patches:
  - patch: |
      apiVersion: autoscaling/v2
      kind: HorizontalPodAutoscaler
      metadata: {name: model}
      $patch: delete
  - patch: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: model}
      spec:
        replicas: 1
        template:
          metadata: {annotations: {sidecar.istio.io/inject: "false"}}
          spec:
            containers:
              - name: model
                resources: {limits: {memory: 768Mi}}
                envFrom: [{configMapRef: {name: model-settings}}]
configMapGenerator:
  - name: model-settings
    literals: [ONA_LOG=info]
"""


@pytest.fixture(name="overlay")
def _overlay(tmp_path: Path) -> Path:
    shutil.copytree(K8S / "base", tmp_path / "base")
    folder = tmp_path / "overlays" / "production"
    folder.mkdir(parents=True)
    (folder / "kustomization.yaml").write_text(OVERLAY)
    return folder


def rendered(folder: Path, place: Place = PLACE) -> dict[str, Object]:
    return {one["kind"]: one for one in objects.render(folder, CHANGE, place)}


def edit(overlay: Path, old: str, new: str) -> None:
    file = overlay / "kustomization.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_what_the_overlay_says_is_in_what_is_applied(overlay: Path) -> None:
    found = rendered(overlay)
    spec = found["Deployment"]["spec"]
    assert spec["replicas"] == 1
    assert objects.AUTOSCALER not in found
    assert spec["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] == "768Mi"
    assert spec["template"]["metadata"]["annotations"]["sidecar.istio.io/inject"] == "false"
    assert all(
        one["metadata"]["labels"]["team"] == "vision" for kind, one in found.items() if kind != "ConfigMap"
    )
    assert all(one["metadata"]["annotations"]["contact"] == "vision" for one in found.values())


def test_a_prefix_stays_and_the_model_s_name_comes_after_it(overlay: Path) -> None:
    found = rendered(overlay)
    settings = found.pop("ConfigMap")["metadata"]["name"]
    assert settings.startswith("team-digits-settings-")
    assert {one["metadata"]["name"] for one in found.values()} == {"team-digits"}
    pods = found["Deployment"]["spec"]["template"]
    assert pods["spec"]["serviceAccountName"] == "team-digits"
    assert pods["spec"]["containers"][0]["envFrom"] == [{"configMapRef": {"name": settings}}]
    assert pods["metadata"]["labels"][objects.INSTANCE_LABEL] == "team-digits"


def test_image_release_and_namespace_are_ours_all_the_same(overlay: Path) -> None:
    edit(overlay, "namePrefix: team-", "namespace: theirs\nimages: [{name: model, newTag: latest}]")
    found = rendered(overlay)
    assert {one["metadata"]["namespace"] for one in found.values()} == {"lab"}
    assert found["Deployment"]["spec"]["template"]["spec"]["containers"][0]["image"] == CHANGE.image
    assert all(objects.release_of(one) == CHANGE.release for one in found.values())


def test_every_selector_still_selects_these_pods_alone(overlay: Path) -> None:
    found = rendered(overlay)
    wanted = {objects.INSTANCE_LABEL: "team-digits", "team": "vision"}
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == wanted
    assert found["Service"]["spec"]["selector"] == wanted


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("resources: [../../base]", "resources: [../../gone]", "gone"),
        ("resources: [../../base]", "resources: [../../base]\ncolour: red", "colour"),
        ("name: model\n                resources", "name: other\n                resources", None),
        ("resources: [../../base]", "resources: [../../base, space.yaml]", "Namespace theirs"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(overlay: Path, old: str, new: str, said: str | None) -> None:
    (overlay / "space.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: theirs}\n")
    edit(overlay, old, new)
    if said is None:  # a second container is the user's; the first one still serves
        containers = rendered(overlay)["Deployment"]["spec"]["template"]["spec"]["containers"]
        assert sorted(one["name"] for one in containers) == ["model", "other"]
        return
    with pytest.raises(UsageError, match=said) as caught:
        rendered(overlay)
    assert caught.value.hint


def test_a_kustomization_without_a_model_server_is_none(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: []\n")
    with pytest.raises(UsageError, match="one Deployment with a container 'model', found none"):
        rendered(tmp_path)
    with pytest.raises(UsageError, match="no kustomization in"):
        rendered(tmp_path / "nowhere")


def test_without_kubectl_an_overlay_is_errored_and_the_base_is_not(
    overlay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(overlay))
    with pytest.raises(BackendError, match="kubectl is not there"):
        rendered(overlay)
    assert rendered(objects.base_folder())


def test_the_base_reads_the_same_as_kubectl_renders_it() -> None:
    from ona_pipeline.clients import kustomize

    by_kind: Any = lambda one: one["kind"]  # noqa: E731 -- a key, twice
    assert sorted(template.read(K8S / "base"), key=by_kind) == sorted(
        kustomize.built(K8S / "base"), key=by_kind
    )


@pytest.mark.docker
@pytest.mark.registry
def test_a_rollout_by_an_overlay_is_well_and_leaves_nothing(overlay: Path) -> None:
    client = cluster()
    with namespace(client) as home:
        target = KubernetesTarget(client, Place(namespace=home, deployment="digits"), base=overlay)
        evidence = rolled_out(target, stand_in.change("r1"))
        assert evidence.verdict is Verdict.PASSED, evidence.findings
        assert evidence.target.endswith(f"/{home}/deployment/team-digits")
        assert evidence.instances[-1].name == "service"
        before = target.objects(stand_in.change("r1"))
        edit(overlay, "768Mi", "769Mi")
        assert target.objects(stand_in.change("r1")) != before
        target.remove()
        left = client.items(f"/api/v1/namespaces/{home}/configmaps", "list what is left")
        assert [one["metadata"]["name"] for one in left] in ([], ["kube-root-ca.crt"])
        assert target.serving() is None
