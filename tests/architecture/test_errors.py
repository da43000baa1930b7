"""The hierarchy of errors, and the exit code of each."""

from ona_pipeline import errors


def test_every_error_has_the_exit_code_of_the_contract() -> None:
    assert errors.UsageError("x").exit_code == 2
    assert errors.RefusedError("x").exit_code == 3
    assert errors.BackendError("x").exit_code == 4


def test_refused_is_not_errored() -> None:
    assert not issubclass(errors.RefusedError, errors.BackendError)
    assert not issubclass(errors.BackendError, errors.RefusedError)
