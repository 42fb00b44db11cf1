"""General tools, independent of stations, grids and models.

atomic_files    files that appear under their name when they are complete
kept_inputs     check that no output replaces an input
table_files     tables in CSV and Parquet
output_formats  names of formats, their suffixes, the commands that write them
by_value        comparison of dataclasses with arrays
printable       text from files, made safe for a terminal
counted         a number with its noun
rounding        values with fewer significant bits
units           spellings and conversion of units
timezones       beginning and end of days
native_calls    native code that Ctrl-C can end
one_ahead       computes the next item while the current one is used
progress        progress bar
shown           notebook display of objects
processors      number of processors that may be used
dot_products    8-bit integer instructions of the processor
netcdf_files    what of netCDF files of others can be relied on
"""
