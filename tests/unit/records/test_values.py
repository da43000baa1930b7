import msgspec
import pytest

from ona_pipeline.records.binding import Binding
from ona_pipeline.records.canonical import decode, encode, to_plain
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.reference import PinnedReference
from tests.fakes.releases import digest
from tests.unit.records.bindings import BINDING


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:" + "A" * 64, f"{digest('x')}\n", digest("x")[7:]])
def test_a_wrong_digest_cannot_exist(text: str) -> None:
    with pytest.raises(ValueError, match="not a sha256 digest"):
        Digest(text)


@pytest.mark.parametrize("text", ["digits", "digits:1", f"digits:1@{digest('x')}", f"@{digest('x')}"])
def test_a_reference_that_can_move_is_not_pinned(text: str) -> None:
    with pytest.raises(ValueError, match="not a pinned reference"):
        PinnedReference(text)


def test_a_registry_with_a_port_is_not_taken_for_a_tag() -> None:
    pinned = PinnedReference(f"127.0.0.1:5000/ona/digits@{digest('x')}")
    assert (pinned.repository, pinned.digest) == ("127.0.0.1:5000/ona/digits", digest("x"))


def test_equal_records_have_one_canonical_form() -> None:
    turned = Binding(**dict(reversed(to_plain(BINDING).items())))
    assert encode(decode(encode(BINDING), Binding)) == encode(BINDING)
    assert turned.digest == BINDING.digest


@pytest.mark.parametrize("part", Binding.__struct_fields__)
def test_a_change_of_any_part_is_told_and_changes_the_digest(part: str) -> None:
    other = "another" if part != "evidence" else {"verify": digest("other")}
    now = msgspec.structs.replace(BINDING, **{part: other})
    said = {sentence.split(":")[0].split(" of ")[0] for sentence in BINDING.changes(now)}
    assert said == {part.replace("_", " ")}
    assert now.digest != BINDING.digest
    assert BINDING.changes(BINDING) == ()
