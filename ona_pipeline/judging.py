"""The gates alone: a model version judged by the same stages, and nothing released or written."""

from collections.abc import Callable
from typing import Any

import msgspec

from ona_pipeline.errors import BackendError, RefusedError, UsageError
from ona_pipeline.pipeline import Road
from ona_pipeline.policy import Policy
from ona_pipeline.prepare.prepare import PrepareInput
from ona_pipeline.records.finding import Finding, Severity, Verdict, verdict_of
from ona_pipeline.records.promotion import Promotion
from ona_pipeline.records.quality import Proof
from ona_pipeline.records.snapshot import Origins, Snapshot
from ona_pipeline.validate.validate import ValidateInput
from ona_pipeline.verify.verify import VerifyInput
from ona_pipeline.watcher import Watcher


class Judged(msgspec.Struct, frozen=True):
    """What the gates said.

    Attributes:
        model: the model's name.
        origins: which version was judged.
        verdict: of all gates together.
        evidence: stage to evidence, as far as they went: the first refusal ends it.
    """

    model: str
    origins: Origins
    verdict: Verdict
    evidence: dict[str, Any]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The reasons of all gates in the order in which to look at them: what decides goes first."""
        found = [finding for evidence in self.evidence.values() for finding in evidence.findings]
        return tuple(sorted(found, key=lambda finding: _ORDER[finding.severity]))


class Proved(msgspec.Struct, frozen=True):
    """Whether the suites can fail.

    Attributes:
        model: the model's name.
        origins: which version's suites were tried.
        proofs: the model itself, which must pass, then bad candidates, none of which may.
        through: the bad candidates that would have got through.
    """

    model: str
    origins: Origins
    proofs: tuple[Proof, ...]
    through: tuple[str, ...]

    @property
    def is_proven(self) -> bool:
        """Whether the model itself passed, and no bad candidate would have."""
        return self.proofs[0].verdict is not Verdict.REFUSED and not self.through


_ORDER = {Severity.REFUSAL: 0, Severity.DOUBT: 1, Severity.NOTE: 2}


class Gates:
    """Judges without releasing.

    Args:
        road: the stages.
        champion: what a model's environment serves now, if anything.
        watcher: who is told on the way.
    """

    def __init__(
        self, *, road: Road, champion: Callable[[str, str], Promotion | None], watcher: Watcher
    ) -> None:
        self._road = road
        self._champion = champion
        self._watcher = watcher

    def judge(self, model: str, revision: str, *, environment: str = "") -> Judged:
        """Hold a model version against every gate.

        Args:
            model: its name.
            revision: a git revision, or ``models:/NAME/VERSION``.
            environment: whose champion it is compared with; empty means the last one's.

        Raises:
            UsageError: there is no such model, revision or environment.
            BackendError: a gate reached no verdict.
        """
        _, policy = self._road.policy("")
        if environment:
            policy.environment(environment)
        served = self._champion(model, environment or next(reversed(policy.environments)))
        with self._road.snapshot(model, revision, "") as snapshot:
            evidence = self._walked(snapshot, policy, served)
            found = tuple(finding for each in evidence.values() for finding in each.findings)
            return Judged(model, snapshot.origins, verdict_of(found), evidence)

    def prove(self, model: str, revision: str) -> Proved:
        """Try the suites of a model version on candidates that they must refuse.

        Raises:
            UsageError: there is no such model or revision.
            RefusedError: the model did not get as far as the suites.
            BackendError: a gate reached no verdict.
        """
        _, policy = self._road.policy("")
        with self._road.snapshot(model, revision, "") as snapshot:
            evidence = self._prepared(snapshot, policy)
            stage, last = list(evidence.items())[-1]
            if last.verdict is Verdict.REFUSED:
                first = last.findings[0]
                raise RefusedError(
                    f"{stage} refused {model} before its suites: {first.sentence}", hint=first.hint
                )
            proofs = self._road.prove(ValidateInput(snapshot, evidence["prepare"]))
        through = tuple(proof.candidate for proof in proofs[1:] if proof.verdict is not Verdict.REFUSED)
        return Proved(model, snapshot.origins, proofs, through)

    def _walked(self, snapshot: Snapshot, policy: Policy, served: Promotion | None) -> dict[str, Any]:
        evidence = self._prepared(snapshot, policy)
        if "prepare" not in evidence or evidence["prepare"].verdict is Verdict.REFUSED:
            return evidence
        request = ValidateInput(snapshot, evidence["prepare"])
        return evidence | {"validate": self._stage("validate", lambda: self._road.validate(request, served))}

    def _prepared(self, snapshot: Snapshot, policy: Policy) -> dict[str, Any]:
        """The evidence of the gates before the suites, up to the first refusal."""
        road = self._road
        integrity = self._stage("verify", lambda: road.verify(VerifyInput(snapshot, policy.verify)))
        if integrity.verdict is Verdict.REFUSED:
            return {"verify": integrity}
        prepared = self._stage("prepare", lambda: road.prepare(PrepareInput(snapshot, integrity)))
        return {"verify": integrity, "prepare": prepared}

    def _stage(self, name: str, work: Callable[[], Any]) -> Any:
        self._watcher.begins(name)
        try:
            evidence = work()
        except (BackendError, UsageError, KeyboardInterrupt):
            self._watcher.breaks_off(name)
            raise
        self._watcher.ends(name, evidence)
        return evidence
