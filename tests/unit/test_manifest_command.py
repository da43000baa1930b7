"""Writing the model manifest of a model that is committed by hand."""

from pathlib import Path

import pytest

from ona_pipeline.manifest import main
from ona_pipeline.serving import manifest
from tests.projects import files_of


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for path, text in files_of("iris").items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "models" / "iris"


def test_the_manifest_is_written_beside_the_model(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(model)]) == 0
    written = model / "model.manifest.json"
    assert manifest.differences(model / "model", manifest.read(written)) == []
    assert capsys.readouterr().out == f"{written}  {manifest.digest(written.read_bytes())}\n"


def test_a_folder_that_is_no_model_is_told(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(model.parent)]) == 2
    assert "has no release.toml" in capsys.readouterr().err
    (model / "model").rename(model / "elsewhere")
    assert main([str(model)]) == 2
    assert "is no folder" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main([])


def test_what_no_manifest_can_name_leaves_the_old_one_alone(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (model / "model.manifest.json").read_bytes()
    (model / "model" / "link").symlink_to("MLmodel")
    assert main([str(model)]) == 2
    assert "link: symlink" in capsys.readouterr().err
    assert (model / "model.manifest.json").read_bytes() == before
