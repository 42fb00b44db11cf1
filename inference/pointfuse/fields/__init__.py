"""Daily fields, and the files that they are written to.

day_status            status of a day: fused, or the reason why not
daily_fields          fields of some days, with support and provenance
cf                    attributes and dimensions of each variable in the file
cf_global_attributes  attributes of the file as a whole
netcdf                CF netCDF
ioapi                 I/O API, for CMAQ
geotiff               GeoTIFF, for GIS
writers               table of writers and suffixes
map_file              fields read from a file
xarray_extra          the library xarray, which an extra installs
places                values at places: schools, addresses
districts             means over provinces, cities, catchments
fused_fields          fields for users, with methods to write and open them
"""
