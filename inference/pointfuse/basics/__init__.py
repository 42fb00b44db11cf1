"""General tools, independent of stations, grids and models.

atomic_files    files that appear under their name when they are complete
array_archives  arrays read from the archives that this package writes
kept_inputs     check that no output replaces an input
table_files     tables in CSV and Parquet
toml_files      files in TOML
freed_memory    memory that was freed, back to the system
output_formats  names of formats, their suffixes, the commands that write them
by_value        comparison of dataclasses with arrays
printable       text from files, made safe for a terminal
counted         a number with its noun
rounding        values with fewer significant bits
units           spellings and conversion of units
timezones       beginning and end of days
progress        progress bar
shown           notebook display of objects
dot_products    8-bit integer instructions of the processor
threads         threads and processors
netcdf_files    what of netCDF files of others can be relied on
"""
