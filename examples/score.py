"""Compare a fused field with the field its pseudo-stations were taken from.

    python examples/score.py FUSED.nc

The example's day was simulated, so the truth is known in every cell, which it never is for real
stations. Scored over mainland China, as published (Lyu et al., 2022), and over the whole grid, more
than half of which is sea or abroad and has no station in reach.
"""

from __future__ import annotations

import sys
from pathlib import Path

import netCDF4
import numpy as np

EXAMPLES = Path(__file__).parent


def main(fused_file: str) -> None:
    """Print the scores."""
    truth = np.load(EXAMPLES / "truth.npz")["pm25"].astype(np.float64)
    china = np.load(EXAMPLES / "mainland_china.npz")["mask"]
    with netCDF4.Dataset(fused_file) as dataset:
        fused = dataset["pm25"][0].filled(np.nan).astype(np.float64)
    for name, cells in [("mainland China", china), ("whole grid", np.ones_like(china))]:
        error = fused[cells] - truth[cells]
        r2 = np.corrcoef(fused[cells], truth[cells])[0, 1] ** 2
        nme = np.abs(error).sum() / truth[cells].sum()
        rmse = np.sqrt((error**2).mean())
        print(f"{name}: R2 {r2:.3f}, NME {nme:.3f}, RMSE {rmse:.2f} ug m-3 ({cells.sum()} cells)")


if __name__ == "__main__":
    main(sys.argv[1])
