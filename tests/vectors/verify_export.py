"""Verifies an export of a ledger after docs/ledger-format.md, with Python's standard library alone.

Prints the digest of the last event, or says which line is wrong and exits 1. It has nothing of ona.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def main(path: str) -> None:
    lines = Path(path).read_bytes().decode().split("\n")
    wanted(lines[0] == '{"format":"ona-ledger","version":1}', 1, "the first line")
    wanted(lines[-1] == "", len(lines), "a newline at the end")
    previous, sequence, kept, named = digest(b""), 0, set(), set()
    for number, text in enumerate(lines[1:-2], start=2):
        line = json.loads(text)
        canonical = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        wanted(text == canonical, number, "canonical JSON")
        if "event" in line:
            event = json.loads(line["event"])
            wanted(digest(line["event"].encode()) == line["digest"], number, "the digest of its event")
            wanted(event["sequence"] == sequence + 1, number, f"event {sequence + 1}")
            wanted(event["previous"] == previous, number, f"an event after {previous}")
            previous, sequence = line["digest"], sequence + 1
            named |= {event["fact"]["evidence"]} if "evidence" in event["fact"] else set()
        else:
            content = base64.b64decode(line["base64"]) if "base64" in line else line["evidence"].encode()
            wanted(digest(content) == line["digest"], number, "the digest of its evidence")
            kept.add(line["digest"])
    wanted(named <= kept, len(lines) - 1, f"evidence {sorted(named - kept)[:1]}")
    end = {"end": {"digest": previous, "events": sequence, "evidence": len(kept)}}
    wanted(lines[-2] == json.dumps(end, sort_keys=True, separators=(",", ":")), len(lines) - 1, f"{end}")
    sys.stdout.write(f"{previous}\n")


def wanted(is_right: bool, number: int, what: str) -> None:
    if not is_right:
        sys.exit(f"line {number}: wanted {what}")


if __name__ == "__main__":
    main(sys.argv[1])
