"""The connections to what is outside, one file each: docker, oci, kubernetes, mlflow, inference, git.

Each file holds one client and one translation: a context manager that turns every exception of its library
into `BackendError` (or `UsageError`), with `from`, and says whether the same call is worth retrying.
"""
