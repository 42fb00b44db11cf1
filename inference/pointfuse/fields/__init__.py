"""Fields of days or hours, and the files that they are written to.

day_status    status of a day: fused, or the reason why not
timed_fields  fields of some times, with support and provenance
cf            variables and attributes as CF has them
netcdf        CF netCDF
zarr_store    Zarr
ioapi         I/O API, for CMAQ
geotiff       GeoTIFF, for GIS
writers       table of writers and suffixes
map_file      fields read from a file
derived_file  files that are computed from files of fields
members       fields that differ as a field may be wrong
xarray_extra  the library xarray, which an extra installs
places        values at places: schools, addresses
districts     means over provinces, cities, catchments
fused_fields  fields for users, with methods to write and open them
"""
