"""Make the coastline of the maps and the example's mask of mainland China from Natural Earth.

    python training/natural_earth.py

Fetches the npm package world-atlas, which holds Natural Earth (public domain) at 1:50 million, and
writes `inference/pointfuse/coastline.npz` and `examples/mainland_china.npz`.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse import load_model
from pointfuse_training.static_layers.countries import COUNTRIES, arcs, country_mask
from pointfuse_training.static_layers.packages import default_cache, fetched

ROOT = Path(__file__).parents[1]
LAND = dataclasses.replace(
    COUNTRIES,
    member="package/land-50m.json",
    sha256="619477ff690c086885e45cb91707d783805561bd75ae8e437b7d4694b0204e0f",
)
# Hundredths of a degree, about a kilometre, are finer than the source.
STEPS_PER_DEGREE = 100


def main() -> None:
    """Write both files."""
    cache = default_cache()
    land = json.loads(fetched(LAND, cache).read_text(encoding="utf-8"))
    write_coastline(arcs(land), ROOT / "inference" / "pointfuse" / "coastline.npz")
    mask = country_mask(load_model().metadata.grid, ["China"], cache)
    np.savez_compressed(ROOT / "examples" / "mainland_china.npz", mask=mask)


def write_coastline(lines: list[NDArray[np.float64]], path: Path) -> None:
    """Write all lines as whole numbers, and where each begins."""
    points = np.round(np.concatenate(lines) * STEPS_PER_DEGREE).astype(np.int16)
    starts = np.cumsum([0, *(len(line) for line in lines[:-1])]).astype(np.int32)
    np.savez_compressed(path, points=points, starts=starts, steps_per_degree=STEPS_PER_DEGREE)


if __name__ == "__main__":
    main()
