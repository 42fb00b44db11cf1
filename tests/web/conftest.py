"""The page in a window, and small files for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mean_model import mean_model, with_scale
from page_fixtures import address, browser, node, open_page, page_folder
from playwright.sync_api import Page

from pointfuse.model.metadata import ModelMetadata

__all__ = ["address", "browser", "node", "open_page", "page_folder"]


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """The page as it opens, in a wide window."""
    return open_page()


@pytest.fixture(scope="session")
def tiny_files(tiny_metadata: ModelMetadata, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that gives the mean everywhere, and a quarter of it as scale.

    `days.csv` has three days of two stations, with means of 20, 30 and 40; `mean_only.onnx` is the
    same model without a scale.
    """
    folder = tmp_path_factory.mktemp("tiny")
    model = mean_model(tiny_metadata)
    (folder / "mean_only.onnx").write_bytes(model.SerializeToString())
    scaled = with_scale(model, np.array([0.25], np.float32))
    (folder / "tiny.onnx").write_bytes(scaled.SerializeToString())
    lines = ["station,longitude,latitude,date,pm25"]
    for day, mean in enumerate((20, 30, 40), start=6):
        lines += [f"A,105,36,2019-01-0{day},{mean - 5}", f"B,110,38,2019-01-0{day},{mean + 5}"]
    (folder / "days.csv").write_text("\n".join(lines) + "\n")
    return folder
