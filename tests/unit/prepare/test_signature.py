from pathlib import Path

import pytest
import yaml

from ona_pipeline.prepare.signature import read_signature
from tests.digits import MODEL
from tests.fakes.stages import SIGNATURE


def written(folder: Path, text: str) -> Path:
    (folder / "MLmodel").write_text(text)
    return folder / "MLmodel"


def test_the_committed_models_signature_is_read():
    assert read_signature(MODEL / "model" / "MLmodel") == SIGNATURE


def test_columns_become_tensors_of_any_number_of_rows(tmp_path: Path):
    inputs = '[{"type":"double","name":"age","required":true},{"type":"string","name":"town"}]'
    path = written(tmp_path, yaml.safe_dump({"signature": {"inputs": inputs, "outputs": None}}))
    signature = read_signature(path)
    assert [(one.name, one.datatype, one.shape) for one in signature.inputs] == [
        ("age", "FP64", (-1,)),
        ("town", "BYTES", (-1,)),
    ]
    assert signature.outputs == ()


def test_an_output_without_a_name_is_numbered(tmp_path: Path):
    tensor = '[{"type":"tensor","tensor-spec":{"dtype":"int64","shape":[-1]}}]'
    path = written(tmp_path, yaml.safe_dump({"signature": {"inputs": tensor, "outputs": tensor}}))
    assert [one.name for one in read_signature(path).outputs] == ["output-0"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "signature: null",
        "flavors: {}",
        "signature: {inputs: 'no json'}",
        "signature: {inputs: '{}'}",
        "signature: {inputs: '[]'}",
        "signature: {inputs: '[1]'}",
        """signature: {inputs: '[{"type": "datetime", "name": "at"}]'}""",
        """signature: {inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "complex64", "shape": []}}]'}""",
        "signature: !!python/object/apply:os.system ['touch /tmp/pwned']",
        "[",
    ],
)
def test_what_is_no_signature_is_refused_and_nothing_of_it_runs(tmp_path: Path, text: str):
    with pytest.raises(ValueError, match=r"signature|protocol"):
        read_signature(written(tmp_path, text))


def test_a_model_without_an_mlmodel_file_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="MLmodel has no signature"):
        read_signature(tmp_path / "MLmodel")
