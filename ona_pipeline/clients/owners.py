"""Which process something outside belongs to, so that the next one may remove what a killed one left."""

import os
import socket


def this_owner() -> str:
    """This process, for a label or an annotation: ``host/process``."""
    return f"{socket.gethostname()}/{os.getpid()}"


def is_gone(owner: str) -> bool:
    """Whether a process of this machine has ended; of other machines nothing is known."""
    host, _, process = owner.rpartition("/")
    if host != socket.gethostname() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
