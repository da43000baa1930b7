import pytest

from ona_pipeline.image.lock import conflicts, merged, pins
from ona_pipeline.image.platform import Platform

MARKERS = Platform().markers
MODEL = """
numpy==2.4.6 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
msgspec==0.22.0 --hash=sha256:cc
pywin32==311 ; sys_platform == 'win32' \\
    --hash=sha256:dd
# a comment
"""
SERVER = "Msgspec==0.22.0 --hash=sha256:cc\nuvicorn==0.54.0 --hash=sha256:ee\n"


def test_only_what_applies_to_the_platform_counts():
    assert [(pin.name, pin.version) for pin in pins(MODEL, MARKERS)] == [
        ("numpy", "2.4.6"),
        ("msgspec", "0.22.0"),
    ]


def test_one_lock_is_made_out_of_both():
    lines = merged(pins(MODEL, MARKERS), pins(SERVER, MARKERS)).splitlines()
    assert [line.split("==")[0] for line in lines] == ["msgspec", "numpy", "uvicorn"]
    assert "--hash=sha256:aa" in lines[1]
    assert "--hash=sha256:bb" in lines[1]


def test_the_same_version_in_both_is_no_conflict():
    assert conflicts(pins(MODEL, MARKERS), pins(SERVER, MARKERS)) == ()


def test_two_versions_of_one_package_are_a_conflict():
    model = pins("msgspec==0.21.0 --hash=sha256:cc", MARKERS)
    assert conflicts(model, pins(SERVER, MARKERS)) == (
        "msgspec: the server needs 0.22.0, the model's lock has 0.21.0",
    )


@pytest.mark.parametrize("line", ["--index-url https://evil.example", "-e .", "../here.whl", "??"])
def test_a_line_that_is_no_requirement_is_refused(line: str):
    with pytest.raises(ValueError, match="no pinned requirement"):
        pins(line, MARKERS)
