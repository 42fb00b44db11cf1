"""Projections, cells, coasts and regions.

projections    from longitude and latitude to metres and back
regular_grid   rows and columns of cells
grid_mapping   CF grid mappings and coordinates
proj_string    projections as PROJ writes them
files          the grid that a file is on
regions        parts of a grid with their own scores
districts      named areas of polygons
overlap        share of each cell in a district
natural_earth  coasts, lakes and borders
graticule      lines of longitude and latitude on a map
"""
