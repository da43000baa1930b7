"""What must be so before the long work: a release that could not end well is not begun."""

from typing import Protocol

from ona_pipeline.attestation.keys import fingerprint, public_key
from ona_pipeline.attestation.signer import Signer
from ona_pipeline.errors import UsageError
from ona_pipeline.policy import ImagePolicy


class Pushable(Protocol):
    """Image registries, as far as it is asked here."""

    def require_push(self, repository: str) -> None:
        """Raise where nothing could be sent to the repository."""
        ...


def admit(registry: Pushable, repository: str, *, signer: Signer | None, policy: ImagePolicy) -> None:
    """Return where an image could be sent, and would be signed as the policy wants.

    Args:
        registry: where it would go.
        repository: likewise.
        signer: the key of this releaser; None where none is set.
        policy: whose keys count.

    Raises:
        UsageError: the key is not there, is missing, or is none of those that count.
        BackendError: the registry does not let us, or the key service does not answer.
    """
    counting = [public_key(key, where="signing_keys in [tool.ona.images]") for key in policy.signing_keys]
    own = fingerprint(signer.public_key) if signer else ""
    if counting and own not in {fingerprint(key) for key in counting}:
        found = f"image_key is another one ({own[:16]})" if own else "image_key is not set"
        raise UsageError(
            f"images have to be signed by one of {len(counting)} keys of the policy, and {found}",
            hint="set image_key in [tool.ona], or ONA_IMAGE_KEY",
        )
    registry.require_push(repository)
