"""Decisions that are signed with SSH keys, by the real ssh-keygen, in a real ledger."""

import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ona_pipeline import auditing
from ona_pipeline.approve import decide
from ona_pipeline.approve.hindsight import must_be_genuine
from ona_pipeline.clients.ssh_refusals import SignatureError
from ona_pipeline.clients.ssh_signatures import sign
from ona_pipeline.errors import RefusedError, UsageError
from ona_pipeline.ledger.export import lines
from ona_pipeline.ledger.sql import SqlLedger, open_ledger
from ona_pipeline.policy import EnvironmentPolicy, People, Person, Policy
from ona_pipeline.project import Project
from ona_pipeline.records.actor import POLICY, Actor
from ona_pipeline.records.decision import NAMESPACE, Decision
from ona_pipeline.records.promotion import Promotion, PromotionPhase
from ona_pipeline.records.promotion_facts import Approved, Endorsed
from ona_pipeline.settings import Settings
from ona_pipeline.signing import Signing
from tests.fakes.clock import FakeClock
from tests.fakes.releases import APPROVER, RELEASER, published, write
from tests.fakes.requests import ask, now
from tests.keys import Key
from tests.projects import Project as Repository

B = Actor("approver-b")


class Given:
    """One request, three people with a key each, and a policy that wants signatures."""

    def __init__(self, folder: Path, **policy: Any) -> None:
        self.keys = {name: Key(folder, name) for name in ("approver", "approver-b", "releaser")}
        people = {name: Person(logins=(name,), keys=(key.fingerprint,)) for name, key in self.keys.items()}
        self.policy = EnvironmentPolicy(
            approvers=("approver", "approver-b"),
            require_signature=True,
            people=People(persons=people),
            **policy,
        )
        self.clock = FakeClock()
        self.ledger: SqlLedger = open_ledger(f"sqlite:///{folder}/ledger.db", clock=self.clock)
        self.promotion = ask(self.ledger, self.clock, published(self.ledger), policy=self.policy)

    def signature(self, by: str = "approver", *, namespace: str = NAMESPACE, **other: Any) -> str:
        """Of a yes by the approver, or of what is other in it, with a key of `by`."""
        said = Decision(
            promotion=self.promotion.id,
            binding=self.promotion.binding.digest,
            verb="approve",
            reason="seen",
            person=by,
        )
        words = msgspec.structs.replace(said, **other).text
        return sign(words, namespace=namespace, key=str(self.keys[by].path), folder=Path("/"))

    def yes(self, signature: str, actor: Actor = APPROVER) -> Promotion:
        return decide.approve(
            self.promotion.id,
            actor=actor,
            reason="seen",
            ledger=self.ledger,
            clock=self.clock,
            policy=self.policy,
            current=self.promotion.binding,
            signature=signature,
        )

    def no(self, signature: str) -> Promotion:
        return decide.reject(
            self.promotion.id,
            actor=APPROVER,
            reason="sevens are wrong",
            ledger=self.ledger,
            clock=self.clock,
            policy=self.policy,
            signature=signature,
        )

    def refused(self, signature: str) -> SignatureError:
        with pytest.raises(SignatureError) as error:
            self.yes(signature)
        assert now(self.ledger, self.promotion).phase is PromotionPhase.AWAITING
        return error.value

    def codes(self) -> list[str]:
        return [finding.code for finding in auditing.of_ledger(self.ledger).findings]


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(tmp_path)


class TestKept:
    def test_a_signed_yes(self, given: Given) -> None:
        decided = given.yes(given.signature())
        assert decided.phase is PromotionPhase.APPROVED
        assert isinstance(decided.decision, Approved)
        assert decided.decision.signature.startswith("-----BEGIN SSH SIGNATURE-----")
        assert given.codes() == []

    def test_a_signed_no(self, given: Given) -> None:
        decided = given.no(given.signature(verb="reject", reason="sevens are wrong"))
        assert decided.phase is PromotionPhase.REJECTED
        assert given.codes() == []

    def test_the_yes_of_each_of_two_people(self, tmp_path: Path) -> None:
        given = Given(tmp_path, quorum=2)
        assert given.yes(given.signature()).phase is PromotionPhase.AWAITING
        decided = given.yes(given.signature("approver-b"), B)
        must_be_genuine(decided, given.policy)
        assert decided.phase is PromotionPhase.APPROVED
        assert given.codes() == []

    def test_by_a_key_that_the_allowed_signers_let_sign_then(self, tmp_path: Path) -> None:
        line = Key(tmp_path / "other", "other").line("other")
        given = Given(tmp_path)
        mine = given.keys["approver"].line("approver", 'namespaces="ona-decision",valid-before="20261124"')
        given.policy = msgspec.structs.replace(given.policy, signers=line + mine)
        assert given.yes(given.signature()).phase is PromotionPhase.APPROVED

    def test_unsigned_where_the_policy_does_not_want_it(self, given: Given) -> None:
        given.policy = msgspec.structs.replace(given.policy, require_signature=False)
        assert given.yes("").phase is PromotionPhase.APPROVED


class TestRefused:
    def test_without_a_signature(self, given: Given) -> None:
        error = given.refused("")
        assert error.code == "signature-missing"
        assert "signing_key" in error.hint
        with pytest.raises(SignatureError):
            given.no("")

    @pytest.mark.parametrize(
        "other", [{"verb": "reject"}, {"reason": "other"}, {"promotion": "digits-2"}, {"person": "releaser"}]
    )
    def test_signed_over_other_words(self, given: Given, other: dict[str, str]) -> None:
        assert given.refused(given.signature(**other)).code == "signature-mismatch"

    def test_signed_for_another_purpose(self, given: Given) -> None:
        assert given.refused(given.signature(namespace="git")).code == "signature-namespace"

    def test_with_a_key_of_somebody_else_who_is_named(self, given: Given) -> None:
        error = given.refused(given.signature("releaser", person="approver"))
        assert error.code == "signature-unknown-key"
        assert "a key of releaser" in error.message

    def test_with_a_key_that_nobody_has(self, given: Given, tmp_path: Path) -> None:
        given.keys["approver"] = Key(tmp_path / "new", "approver")
        assert "a key of nobody" in given.refused(given.signature()).message

    def test_with_a_key_that_the_allowed_signers_say_had_expired(self, given: Given) -> None:
        line = given.keys["approver"].line("approver", 'valid-before="20261123"')
        given.policy = msgspec.structs.replace(given.policy, signers=line)
        assert given.refused(given.signature()).code == "signature-expired"

    def test_with_a_key_that_the_allowed_signers_do_not_have(self, given: Given) -> None:
        line = given.keys["releaser"].line("releaser")
        given.policy = msgspec.structs.replace(given.policy, signers=line)
        assert given.refused(given.signature()).code == "signature-unknown-key"

    def test_with_a_wrong_signature_even_where_none_is_wanted(self, given: Given) -> None:
        given.policy = msgspec.structs.replace(given.policy, require_signature=False)
        assert given.refused(given.signature(reason="other")).code == "signature-mismatch"


class TestPastOna:
    """Somebody with the database's password writes a decision that the rules would not have let through."""

    def forced(self, given: Given, *facts: Any, actor: Actor = APPROVER) -> list[str]:
        write(given.ledger, given.promotion, *facts, actor=actor)
        return given.codes()

    def test_an_unsigned_yes(self, given: Given) -> None:
        fact = Approved(given.promotion.binding.digest, "seen", person="approver")
        assert self.forced(given, fact) == ["signature-missing"]

    def test_a_yes_with_a_signature_of_another(self, given: Given) -> None:
        other = given.signature(promotion="digits-2")
        fact = Approved(given.promotion.binding.digest, "seen", person="approver", signature=other)
        assert self.forced(given, fact) == ["signature-mismatch"]

    def test_a_yes_by_somebody_who_may_not(self, given: Given) -> None:
        mine = given.signature("releaser")
        fact = Approved(given.promotion.binding.digest, "seen", person="releaser", signature=mine)
        assert self.forced(given, fact, actor=RELEASER) == ["decision-not-allowed"]

    def test_a_yes_by_a_policy_that_wants_a_person(self, given: Given) -> None:
        fact = Approved(given.promotion.binding.digest)
        assert self.forced(given, fact, actor=POLICY) == ["decision-not-allowed"]

    def test_one_yes_where_two_are_wanted(self, tmp_path: Path) -> None:
        given = Given(tmp_path, quorum=2)
        yes = Approved(given.promotion.binding.digest, "seen", person="approver", signature=given.signature())
        assert self.forced(given, yes) == ["decision-not-allowed"]

    def test_an_earlier_yes_that_is_not_signed(self, tmp_path: Path) -> None:
        given = Given(tmp_path, quorum=2)
        binding = given.promotion.binding.digest
        write(given.ledger, given.promotion, Endorsed(binding, "seen", person="approver-b"), actor=B)
        yes = Approved(binding, "seen", person="approver", signature=given.signature())
        assert self.forced(given, yes) == ["signature-missing"]

    def test_is_refused_before_a_rollout_too(self, given: Given) -> None:
        fact = Approved(given.promotion.binding.digest, "seen", person="approver")
        forged = write(given.ledger, given.promotion, fact, actor=APPROVER)
        with pytest.raises(RefusedError, match="has to be signed"):
            must_be_genuine(forged, given.policy)


def test_anyone_can_check_it_with_the_three_commands_of_the_page(given: Given, tmp_path: Path) -> None:
    given.yes(given.signature(reason="seen"))
    with given.ledger.reading() as reading:
        (tmp_path / "ledger.jsonl").write_bytes(b"".join(lines(reading)))
    (tmp_path / "allowed_signers").write_text(given.keys["approver"].line("approver@example.org"))
    page = (Path(__file__).parents[3] / "docs" / "approving.md").read_text()
    section = page.split("\n## Signed decisions\n")[1].split("\n## ")[0]
    commands = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert len(commands) == 3

    def checked() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
            cwd=tmp_path,
            env=os.environ | {"ID": given.promotion.id, "PRINCIPAL": "approver@example.org"},
            capture_output=True,
            text=True,
            check=False,
        )

    done = checked()
    assert done.returncode == 0, done.stderr
    assert 'Good "ona-decision" signature for approver@example.org' in done.stdout
    edited = (tmp_path / "ledger.jsonl").read_text().replace("seen", "unseen")
    (tmp_path / "ledger.jsonl").write_text(edited)
    assert checked().returncode != 0


class TestWhoSigns:
    """A key that was set signs whatever may be signed; git's only what has to be."""

    def test_a_key_that_was_set_signs_unasked(self, given: Given) -> None:
        signing = Signing(folder=Path("/"), key=str(given.keys["approver"].path))
        assert signing.signed(b"words", namespace="ona-decision", is_required=False)

    def test_the_key_of_git_signs_where_it_has_to(self, given: Given) -> None:
        signing = Signing(folder=Path("/"), git_key=str(given.keys["approver"].path))
        assert signing.signed(b"words", namespace="ona-decision", is_required=False) == ""
        assert signing.signed(b"words", namespace="ona-decision", is_required=True)

    def test_the_key_of_git_is_read_where_it_is_one_of_ssh(self, tmp_path: Path) -> None:
        repository = Repository(tmp_path / "project")
        repository.git("config", "user.signingkey", "~/.ssh/id_ed25519")
        assert Project(repository.folder, Settings(), {}).signing.git_key == ""
        repository.git("config", "gpg.format", "ssh")
        assert Project(repository.folder, Settings(), {}).signing.git_key == "~/.ssh/id_ed25519"


class TestAllowedSignersOfThePolicy:
    TABLE = '[tool.ona.signatures]\nallowed_signers = ".ona/signers"\n'

    def test_are_read_at_the_trusted_ref_and_not_from_the_work_tree(
        self, given: Given, tmp_path: Path
    ) -> None:
        repository, line = Repository(tmp_path / "project"), given.keys["approver"].line("approver")
        repository.write({"pyproject.toml": self.TABLE, ".ona/signers": line})
        repository.commit("who may sign")
        repository.write({".ona/signers": given.keys["releaser"].line("approver")})
        assert self.of(repository).environment("production").signers == line

    def test_with_a_line_that_cannot_be_parsed_are_a_usage_error(self, tmp_path: Path) -> None:
        repository = Repository(tmp_path / "project")
        repository.write({"pyproject.toml": self.TABLE, ".ona/signers": "# who\napprover ssh-ed25519 AAAA\n"})
        repository.commit("who may sign")
        with pytest.raises(UsageError, match=r"\.ona/signers at refs/heads/main, line 2: invalid key"):
            self.of(repository)

    def test_that_are_not_there_are_a_usage_error(self, tmp_path: Path) -> None:
        repository = Repository(tmp_path / "project")
        repository.write({"pyproject.toml": self.TABLE})
        commit = repository.commit("who may sign")
        with pytest.raises(UsageError, match=f"the policy at {commit[:12]} names .ona/signers"):
            self.of(repository)

    def of(self, repository: Repository) -> Policy:
        return Project(repository.folder, Settings(), {}).policy()[1]
