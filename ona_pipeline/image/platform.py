"""Where an image will run: Python's minor version, and the words for the machine in four vocabularies."""

import msgspec

from ona_pipeline.errors import UsageError

_MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}


class Platform(msgspec.Struct, frozen=True):
    """The platform of an image.

    Attributes:
        name: in the words of images: ``linux/amd64``.
        python: minor version of the base's Python: ``3.11``.

    Raises:
        UsageError: no wheels are known for it.
    """

    name: str = "linux/amd64"
    python: str = "3.11"

    def __post_init__(self) -> None:
        if self.name not in _MACHINES:
            raise UsageError(
                f"{self.name}: no such platform; wanted one of {', '.join(_MACHINES)}",
                hint="set the platform in [tool.ona]",
            )

    @property
    def wheels(self) -> str:
        """In the words of uv: the glibc of Debian 10, which every base of the last years has."""
        return f"{_MACHINES[self.name]}-manylinux_2_28"

    @property
    def markers(self) -> dict[str, str]:
        """In the words of PEP 508."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": _MACHINES[self.name],
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
            "extra": "",
        }
