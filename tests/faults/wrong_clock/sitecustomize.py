"""Read by a Python that starts with a wrong clock: it sleeps by another call than usual.

libfaketime 0.9.10 takes the time until which Python sleeps, by a clock that it leaves alone, for one by the
clock that it makes wrong: what sleeps would end with "Invalid argument", or never.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select((), (), (), seconds)


vars(time)["sleep"] = _sleep
