"""The key that this process signs with, and when it signs."""

from pathlib import Path

import msgspec

from ona_pipeline.clients.ssh_signatures import sign
from ona_pipeline.errors import UsageError
from ona_pipeline.policy import EnvironmentPolicy, Person
from ona_pipeline.records.decision import Words


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """A key that was set signs whatever may be signed; git's signs only what has to be.

    Attributes:
        folder: what a relative path to a key starts from.
        key: the setting ``signing_key``; empty where it is not set.
        git_key: the key that git signs commits with, where that is an SSH key; else empty.
    """

    folder: Path
    key: str = ""
    git_key: str = ""

    def of(self, words: Words, *, policy: EnvironmentPolicy) -> str:
        """The signature of words that are about to be said; empty where they are not signed.

        It is made before any transaction, for a key may have to be touched. Of somebody who has no key by the
        policy, none is made that nobody could judge.

        Raises:
            UsageError: it has to be signed, and there is no key.
            BackendError: the key did not sign.
        """
        has_key = bool(policy.people.persons.get(words.person, Person()).keys)
        if not has_key and not policy.require_signature:
            return ""
        return self.signed(words.text, namespace=words.namespace, is_required=policy.require_signature)

    def signed(self, content: bytes, *, namespace: str, is_required: bool) -> str:
        """A signature of `content`; empty where it need not be signed and no key was set.

        Raises:
            UsageError: it has to be signed, and there is no key.
            BackendError: the key did not sign.
        """
        key = self.key or (self.git_key if is_required else "")
        if key:
            return sign(content, namespace=namespace, key=key, folder=self.folder)
        if is_required:
            raise UsageError(
                "this has to be signed, and no signing key is set",
                hint="set signing_key, ONA_SIGNING_KEY, or git's user.signingkey with gpg.format ssh",
            )
        return ""
