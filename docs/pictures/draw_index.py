"""Draw the pictures of docs/guide/index-and-limits.md.

    python docs/pictures/draw_index.py january.nc

january.nc holds fused days of January 2019.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from draw_maps import shrink

STANDARD = ["--standard", "china-2012"]


def main(file: Path) -> None:
    """Run the commands, and write what they draw beside this file."""
    for name, index, plot in (
        ("aqi", [], ["--days", "2019-01-12"]),
        ("days-above", ["--days-above", "good"], []),
    ):
        values, picture = file.with_name(f"{name}.nc"), file.with_name(f"{name}.png")
        for words in (
            ["index", str(file), "-o", str(values), *STANDARD, *index],
            ["plot", str(values), "-o", str(picture), *plot],
        ):
            subprocess.run([sys.executable, "-m", "pointfuse", *words], check=True)
        shrink(picture, Path(__file__).with_name(picture.name))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
