"""The grid that a file is on.

grid_file   of a description, or of netCDF and GeoTIFF files
ioapi_grid  of CMAQ and MCIP
wrf_grid    of WRF
tiff_grid   of a GeoTIFF
"""
