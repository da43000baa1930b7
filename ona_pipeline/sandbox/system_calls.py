"""The system calls that no model needs, as a seccomp filter that answers them with EPERM.

A list of what is denied: what it lacks is still held by namespaces, and by having no capability.

Source:
    seccomp(2), classic BPF of the kernel's "Seccomp BPF" page; numbers from asm/unistd_64.h and
    asm-generic/unistd.h.
"""

import platform
import struct

_EPERM, _ENOSYS, _ENETUNREACH = 1, 38, 101
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENT_AT = 0, 4, 16
_X32 = 0x40000000  # the second table of system calls on amd64
_NAMESPACES = 0x7E020080  # CLONE_NEW* of clone(2): NEWNS, CGROUP, UTS, IPC, USER, PID, NET, TIME
_DENIED = {
    # amd64, arm64
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "fanotify_init": (300, 262),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "move_mount": (429, 429),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
# column, AUDIT_ARCH_*, clone, socket
_MACHINES = {"x86_64": (0, 0xC000003E, 56, 41), "aarch64": (1, 0xC00000B7, 220, 198)}
_CLONE3 = 435
_AF_UNIX = 1


def seccomp_filter(machine: str = "", *, has_network: bool = True) -> bytes:
    """The filter for a machine, as the kernel reads it; empty for unknown ones.

    Args:
        machine: such as ``x86_64``; empty means this one.
        has_network: False lets no socket be made but those of Unix, for where the network cannot be taken
            away as a whole.
    """
    known = _MACHINES.get(machine or platform.machine())
    if known is None:
        return b""
    column, architecture, clone, socket = known
    program = [
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _ERRNO | _EPERM),
        # clone3 hides its flags behind a pointer; where there is none, the C library takes clone.
        *_if_equal(_CLONE3, _ERRNO | _ENOSYS),
    ]
    for numbers in _DENIED.values():
        program += _if_equal(numbers[column], _ERRNO | _EPERM)
    if not has_network:
        # The argument takes the place of the call's number, so this ends either way.
        program += [_step(_EQUAL, socket, 0, 4), _step(_LOAD, _ARGUMENT_AT), _step(_EQUAL, _AF_UNIX, 1, 0)]
        program += [_step(_RETURN, _ERRNO | _ENETUNREACH), _step(_RETURN, _ALLOW)]
    program += [
        _step(_EQUAL, clone, 0, 3),
        _step(_LOAD, _ARGUMENT_AT),
        _step(_ANY_BIT, _NAMESPACES, 0, 1),
        _step(_RETURN, _ERRNO | _EPERM),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(program)


def _if_equal(number: int, answer: int) -> list[bytes]:
    return [_step(_EQUAL, number, 0, 1), _step(_RETURN, answer)]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
