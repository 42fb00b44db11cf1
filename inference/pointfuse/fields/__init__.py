"""Fields of days or hours, and the files that they are written to.

day_status            status of a day: fused, or the reason why not
timed_fields          fields of some times, with support and provenance
cf_variable           a variable of a CF file
cf_times              variables that have a value a time
cf                    variables of the fields, with dimensions and attributes
cf_stations           variables of the stations
cf_global_attributes  attributes of the file as a whole
cf_content            all variables of a file that grows, and its attributes in the end
netcdf                CF netCDF
zarr_store            Zarr
ioapi                 I/O API, for CMAQ
geotiff               GeoTIFF, for GIS
writers               table of writers and suffixes
map_file              fields read from a file
xarray_extra          the library xarray, which an extra installs
places                values at places: schools, addresses
districts             means over provinces, cities, catchments
fused_fields          fields for users, with methods to write and open them
"""
