"""Draw the pictures of docs/guide/maps.md with its own commands, and make them small.

    python docs/pictures/draw_maps.py FOLDER

FOLDER holds the files that the commands read: `pm25.nc` and `without_weather.nc`, the fused example
with and without humidity and wind, `pm25_2019.nc`, fused days of a year, `january.nc`, fused days
of a month, and the model file.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageSequence

PICTURES = Path(__file__).parent
PIXELS = {".png": 520_000, ".gif": 110_000}


def main(folder: Path) -> None:
    """Run the commands, and write what they draw beside this file."""
    text = (PICTURES.parent / "guide" / "maps.md").read_text(encoding="utf-8")
    for command in re.findall(r"^    (pointfuse plot .*)$", text, re.MULTILINE):
        words = shlex.split(command)
        subprocess.run([sys.executable, "-m", *words], cwd=folder, check=True)
        picture = words[words.index("-o") + 1]
        # The example is on the first page too.
        small = PICTURES / picture if picture == "example.png" else PICTURES / "maps" / picture
        shrink(folder / picture, small)


def shrink(picture: Path, small: Path) -> None:
    """Write a picture smaller and in fewer colours."""
    with Image.open(picture) as opened:
        share = (PIXELS[picture.suffix] / (opened.width * opened.height)) ** 0.5
        size = round(share * opened.width), round(share * opened.height)
        # A GIF has its colours already; of a PNG the rarest count too: those of the extremes.
        palette = opened.copy() if opened.mode == "P" else None
        frames = [
            frame.convert("RGB")
            .resize(size, Image.Resampling.LANCZOS)
            .quantize(256, Image.Quantize.MAXCOVERAGE, 4, palette, Image.Dither.NONE)
            for frame in ImageSequence.Iterator(opened)
        ]
        duration = opened.info.get("duration", 0)
    animated = {"save_all": True, "append_images": frames[1:], "duration": duration, "loop": 0}
    frames[0].save(small, optimize=True, **(animated if len(frames) > 1 else {}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
