"""Other ways to fill the map between stations.

places                 where stations and points lie
layers                 terrain and land of the cells
neighbours             nearest, inverse distance, Voronoi
gaussian_process       kriging, and processes that know terrain
pollutants             both for each pollutant
pykrige_kriging        kriging by PyKrige
optimal_interpolation  optimal interpolation by gridpp
"""
