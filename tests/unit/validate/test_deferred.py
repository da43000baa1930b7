"""What stands for a module until it is needed, and leaves nothing behind."""

import gc
import importlib
import sys
from pathlib import Path

import pytest

from ona_pipeline.validate.deferred import deferred, uncollected

NAME = "seldom_needed"


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / f"{NAME}.py").write_text("ANSWER = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield
    sys.modules.pop(NAME, None)


def test_a_deferred_module_is_imported_when_something_of_it_is_asked_for():
    with deferred(NAME):
        module = importlib.import_module(NAME)
    assert NAME not in sys.modules
    assert module.ANSWER == 42
    assert sys.modules[NAME].ANSWER == 42


def test_a_deferred_module_can_be_used_while_the_block_lasts():
    with deferred(NAME):
        assert importlib.import_module(NAME).ANSWER == 42
    assert Path(str(sys.modules[NAME].__file__)).stem == NAME


def test_after_the_block_an_import_is_an_import():
    with deferred(NAME):
        importlib.import_module(NAME)
    assert importlib.import_module(NAME).__file__


def test_what_is_imported_already_stays_what_it_is():
    before = importlib.import_module(NAME)
    with deferred(NAME):
        assert importlib.import_module(NAME) is before
    assert sys.modules[NAME] is before


def test_a_name_that_is_nowhere_is_an_import_error_at_its_use():
    with deferred("nowhere_at_all"):
        module = importlib.import_module("nowhere_at_all")
    with pytest.raises(ModuleNotFoundError):
        _ = module.anything


def test_garbage_is_looked_for_again_after_the_block():
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
