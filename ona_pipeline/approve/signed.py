"""Whether a decision is signed with a key of the person whose it is."""

from datetime import datetime

from ona_pipeline.clients.ssh_refusals import SignatureError
from ona_pipeline.clients.ssh_signatures import fingerprint, verify
from ona_pipeline.policy import EnvironmentPolicy, Person, Signers
from ona_pipeline.records.decision import NAMESPACE, Decision


def must_be_signed(decision: Decision, signature: str, *, policy: EnvironmentPolicy, at: datetime) -> None:
    """Refuse a decision that is not signed as its policy wants; what is signed has to hold in any case.

    Args:
        decision: what was said, and by whom.
        signature: armoured; empty where it is not signed.
        policy: of the environment, with its people and signers.
        at: when it was said, aware.

    Raises:
        SignatureError: there is no signature, and the policy wants one; or it is not the person's, over
            other words, for another purpose, or by a key that was not valid then.
        BackendError: ssh-keygen is not there.
    """
    if not signature:
        _must_not_be_wanted(decision, policy)
        return
    key = fingerprint(decision.text, signature, namespace=NAMESPACE)
    person = policy.people.persons.get(decision.person, Person())
    if key not in person.keys:
        raise _of_another(decision, key, policy)
    if policy.signers:
        names = (decision.person, *person.emails, *person.logins)
        signers = Signers(policy.signers.encode(), "the policy's allowed_signers")
        verify(decision.text, signature, names=names, signers=signers, namespace=NAMESPACE, at=at)


def _must_not_be_wanted(decision: Decision, policy: EnvironmentPolicy) -> None:
    if policy.require_signature:
        raise SignatureError(
            "signature-missing",
            f"a decision on {decision.promotion} has to be signed with an SSH key, and this one is not",
            hint="the policy says require_signature = true: set signing_key, or ONA_SIGNING_KEY",
        )


def _of_another(decision: Decision, key: str, policy: EnvironmentPolicy) -> SignatureError:
    owner = next((name for name, one in policy.people.persons.items() if key in one.keys), "nobody")
    return SignatureError(
        "signature-unknown-key",
        f"wanted {decision.promotion} decided with a key of {decision.person or 'a declared person'},"
        f" found {key}, a key of {owner}",
        hint="keys = […] in [tool.ona.people.NAME] at the trusted ref says whose a key is",
    )
