"""Several processes that do something at the same moment."""

import multiprocessing
from collections.abc import Callable
from typing import Any

SPAWN = multiprocessing.get_context("spawn")


def at_once(target: Callable[..., None], *arguments: tuple[object, ...]) -> list[Any]:
    """The sorted answers of a process for each tuple of arguments; each waits at the gate for the others."""
    gate, answers = SPAWN.Barrier(len(arguments), timeout=30), SPAWN.Queue()
    processes = [SPAWN.Process(target=target, args=(*own, gate, answers), daemon=True) for own in arguments]
    for process in processes:
        process.start()
    found = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=30)
    return sorted(found)
