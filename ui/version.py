"""The version of the installed package."""

from __future__ import annotations


def version() -> str:
    """Return the version, or words that say why there is none."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("arriero")
    except PackageNotFoundError:
        return "(not installed, run from its sources)"
