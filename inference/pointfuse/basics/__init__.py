"""Small tools that know nothing of stations, grids and models.

atomic_files    a file appears under its name only once it is complete
output_formats  names of formats, their suffixes, and how else to come to them
by_value        dataclasses with arrays, compared by what they hold
printable       text of files, fit for a terminal
counted         a number with its noun
rounding        values with as many bits as they deserve
units           spellings of units, and factors between them
timezones       where days begin and end
time_units      times as netCDF files count them
native_calls    a call of a library can be left when somebody wants to stop
one_ahead       the next item is computed while this one is used
progress        a bar for people who watch
shown           what a notebook shows of an object
processors      how many processors may be used
dot_products    whether the processor multiplies integers at once
blas_threads    linear algebra on one thread a call
netcdf_values   numbers of netCDF variables, unpacked, and what is odd about them
classic_netcdf  checks of classic netCDF headers, which can crash the library
"""
