"""The library xarray, which an extra installs."""

from __future__ import annotations

from typing import Any

from pointfuse.errors import MissingExtraError


def xarray_library() -> Any:
    """The module xarray.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import xarray
    except ImportError as error:
        raise MissingExtraError(
            "a dataset needs xarray; install it with pip install 'pointfuse[xarray]'"
        ) from error
    return xarray
