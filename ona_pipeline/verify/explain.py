"""What would have to be allowed for a path to pass, and why that may be unwise."""

from collections.abc import Iterator

from ona_pipeline.records.finding import Finding
from ona_pipeline.verify.formats import WALKED
from ona_pipeline.verify.paths import PathVerdict

_FORMATS = {
    "pickle": "a pickle is a program: it is not run here, but whoever loads one by mistake runs it",
    "joblib": "a file of joblib is a pickle with arrays in it: what holds for pickles holds for it",
    "numpy": "plain arrays; no code can be in them, and no model either",
    "skops": "names its types and calls nothing by itself",
    "onnx": "a graph of operators; nothing of Python is in it",
}
# The first that fits says why; by the beginning of the name, or its end.
_RISKS = (
    (("os.", "posix.", "nt.", "subprocess.", "pty.", "commands.", "platform."), "runs programs"),
    (("builtins.eval", "builtins.exec", "builtins.compile", "code.", "runpy.", "timeit."), "runs any code"),
    (("types.", "marshal.", "ctypes.", "_ctypes."), "makes code out of data"),
    (("importlib.", "builtins.__import__", "imp.", "pkgutil.", "zipimport."), "imports any module"),
    (("builtins.getattr", "operator.", "_operator."), "reaches any attribute or method of what is allowed"),
    (("functools.", "itertools."), "calls any function with arguments that the file chooses"),
    (
        ("pickle.", "_pickle.", "joblib.", "dill.", "cloudpickle.", "torch.", "shelve."),
        "loads another pickle",
    ),
    (("socket.", "urllib.", "http.", "ftplib.", "smtplib.", "requests.", "ssl."), "speaks to the network"),
    (("shutil.", "pathlib.", "io.", "_io.", "builtins.open", "tempfile.", "glob."), "reads or writes files"),
    (("numpy.load", "numpy.fromfile", "numpy.memmap", "numpy.save"), "reads or writes files"),
    (("pandas.read_", "pandas.io.", "sklearn.datasets."), "reads files or speaks to the network"),
    (("builtins.",), "belongs to Python itself and was left out on purpose"),
    (("sklearn.", "scipy.", "numpy."), "was not seen in honest estimators: look at what it does when called"),
)
_ELSEWHERE = "is code of a package outside the lists: whoever changes that package changes the model"


def explain(verdict: PathVerdict) -> Iterator[str]:
    """Lines for one refused path: the policy that would let it pass, and a reason against each part of it.

    Args:
        verdict: under a policy that allows every format, so that the names behind a format are known.
    """
    refusals = [finding for finding in verdict.findings if finding.severity == "refusal"]
    allowable = [finding for finding in refusals if finding.code in {"type-not-allowed", "call-not-allowed"}]
    if verdict.format in WALKED:
        yield f'formats = ["{verdict.format}"]    # {_FORMATS[verdict.format]}'
    if allowable:
        yield f"trusted_types = [{', '.join(repr(finding.subject) for finding in allowable)}]"
    for finding in allowable:
        yield f"# {finding.subject} {risk(finding.subject)}"
    for finding in refusals:
        if finding not in allowable:
            yield f"# no policy allows this: {finding.sentence}{_way(finding)}"


def risk(name: str) -> str:
    """Why allowing a name may be unwise, as the end of a sentence that begins with the name."""
    return next((reason for beginnings, reason in _RISKS if name.startswith(beginnings)), _ELSEWHERE)


def _way(finding: Finding) -> str:
    return f"; {finding.hint}" if finding.hint else ""
