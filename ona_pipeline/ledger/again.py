"""What is done again where a database was not there for a moment, and what is found out first.

Beginning a transaction is done again: nothing was written by then. A transaction that broke in the middle is
not, for what the caller saw in it may be true no more: nothing of it was written, and the error says that it
is worth another try. A commit whose answer got lost is looked up before anything is written again.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from ona_pipeline.ledger.failures import is_gone

PATIENCE_S = 5.0
"""A database that is restarted is back by then."""
T = TypeVar("T")


def entered(stack: ExitStack, begin: Callable[[], AbstractContextManager[T]]) -> T:
    """Begin a transaction that `stack` ends; again for `PATIENCE_S` where the database is gone.

    Raises:
        DBAPIError: it did not come back, or something else is wrong with it.
    """
    return again(lambda: stack.enter_context(begin()))


def again(work: Callable[[], T]) -> T:
    """Do what can be repeated as a whole; again for `PATIENCE_S` where the database is gone.

    Raises:
        DBAPIError: it did not come back, or something else is wrong with it.
    """
    try:
        return work()
    except DBAPIError as error:
        if not is_gone(error):
            raise
    # Not needed on a good day, and as long to import as a query takes.
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

    trying = Retrying(
        retry=retry_if_exception(is_gone),
        stop=stop_after_delay(PATIENCE_S),
        wait=wait_random_exponential(multiplier=0.1, max=1.0),
        reraise=True,
    )
    return trying(work)
