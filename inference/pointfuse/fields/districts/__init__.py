"""Means over districts: provinces, cities, catchments.

features        features of a file or a table as districts
geojson         features of GeoJSON
geopackage      features of a GeoPackage
shapefile       features of a shapefile
region_files    districts from a file, whatever its format
population      people in each cell, from a raster
periods         days, months, seasons, years
means           means of a field over districts, and shares above a threshold
mean_intervals  intervals of means of fields in memory
region_table    from files of fields to a table of means
"""
