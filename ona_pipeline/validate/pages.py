"""Pages of Great Expectations' Data Docs, in which what data and models say is text and nothing else.

The renderer puts names and values into its pages as they are. They are escaped before it sees them; and no
page may run a script, its own neither, so that what slips through runs in no browser.
"""

from html import escape
from pathlib import Path
from typing import Any

# Styles come from the network when the page is looked at; charts, filters and folding would be scripts.
_ALLOWED = "default-src 'none'; style-src https: 'unsafe-inline'; font-src https:; img-src https: data:"
_POLICY = f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">'


def write(outcome: Any, path: Path) -> None:
    """Write one page.

    Args:
        outcome: of a suite, as Great Expectations returns it.
        path: of the HTML file.
    """
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    # By way of JSON: the renderer takes plain numbers only, and results hold those of numpy.
    plain = expectationSuiteValidationResultSchema.load(harmless(outcome.to_json_dict()))
    plain.meta["run_id"] = path.stem
    view: Any = DefaultJinjaPageView()
    page = str(view.render(ValidationResultsPageRenderer().render(plain)))
    head, begin, rest = page.partition("<head>")
    if not begin:
        raise ValueError("a page of Great Expectations without a head")
    path.write_text(f"{head}{begin}{_POLICY}{rest}", encoding="utf-8")


def harmless(document: Any) -> Any:
    """The same JSON document with every text in it escaped for HTML, names too."""
    if isinstance(document, str):
        return escape(document)
    if isinstance(document, dict):
        return {harmless(name): harmless(value) for name, value in document.items()}
    return [harmless(each) for each in document] if isinstance(document, list | tuple) else document
