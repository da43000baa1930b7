"""What the accounts of an installation may do: asked for as a list, and tried."""

import subprocess

import pytest

from tests.installation import Installation, kubectl

pytestmark = pytest.mark.kubernetes
OF_SANDBOXES = """\
jobs.batch [] [create delete list]
networkpolicies.networking.k8s.io [sandbox] [get]
pods [] [list]
pods/log [] [get]
pods/proxy [] [create]
"""
OF_AN_ENVIRONMENT = """\
deployments.apps [] [get create patch delete]
events [] [list]
horizontalpodautoscalers.autoscaling [] [get create patch delete]
networkpolicies.networking.k8s.io [] [get create patch delete]
poddisruptionbudgets.policy [] [get create patch delete]
pods [] [list]
pods/log [] [get]
pods/proxy [] [create get]
serviceaccounts [] [get create patch delete]
services [] [get create patch delete]
services/proxy [] [create]
"""


def rights(installation: Installation, account: str, namespace: str) -> str:
    """Resource, names and verbs, without what every account may ask about itself."""
    who = ("--as", installation.account(account), "-n", installation.names[namespace])
    said = kubectl("auth", "can-i", "--list", "--no-headers", *who)
    rows = [line.split("[]", 1) for line in said.splitlines() if not line.startswith(" ")]
    found = [f"{resource.strip()} {' '.join(rest.split())}\n" for resource, rest in rows]
    return "".join(sorted(one for one in found if not one.startswith("self")))


@pytest.mark.parametrize(
    ("account", "namespace", "wanted"),
    [
        ("ona", "ona", ""),
        ("ona", "ona-sandbox", OF_SANDBOXES),
        ("ona", "production", OF_AN_ENVIRONMENT),
        ("production", "ona", ""),
        ("production", "ona-sandbox", ""),
        ("production", "production", OF_AN_ENVIRONMENT),
    ],
)
def test_an_account_may_do_this_and_no_more(
    installation: Installation, account: str, namespace: str, wanted: str
) -> None:
    assert rights(installation, account, namespace) == wanted


@pytest.mark.parametrize("account", ["ona", "production"])
@pytest.mark.parametrize(
    ("namespace", "command"),
    [
        ("ona", ("get", "secret", "ona-connections")),
        ("ona", ("get", "configmap", "ona-settings")),
        ("ona", ("create", "job", "mine", "--from=cronjob/resume")),
        ("ona", ("create", "role", "more", "--verb=get", "--resource=secrets")),
        ("ona-sandbox", ("get", "secrets")),
        ("ona-sandbox", ("delete", "networkpolicy", "sandbox")),
        ("ona-sandbox", ("get", "--raw", "/api/v1/namespaces/{}/pods/one/exec?command=id")),
        ("production", ("get", "secrets")),
        ("production", ("create", "secret", "generic", "mine")),
        ("production", ("get", "--raw", "/api/v1/namespaces/{}/pods/one/exec?command=id")),
        ("production", ("get", "--raw", "/api/v1/namespaces/{}/pods/one/attach")),
        ("production", ("create", "rolebinding", "more", "--clusterrole=admin", "--user=releaser")),
        ("production", ("create", "token", "releaser")),
        ("kube-system", ("get", "pods")),
        ("kube-system", ("get", "namespaces")),
        ("kube-system", ("get", "nodes")),
    ],
)
def test_an_account_that_tries_more_is_forbidden_to(
    installation: Installation, account: str, namespace: str, command: tuple[str, ...]
) -> None:
    home = installation.names.get(namespace, namespace)
    tried = ["kubectl", *(part.format(home) for part in command), "-n", home]
    done = subprocess.run(
        [*tried, "--as", installation.account(account)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "forbidden" in done.stderr.lower(), done.stderr
