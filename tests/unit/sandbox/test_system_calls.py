"""The seccomp filter, run by a small machine of classic BPF: what is let through and what is not."""

import struct

import pytest

from ona_pipeline.sandbox.system_calls import seccomp_filter

ALLOWED, DENIED, NOT_THERE, KILLED = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
UNREACHABLE = 0x00050065
AMD64, ARM64 = 0xC000003E, 0xC00000B7


def answer(program: bytes, architecture: int, number: int, argument: int = 0) -> int:
    """What the kernel would do with one system call."""
    data = struct.pack("=IIQQ", number, architecture, 0, argument)
    at, held = 0, 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("=HBBI", program, at * 8)
        at += 1
        if code == 0x06:
            return int(value)
        if code == 0x20:
            (held,) = struct.unpack_from("=I", data, value)
            continue
        is_so = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
        at += if_true if is_so else if_false


@pytest.mark.parametrize(
    ("machine", "architecture", "number", "argument", "wanted"),
    [
        ("x86_64", AMD64, 0, 0, ALLOWED),  # read
        ("x86_64", AMD64, 165, 0, DENIED),  # mount
        ("x86_64", AMD64, 272, 0, DENIED),  # unshare
        ("x86_64", AMD64, 435, 0, NOT_THERE),  # clone3
        ("x86_64", AMD64, 56, 0x003D0F00, ALLOWED),  # clone, of a thread
        ("x86_64", AMD64, 56, 0x10000000, DENIED),  # clone, with a user namespace
        ("x86_64", AMD64, 0x40000000, 0, DENIED),  # the x32 table
        ("x86_64", 0x40000003, 0, 0, KILLED),  # i386
        ("aarch64", ARM64, 63, 0, ALLOWED),
        ("aarch64", ARM64, 40, 0, DENIED),
        ("aarch64", ARM64, 220, 0x40000000, DENIED),
    ],
)
def test_each_call_is_answered(
    machine: str, architecture: int, number: int, argument: int, wanted: int
) -> None:
    # The argument stands where the kernel has it: after number, architecture and instruction pointer.
    assert answer(seccomp_filter(machine), architecture, number, argument) == wanted


@pytest.mark.parametrize(
    ("machine", "architecture", "socket"), [("x86_64", AMD64, 41), ("aarch64", ARM64, 198)]
)
def test_without_a_network_no_socket_is_made_but_those_of_unix(
    machine: str, architecture: int, socket: int
) -> None:
    program = seccomp_filter(machine, has_network=False)
    unix, internet, netlink = 1, 2, 16
    assert answer(program, architecture, socket, unix) == ALLOWED
    assert answer(program, architecture, socket, internet) == UNREACHABLE
    assert answer(program, architecture, socket, netlink) == UNREACHABLE
    assert answer(program, architecture, 63, internet) == ALLOWED
    assert answer(seccomp_filter(machine), architecture, socket, internet) == ALLOWED


def test_for_a_machine_that_is_not_known_there_is_no_filter() -> None:
    assert seccomp_filter("vax") == b""
