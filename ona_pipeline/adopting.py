"""Adopts a Deployment for a model's environment: looked at, written down, taken over."""

from collections.abc import Callable

from ona_pipeline.errors import RefusedError
from ona_pipeline.ledger.interface import Ledger
from ona_pipeline.ledger.leases import Leases
from ona_pipeline.records.actor import Actor
from ona_pipeline.records.environment import Adopted, place
from ona_pipeline.records.finding import Finding
from ona_pipeline.rollout.adopt import Adoption, adopt, adoptable
from ona_pipeline.rollout.adopted import AdoptedTarget


class Adopting:
    """Adopts in the name of one actor.

    Args:
        target: the Deployment that settings name for a model's environment.
        ledger: where it is written.
        leases: an environment is changed by one process at a time.
        actor: in whose name.
    """

    def __init__(
        self,
        target: Callable[[str, str], AdoptedTarget],
        *,
        ledger: Ledger,
        leases: Leases,
        actor: Actor,
    ) -> None:
        self._target = target
        self._ledger = ledger
        self._leases = leases
        self._actor = actor

    def adopt(self, model: str, environment: str) -> Adoption:
        """Take the Deployment over; one that was adopted before is left as it is.

        Args:
            model: the model's name.
            environment: the environment's name.

        Raises:
            UsageError: the settings name no Deployment.
            RefusedError: it is not there, another's, or somebody else holds what would be ona's.
            BusyError: a living process is changing the environment.
            BackendError: the cluster is not there, or refuses.
        """
        target, subject = self._target(model, environment), place(model, environment)
        with self._leases.taken(subject) as lease:
            known = self._known(subject)
            offered = _or_raise(adoptable(target, is_known=target.place in known))
            if target.place not in known:
                with self._ledger.writing(lease) as writing:
                    fact = Adopted(target.place, offered.container, offered.image)
                    writing.append(fact, model=model, subject=subject, actor=self._actor)
            return _or_raise(adopt(target, offered))

    def _known(self, subject: str) -> frozenset[str]:
        with self._ledger.reading() as reading:
            facts = [event.fact for event in reading.events(subject=subject)]
        return frozenset(fact.place for fact in facts if isinstance(fact, Adopted))


def _or_raise(found: Adoption | Finding) -> Adoption:
    if isinstance(found, Finding):
        raise RefusedError(f"{found.code}: {found.subject}: {found.sentence}", hint=found.hint)
    return found
