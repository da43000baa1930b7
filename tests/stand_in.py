"""Images of the stand-in server, made and pushed for tests of targets: one for each behaviour and release."""

import functools
import io
import tarfile
from pathlib import Path

from ona_pipeline.records.question import Question, Tensor
from ona_pipeline.records.reference import PinnedReference
from ona_pipeline.rollout.interface import Change
from tests.backends import base_image, docker_engine, lab

SERVER = Path(__file__).parent / "images" / "stand_in" / "server.py"
MODEL = "digits"
QUESTION = Question(inputs=(Tensor("pixels", (1, 2), "FP64", (0.0, 1.0)),), answer={"label": (7,)})
NOT_THERE = f"sha256:{'0' * 64}"


def change(release: str, behaviour: str = "well", *, environment: str = "testing") -> Change:
    """What a target is to serve: an image that behaves so, and answers for `release`."""
    return Change(
        model=MODEL,
        environment=environment,
        release=release,
        image=missing_image() if behaviour == "image-pull" else image(release, behaviour),
        question=QUESTION,
    )


def missing_image() -> PinnedReference:
    """A reference that the image registry knows nothing of."""
    return PinnedReference(f"{lab('registry')}/ona-test/stand-in@{NOT_THERE}")


@functools.cache
def image(release: str, behaviour: str) -> PinnedReference:
    """Build and push; the same words give an image that the engine has already."""
    engine, repository = docker_engine(), f"{lab('registry')}/ona-test/stand-in"
    lines = [
        f"FROM {base_image()}",
        "COPY server.py /server.py",
        f"ENV STAND_IN={behaviour} ONA_RELEASE={release} PYTHONDONTWRITEBYTECODE=1",
        "USER 65532",
        "EXPOSE 8080",
        'ENTRYPOINT ["python3", "/server.py"]',
    ]
    tag = f"{behaviour}-{release}"
    engine.pull(base_image())
    engine.sdk.images.build(
        fileobj=_context("\n".join(lines)), custom_context=True, tag=f"{repository}:{tag}", rm=True
    )
    for record in engine.sdk.api.push(repository, tag=tag, stream=True, decode=True):
        assert "error" not in record, record
        if digest := record.get("aux", {}).get("Digest"):
            return PinnedReference(f"{repository}@{digest}")
    raise AssertionError(f"no digest for {repository}:{tag}")


def _context(dockerfile: str) -> io.BytesIO:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, text in (("Dockerfile", dockerfile.encode()), ("server.py", SERVER.read_bytes())):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    content.seek(0)
    return content
