"""The stage: integrity of one model version."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from ona_pipeline.policy import VerifyPolicy
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.evidence import IntegrityEvidence
from ona_pipeline.records.finding import Finding
from ona_pipeline.records.snapshot import Snapshot
from ona_pipeline.serving import manifest
from ona_pipeline.verify import attestation, files, lock
from ona_pipeline.verify.inside import Inside, look_inside

DECLARATION = "release.toml"


class VerifyInput(msgspec.Struct, frozen=True):
    """What the gate looks at, and by which policy.

    Attributes:
        snapshot: the model version as it was committed.
        policy: read at the trusted ref, never from the snapshot.
    """

    snapshot: Snapshot
    policy: VerifyPolicy


def verify(request: VerifyInput, *, clock: Callable[[], datetime]) -> IntegrityEvidence:
    """Judge whether the model is what was declared, and harmless to load.

    Args:
        request: the snapshot and the policy.
        clock: gives the time, UTC.

    Returns:
        Evidence for passed and refused alike; every problem found is a finding, not only the first.
    """
    snapshot, started_at = request.snapshot, clock()
    escapes = tuple(_escapes(snapshot))
    if escapes:
        return _evidence(request, escapes, started_at=started_at, finished_at=clock())
    present = files.regular_files(snapshot.model)
    findings = (
        *files.compare(snapshot.model, snapshot.manifest),
        *_attested(snapshot, request.policy),
        *files.judge_size(present, request.policy.max_bytes),
    )
    content = Inside()
    if not any(finding.code == files.TOO_LARGE for finding in findings):
        content = look_inside(present, request.policy)
    findings += (*content.findings, *lock.judge(snapshot.lock))
    return _evidence(request, findings, content, present, started_at=started_at, finished_at=clock())


def _attested(snapshot: Snapshot, policy: VerifyPolicy) -> tuple[Finding, ...]:
    name = snapshot.declaration.model.attestation
    try:
        wanted = manifest.parse(files.read_plain(snapshot.manifest))
    except (OSError, ValueError):
        return ()  # which is a finding of its own
    try:
        content: bytes | None = files.read_plain(snapshot.attestation)
    except OSError:
        content = None
    keys, is_required = policy.signing_keys, policy.require_signature
    return tuple(attestation.judge(content, wanted, subject=name, keys=keys, is_required=is_required))


def _escapes(snapshot: Snapshot) -> Iterator[Finding]:
    """Declared paths that lead out of the model's own folder; nothing is read through them."""
    declared = snapshot.declaration.model
    root = snapshot.root.resolve()
    for name in (declared.path, declared.manifest, declared.lock, declared.attestation):
        path = snapshot.root / name
        really = Path(os.path.realpath(path))  # which does not mind links that lead to themselves
        if path.is_symlink() or root not in really.parents:
            yield Finding(
                "outside",
                name,
                f"{name}: wanted a path inside models/{snapshot.name}/, found {really}",
                hint=f"put the file there, and name it in {DECLARATION} without '..' or links",
            )


def _evidence(
    request: VerifyInput,
    findings: tuple[Finding, ...],
    content: Inside | None = None,
    present: dict[str, Path] | None = None,
    *,
    started_at: datetime,
    finished_at: datetime,
) -> IntegrityEvidence:
    snapshot = request.snapshot
    sizes = [path.lstat().st_size for path in (present or {}).values()]
    is_inside = not any(finding.code == "outside" and present is None for finding in findings)
    return IntegrityEvidence(
        subject=files.digest_of(snapshot.manifest) if is_inside else Digest.of(b""),
        findings=findings,
        started_at=started_at,
        finished_at=finished_at,
        tools={name: version(name) for name in ("packaging", "PyYAML")},
        files=len(sizes),
        size_bytes=sum(sizes),
        format=content.format if content else "",
        types=content.names if content else (),
        lock=files.digest_of(snapshot.lock) if is_inside else Digest.of(b""),
        declaration=files.digest_of(snapshot.root / DECLARATION),
        policy=request.policy.digest,
    )
