"""Waivers that are signed with SSH keys like decisions, by the real ssh-keygen, in a real ledger."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ona_pipeline import auditing
from ona_pipeline.approve.waived import in_force
from ona_pipeline.clients.ssh_refusals import SignatureError
from ona_pipeline.clients.ssh_signatures import sign, verify
from ona_pipeline.errors import UsageError
from ona_pipeline.ledger.export import lines
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.policy import EnvironmentPolicy, People, Person, Policy, Signers, WaiverPolicy
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.canonical import encode
from ona_pipeline.records.decision import waiver_words
from ona_pipeline.records.digest import Digest
from ona_pipeline.records.environment import place
from ona_pipeline.records.promotion_facts import RolloutStarted
from ona_pipeline.records.waiver import Unwaived, Waived, Waiver
from ona_pipeline.signing import Signing
from ona_pipeline.waivers import Waivable, Waivers
from tests.fakes.clock import FakeClock
from tests.fakes.releases import APPROVER, RELEASER, published, write
from tests.fakes.requests import ask
from tests.keys import Key

UNMET = Waivable(model="digits", environment="production", finding="expectation-unmet")
HERE = place("digits", "production")


class Given:
    """Two people with a key each, one of whom may waive, and a policy that wants signatures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = {name: Key(folder, name) for name in ("approver", "releaser")}
        people = {name: Person(logins=(name,), keys=(key.fingerprint,)) for name, key in self.keys.items()}
        self.policy = EnvironmentPolicy(
            approvers=("approver",),
            require_signature=True,
            people=People(persons=people),
            waivers=WaiverPolicy(by=("approver",), findings=("expectation-unmet",)),
        )
        self.clock = FakeClock()
        self.ledger: SqlLedger = open_ledger(f"sqlite:///{folder}/ledger.db", clock=self.clock)

    def waive(self, *, key: str = "approver") -> Waiver:
        waivers = Waivers(
            policy=lambda: Policy(environments={"production": self.policy}),
            ledger=self.ledger,
            clock=self.clock,
            actor=APPROVER,
            signing=Signing(folder=self.folder, key=str(self.keys[key].path) if key else ""),
        )
        return waivers.waive(UNMET, reason="known", lasts="7d")

    def waived(self, *, key: str = "approver", namespace: str = "ona-waiver", **other: Any) -> Waived:
        """A fact that is signed as it is, or as what is `other` in it."""
        unsigned = Waived(
            finding="expectation-unmet",
            about="",
            reason="known",
            expires_at=self.clock() + timedelta(days=7),
            policy=self.policy.digest,
            person="approver",
        )
        text = waiver_words(msgspec.structs.replace(unsigned, **other), HERE).text
        signature = sign(text, namespace=namespace, key=str(self.keys[key].path), folder=self.folder)
        return msgspec.structs.replace(unsigned, signature=signature)

    def written(self, fact: Waived | Unwaived, actor: Actor = APPROVER) -> Digest:
        """By somebody with the database's password, past the rules."""
        with self.ledger.writing() as writing:
            writing.keep(encode(self.policy))
            return writing.append(fact, model="digits", subject=HERE, actor=actor).digest

    def counting(self) -> tuple[Waiver, ...]:
        with self.ledger.reading() as reading:
            return in_force(reading, "digits", "production", self.policy, self.clock())

    def codes(self) -> list[str]:
        with self.ledger.reading() as reading:
            (self.folder / "ledger.jsonl").write_bytes(b"".join(lines(reading)))
        here = [finding.code for finding in auditing.of_ledger(self.ledger).findings]
        assert here == [finding.code for finding in auditing.of_file(self.folder / "ledger.jsonl").findings]
        return here


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(tmp_path)


class TestKept:
    def test_a_signed_waiver_counts_and_is_found_right_here_and_in_an_export(self, given: Given) -> None:
        made = given.waive()
        assert made.fact.signature.startswith("-----BEGIN SSH SIGNATURE-----")
        assert given.counting() == (made,)
        assert given.codes() == []

    def test_anyone_can_check_it_with_ssh_keygen_and_an_allowed_signers_file(self, given: Given) -> None:
        made = given.waive()
        line = given.keys["approver"].line("approver", 'namespaces="ona-waiver"')
        signers = Signers(line.encode(), "a file")
        text = encode(
            {
                "about": "",
                "expires_at": made.fact.expires_at,
                "finding": "expectation-unmet",
                "namespace": "ona-waiver",
                "person": "approver",
                "place": "digits@production",
                "reason": "known",
            }
        )
        by = verify(
            text, made.fact.signature, names=["approver"], signers=signers, namespace="ona-waiver", at=made.at
        )
        assert by == "approver"


class TestRefused:
    def test_without_a_key(self, given: Given) -> None:
        with pytest.raises(UsageError, match="has to be signed, and no signing key is set"):
            given.waive(key="")
        assert given.counting() == ()

    def test_with_a_key_of_somebody_else(self, given: Given) -> None:
        with pytest.raises(SignatureError, match="found a key of releaser") as error:
            given.waive(key="releaser")
        assert error.value.code == "signature-unknown-key"
        assert given.codes() == []

    def test_with_a_key_that_may_sign_decisions_alone(self, given: Given) -> None:
        line = given.keys["approver"].line("approver", 'namespaces="ona-decision"')
        given.policy = msgspec.structs.replace(given.policy, signers=line)
        with pytest.raises(SignatureError) as error:
            given.waive()
        assert error.value.code == "signature-namespace"


class TestPastOna:
    """What somebody wrote to the database counts for nothing, and an auditor is told."""

    def forced(self, given: Given, fact: Waived, actor: Actor = APPROVER) -> list[str]:
        given.written(fact, actor)
        assert given.counting() == ()
        return given.codes()

    def test_an_unsigned_waiver(self, given: Given) -> None:
        unsigned = msgspec.structs.replace(given.waived(), signature="")
        assert self.forced(given, unsigned) == ["signature-missing"]

    def test_one_that_is_signed_for_another_purpose(self, given: Given) -> None:
        assert self.forced(given, given.waived(namespace="ona-decision")) == ["signature-namespace"]

    @pytest.mark.parametrize("other", [{"finding": "frozen"}, {"reason": "other"}, {"about": "one thing"}])
    def test_one_that_is_signed_over_other_words(self, given: Given, other: dict[str, str]) -> None:
        assert self.forced(given, given.waived(**other)) == ["signature-mismatch"]

    def test_one_by_somebody_who_may_not(self, given: Given) -> None:
        fact = given.waived(key="releaser", person="releaser")
        fact = msgspec.structs.replace(fact, person="releaser")
        assert self.forced(given, fact, RELEASER) == ["waiver-not-allowed"]

    def test_the_words_of_one_that_was_revoked_again(self, given: Given) -> None:
        fact = given.waived()
        given.written(Unwaived(given.written(fact), "mended"))
        given.written(fact)
        assert given.counting() == ()

    def test_one_that_names_a_lax_policy_is_no_ground_for_a_strict_one(self, given: Given) -> None:
        lax = msgspec.structs.replace(given.policy, require_signature=False)
        with given.ledger.writing() as writing:
            writing.keep(encode(lax))
        unsigned = msgspec.structs.replace(given.waived(), signature="", policy=lax.digest)
        digest = given.written(unsigned)
        assert given.counting() == ()
        assert given.codes() == []
        strict = msgspec.structs.replace(given.policy, approval="automatic")
        approved = ask(given.ledger, given.clock, published(given.ledger), policy=strict)
        write(given.ledger, approved, RolloutStarted((digest, Digest.of(b"none"))))
        assert given.codes() == ["signature-missing", "waiver-not-allowed"]
