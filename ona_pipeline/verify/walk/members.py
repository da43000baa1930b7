"""The members of a skops archive: its schema, and arrays; no pickle hides inside."""

from ona_pipeline.verify.walk import npy
from ona_pipeline.verify.walk.archive import Archive, nested
from ona_pipeline.verify.walk.interface import MalformedError
from ona_pipeline.verify.walk.nested import holds_pickle
from ona_pipeline.verify.walk.reader import Reader

SCHEMA = "schema.json"


def judge(archive: Archive, *, max_bytes: int) -> None:
    """Look at every member but the schema.

    Raises:
        MalformedError: one is neither an array, nor an archive of arrays (a sparse matrix), nor raw bytes.
    """
    for member in archive.members:
        if member.name == SCHEMA:
            continue
        try:
            if member.name.endswith(".npy"):
                archive.read(member, npy.walk)
            elif member.name.endswith(".npz"):
                archive.read(member, lambda reader: nested(reader, max_bytes, npy.walk_archive))
            elif member.name.endswith(".bin"):
                archive.read(member, _raw)
            else:
                raise _unknown()
        except MalformedError as error:
            inside = f"{error.found} in its member {member.name!r}"
            raise MalformedError(error.code, inside, wanted=error.wanted) from error


def _unknown() -> MalformedError:
    return MalformedError("skops-malformed", "something that skops does not write", wanted="arrays")


def _raw(reader: Reader) -> None:
    if holds_pickle(reader.piece()):
        raise MalformedError("nested-pickle", "a pickle", wanted="raw bytes")
