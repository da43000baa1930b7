"""Which target the settings make of an environment."""

from pathlib import Path

import pytest

from ona_pipeline.connections import Connections
from ona_pipeline.errors import UsageError
from ona_pipeline.project import Project
from ona_pipeline.settings import load
from ona_pipeline.targets import Targets


def targets(text: str = "") -> Targets:
    configured = load(text.encode(), subject="pyproject.toml", environ={})
    project = Project(Path("/"), configured.settings, configured.origins)
    return Targets(project, Connections(configured.settings, project.folder))


@pytest.mark.parametrize(
    "text",
    ["", '[tool.ona.targets.production]\nkind = "docker"\ndeployment = "web"\n'],
    ids=["none", "docker"],
)
def test_where_the_settings_name_no_deployment_adopting_is_a_usage_error_with_what_to_set(text: str) -> None:
    with pytest.raises(UsageError, match="name no Deployment to adopt for production") as told:
        targets(text).adopted("digits", "production")
    assert 'deployment = "NAME" in [tool.ona.targets.production]' in told.value.hint


def test_an_environment_without_a_target_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="environment 'shop' has no target"):
        targets().target("digits", "shop")
