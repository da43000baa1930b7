"""A lease: the right of one process to go on with one subject, until it gives it back or falls silent."""

import msgspec

from ona_pipeline.errors import RefusedError


class Lease(msgspec.Struct, frozen=True):
    """Who is at work on what. It is no part of the chain: it says who writes, never what was written.

    Attributes:
        subject: id of a release, or ``model@environment`` for what changes a target.
        token: the fence: whoever has another one may not write any more.
        holder: for people: ``releaser on build-3, process 4711``.
        beat: counted up by its holder for as long as it lives.
        process: the holder, for the machine that it runs on; empty where that cannot tell.
    """

    subject: str
    token: str
    holder: str
    beat: int = 0
    process: str = ""


class BusyError(RefusedError):
    """A living process is at work on it, and is left alone."""

    def __init__(self, lease: Lease) -> None:
        super().__init__(
            f"{lease.subject}: {lease.holder} is at work on it, and was left alone",
            hint="ona status shows when it is done; if that process hangs, end it and ask again",
        )


class LeaseLostError(RefusedError):
    """Somebody went on with the subject while this process was silent; it may not write about it any more."""

    def __init__(self, lease: Lease, found: Lease | None) -> None:
        now = f"{found.holder} is at work on it now" if found else "nobody is at work on it now"
        super().__init__(
            f"{lease.subject} was taken over while this process was silent: {now}", hint="ona status"
        )


def must_stand(lease: Lease, found: Lease | None) -> None:
    """Pass only if what was `found` in the ledger is this lease.

    Raises:
        LeaseLostError: it is another one, or none.
    """
    if found is None or found.token != lease.token:
        raise LeaseLostError(lease, found)
