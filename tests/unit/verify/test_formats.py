"""Formats, by content: pickles under any name, code, archives that hide something."""

import io
import json
import pickle
import zipfile
from typing import Any

import numpy as np
import pytest

from ona_pipeline.verify.formats import kind_of_bytes
from ona_pipeline.verify.walk.nested import begins_pickle
from tests.digits import remake_manifest, with_model_file


class Bomb:
    def __reduce__(self):
        return (print, ("this must never be printed",))


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_called_skops_is_refused_and_not_run(codes, snapshot, capsys, protocol):
    found = codes(with_model_file(snapshot, pickle.dumps(Bomb(), protocol)))
    assert ("format-not-allowed", "model.skops") in found
    assert "printed" not in capsys.readouterr().out


def test_a_pickle_beside_the_model_is_refused(codes, snapshot):
    found = codes(with_model_file(snapshot, pickle.dumps(Bomb()), "notes.txt"))
    assert found == [("format-not-allowed", "notes.txt")]


def test_policy_may_allow_another_format_but_the_mlmodel_must_still_be_skops(codes, snapshot):
    with_model_file(snapshot, pickle.dumps([1]), "notes.txt")
    assert codes(formats=("skops", "pickle")) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x7fELF\x02\x01", "code"),
        (b"\x93NUMPY\x01\x00", "numpy"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x00\x01\x02", "binary"),
        (b"plain words, and \xc3\xa9\n", "text"),
        (b"channels:\n- conda-forge\n", "text"),
        (b"", "text"),
    ],
)
def test_content_decides_what_a_file_is(content, kind):
    assert kind_of_bytes(content) == kind


@pytest.mark.parametrize("name", ["hook.py", "native.so", "site.pth"])
def test_code_in_the_model_directory_is_refused(codes, snapshot, name):
    found = codes(with_model_file(snapshot, b"import os\n", name))
    assert found == [("code-in-model", name)]


def repacked(snapshot, change) -> Any:
    """The committed archive, with its members as `change` leaves them."""
    with zipfile.ZipFile(snapshot.model / "model.skops") as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in change(members):
            archive.writestr(name, content)
    return with_model_file(snapshot, written.getvalue())


def test_a_repacked_archive_passes(codes, snapshot):
    assert codes(repacked(snapshot, lambda members: members)) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("more.npy", "array-malformed"),
        ("more.bin", "nested-pickle"),
        ("more.npz", "array-malformed"),
        ("data.pkl", "skops-malformed"),
        ("schema.json/x", "skops-malformed"),
    ],
)
def test_a_pickle_inside_the_archive_is_refused(codes, snapshot, name, code):
    content = pickle.dumps(Bomb())
    if name.endswith(".npz"):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("data.npy", content)
        content = inner.getvalue()
    found = codes(repacked(snapshot, lambda members: [*members, (name, content)]))
    assert (code, "model.skops") in found


def test_an_array_of_pickled_objects_is_refused(codes, snapshot):
    written = io.BytesIO()
    np.save(written, np.array([Bomb()], dtype=object), allow_pickle=True)
    found = codes(repacked(snapshot, lambda members: [*members, ("more.npy", written.getvalue())]))
    assert ("array-of-objects", "model.skops") in found


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_member_given_twice_is_refused(codes, snapshot):
    found = codes(repacked(snapshot, lambda members: [*members, members[-1]]))
    assert ("zip-malformed", "model.skops") in found


def with_schema(members, change) -> Any:
    content = json.loads(dict(members)["schema.json"])
    return [*members[:-1], ("schema.json", json.dumps(change(content)))]


@pytest.mark.parametrize("protocol", [0, 1, 3, True, "2", None])
def test_another_protocol_is_refused(codes, snapshot, protocol):
    changed = repacked(
        snapshot, lambda members: with_schema(members, lambda schema: schema | {"protocol": protocol})
    )
    assert ("skops-malformed", "model.skops") in codes(changed)


@pytest.mark.parametrize("part", ["__class__", "__module__", "__loader__"])
def test_a_node_without_a_name_is_refused(codes, snapshot, part):
    changed = repacked(
        snapshot, lambda members: with_schema(members, lambda schema: schema | {part: ["os", "system"]})
    )
    assert ("skops-malformed", "model.skops") in codes(changed)


def test_a_name_given_twice_in_the_schema_is_refused(codes, snapshot):
    changed = repacked(
        snapshot,
        lambda members: [
            *members[:-1],
            ("schema.json", b'{"__class__":"system",' + dict(members)["schema.json"].lstrip()[1:]),
        ],
    )
    assert ("skops-malformed", "model.skops") in codes(changed)


def test_nesting_without_end_is_refused(codes, snapshot):
    changed = repacked(snapshot, lambda members: [*members[:-1], ("schema.json", "[" * 100_000)])
    assert ("skops-malformed", "model.skops") in codes(changed)


def test_an_archive_that_unpacks_to_more_than_allowed_is_refused(codes, snapshot):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b" " * 3_000_000)
    found = codes(with_model_file(snapshot, written.getvalue()), max_bytes=2_000_000)
    assert ("too-large", "model.skops") in found


def test_a_model_without_its_file_is_refused(codes, snapshot):
    (snapshot.model / "model.skops").unlink()
    remake_manifest(snapshot)
    assert codes() == [("format-not-allowed", "MLmodel"), ("format-not-allowed", "model")]


def test_text_that_only_looks_like_a_pickle_is_text():
    assert not begins_pickle(b"N")
    assert not begins_pickle(b".")
    assert begins_pickle(b"cos\nsystem\n(S'true'\ntR.")


def test_a_text_of_protocol_0_with_an_escape_that_is_none_is_read_without_a_warning():
    assert begins_pickle(b"(S'\\o'\nos\n.") is begins_pickle(b"(S'o'\nos\n.")
    assert begins_pickle(b"S'\\o'\n.")
