"""The requirements lock."""

import pytest

HASH = f"--hash=sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("numpy==2.4.6\n", "lock-not-hashed"),
        (f"numpy==2.4.6 --hash=md5:{'a' * 32}\n", "lock-not-hashed"),
        (f"numpy==2.4.6 {HASH} --hash=sha256:short\n", "lock-not-hashed"),
        (f"numpy>=2 {HASH}\n", "lock-not-pinned"),
        (f"numpy==2.* {HASH}\n", "lock-not-pinned"),
        (f"numpy {HASH}\n", "lock-not-pinned"),
        (f"numpy===2.4.6 {HASH}\n", "lock-not-pinned"),
        ("--index-url https://example.org/simple\n", "lock-has-option"),
        ("-r other.txt\n", "lock-has-option"),
        ("-e .\n", "lock-has-option"),
        (f"numpy==2.4.6 {HASH} --config-settings=a=b\n", "lock-has-option"),
        (f"numpy @ https://example.org/numpy.whl {HASH}\n", "lock-has-url"),
        (f"./numpy.whl {HASH}\n", "lock-unreadable"),
        (f"numpy==${{VERSION}} {HASH}\n", "lock-unreadable"),
        ("# nothing\n", "lock-unreadable"),
    ],
)
def test_a_loose_line_is_refused(snapshot, codes, text, code):
    snapshot.lock.write_text(text)
    assert codes() == [(code, "requirements.lock")]


def test_continued_lines_comments_and_markers_pass(snapshot, codes):
    snapshot.lock.write_text(
        f'# made by uv\nnumpy==2.4.6 ; python_version >= "3.11" \\\n    {HASH} \\\n    {HASH}\n    # via x\n'
    )
    assert codes() == []


def test_a_lock_that_is_no_text_is_refused(snapshot, codes):
    snapshot.lock.write_bytes(b"\xff\xfe")
    assert codes() == [("lock-unreadable", "requirements.lock")]


def test_a_missing_lock_is_refused(snapshot, codes):
    snapshot.lock.unlink()
    assert codes() == [("lock-unreadable", "requirements.lock")]
