"""Archives of simulated days: folders of CF netCDF files on one grid.

archive_variables  variables, and how their values are packed
archive_writer     day by day, visible only when complete
archive            days, read back
scenarios          files of a run, and which of them are lacking
"""
