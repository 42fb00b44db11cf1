"""Real data: looked for in the folder that POINTFUSE_REAL_DATA names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from page_fixtures import address, browser, node, open_page, page_folder

__all__ = ["address", "browser", "node", "open_page", "page_folder"]

_DEFAULT = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("POINTFUSE_REAL_DATA", _DEFAULT))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; name its folder in POINTFUSE_REAL_DATA")
    return folder
