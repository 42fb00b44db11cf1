"""General tools, independent of stations, grids and models.

atomic_files    files that appear under their name when they are complete
output_formats  names of formats, their suffixes, the commands that write them
by_value        comparison of dataclasses with arrays
printable       text from files, made safe for a terminal
counted         a number with its noun
rounding        values with fewer significant bits
units           spellings and conversion of units
timezones       beginning and end of days
time_units      units and calendars of netCDF time
native_calls    native code that Ctrl-C can end
one_ahead       computes the next item while the current one is used
progress        progress bar
shown           notebook display of objects
processors      number of processors that may be used
dot_products    8-bit integer instructions of the processor
blas_threads    linear algebra with one thread per call
netcdf_values   numbers of netCDF variables, and remarks on unusual attributes
classic_netcdf  checks of classic netCDF headers, which can crash the library
"""
