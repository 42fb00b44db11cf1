"""Where a cell, a coast, a region is.

projections    from longitude and latitude to metres and back
regular_grid   rows and columns of cells
grid_mapping   projections and axes in the terms of CF
regions        parts of a grid that are scored apart
natural_earth  coasts, lakes and borders
graticule      lines of longitude and latitude on a map
"""
