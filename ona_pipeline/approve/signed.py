"""Whether something is signed with a key of a declared person, and words with one of whose they are."""

from datetime import datetime

from ona_pipeline.clients.ssh_refusals import SignatureError
from ona_pipeline.clients.ssh_signatures import fingerprint, verify
from ona_pipeline.policy import EnvironmentPolicy, Signers
from ona_pipeline.records.decision import Words


def must_be_signed(words: Words, signature: str, *, policy: EnvironmentPolicy, at: datetime) -> None:
    """Refuse words that are not signed as the policy wants; what is signed has to hold in any case.

    Args:
        words: what was said, and by whom.
        signature: armoured; empty where it is not signed.
        policy: of the environment, with its people and signers.
        at: when it was said, aware.

    Raises:
        SignatureError: there is no signature, and the policy wants one; or it is not the person's, over
            other words, for another purpose, or by a key that was not valid then.
        BackendError: ssh-keygen is not there.
    """
    if signature:
        found = signer(words.text, signature, namespace=words.namespace, policy=policy, at=at)
        if found != words.person:
            raise SignatureError(
                "signature-unknown-key",
                f"wanted {words.subject} signed with a key of {words.person or 'a declared person'},"
                f" found a key of {found}",
                hint="keys = […] in [tool.ona.people.NAME] at the trusted ref says whose a key is",
            )
    elif policy.require_signature:
        raise SignatureError(
            "signature-missing",
            f"{words.subject} has to be signed with an SSH key, and this one is not",
            hint="the policy says require_signature = true: set signing_key, or ONA_SIGNING_KEY",
        )


def signer(content: bytes, signature: str, *, namespace: str, policy: EnvironmentPolicy, at: datetime) -> str:
    """The declared person whose key `content` is signed with.

    Args:
        content: what was signed.
        signature: armoured.
        namespace: what the signature has to be for.
        policy: says whose a key is, and until when it counts.
        at: when it was signed, aware.

    Raises:
        SignatureError: it is not a signature of these bytes, for this purpose, by a key that counts.
        BackendError: ssh-keygen is not there.
    """
    key = fingerprint(content, signature, namespace=namespace)
    for name, person in policy.people.persons.items():
        if key in person.keys:
            if policy.signers:
                names = (name, *person.emails, *person.logins)
                signers = Signers(policy.signers.encode(), "the policy's allowed_signers")
                verify(content, signature, names=names, signers=signers, namespace=namespace, at=at)
            return name
    raise SignatureError(
        "signature-unknown-key",
        f"wanted a key of a declared person, found {key}, a key of nobody",
        hint="keys = […] in [tool.ona.people.NAME] at the trusted ref says whose a key is",
    )
