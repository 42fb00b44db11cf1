"""Animated maps: GIF, or MP4 with ffmpeg (extra `[plot]`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import MissingExtraError
from pointfuse.pictures.map_sheet import Sheet

FRAMES_PER_SECOND = 4
"""Slow enough to follow a cloud from day to day."""

_DOTS_PER_INCH = 100
_GREYS = 40
_MOST_COLOURS = 256


def check_animation(path: Path) -> None:
    """Make sure, before a long computation, that a moving picture can be written.

    Raises
    ------
    MissingExtraError
        If it is an MP4 and ffmpeg is not installed.
    """
    from matplotlib.animation import FFMpegWriter

    if path.suffix.lower() == ".mp4" and not FFMpegWriter.isAvailable():
        raise MissingExtraError(
            f"{path.name} needs the program ffmpeg, which is not on the PATH; install it, or name "
            f"a GIF: {path.with_suffix('.gif').name}"
        )


def write_animation(path: Path, sheet: Sheet, frames: Iterator[None]) -> None:
    """Write a sheet again and again while its content changes.

    Parameters
    ----------
    path : Path
        File to write, ``*.gif`` or ``*.mp4``.
    sheet : Sheet
        The sheet, with its first content.
    frames : iterator
        Each step of it changes the sheet to the next content; the first is that of the first
        picture.
    """
    sheet.figure.set_dpi(_DOTS_PER_INCH)
    # Laid out once, or the map would jump with the length of the title.
    sheet.figure.draw_without_rendering()
    sheet.figure.set_layout_engine("none")
    if path.suffix.lower() == ".mp4":
        _write_mp4(path, sheet, frames)
    else:
        _write_gif(path, sheet, frames)


def _write_mp4(path: Path, sheet: Sheet, frames: Iterator[None]) -> None:
    from matplotlib.animation import FFMpegWriter

    # The pixel format that every player knows.
    writer = FFMpegWriter(fps=FRAMES_PER_SECOND, extra_args=["-pix_fmt", "yuv420p"])
    with writer.saving(sheet.figure, str(path), _DOTS_PER_INCH):
        for _ in frames:
            writer.grab_frame()


def _write_gif(path: Path, sheet: Sheet, frames: Iterator[None]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(sheet.figure)
    palette = Image.new("P", (1, 1))
    palette.putpalette(_palette(sheet).tobytes())

    def picture() -> Any:
        canvas.draw()
        shown = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        # Dithering would flicker.
        return shown.quantize(palette=palette, dither=Image.Dither.NONE)

    # matplotlib's own writer keeps every frame in full colour: gigabytes for a year.
    pictures = (picture() for _ in frames)
    next(pictures).save(
        path,
        save_all=True,
        append_images=pictures,
        duration=1000 // FRAMES_PER_SECOND,
        loop=0,
    )


def _palette(sheet: Sheet) -> NDArray[np.uint8]:
    """The colours of the maps, and greys for all else; shape (colour, 3)."""
    maps: dict[str, Any] = {image.cmap.name: image.cmap for image in sheet.images}
    each = (_MOST_COLOURS - _GREYS) // len(maps)
    places = np.linspace(0, 1, each)
    greys = np.repeat(np.linspace(0, 1, _GREYS)[:, None], 3, axis=1)
    colours = np.concatenate([greys, *(colours(places)[:, :3] for colours in maps.values())])
    bytes_of_colours: NDArray[np.uint8] = np.rint(255 * colours).astype(np.uint8)
    return bytes_of_colours
