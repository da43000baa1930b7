from ona_pipeline.records.binding import Binding
from ona_pipeline.records.reference import PinnedReference
from tests.fakes.releases import digest

BINDING = Binding(
    release="digits-1",
    environment="production",
    target="kubernetes lab/digits/deployment/digits",
    image=PinnedReference.of("registry.example/ona/digits", digest("image")),
    model=digest("model"),
    form=digest("form"),
    objects=digest("objects"),
    policy=digest("policy"),
    evidence={"verify": digest("verify")},
    champion="",
)
