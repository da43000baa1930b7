"""Names as protocols 0 to 2 spell them: those of Python 2, which loading translates.

Source: pickle.Unpickler.find_class with ``fix_imports``, and the tables of CPython's _compat_pickle.
"""


def renamed(module: str, name: str) -> tuple[str, str]:
    """Module and name that loading would import for these."""
    from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

    if (module, name) in NAME_MAPPING:
        found: tuple[str, str] = NAME_MAPPING[module, name]
        return found
    return IMPORT_MAPPING.get(module, module), name
