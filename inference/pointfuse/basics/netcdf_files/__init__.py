"""NetCDF files of others: what of them can be relied on.

classic_netcdf  checks of classic netCDF headers, which can crash the library
time_units      units and calendars of netCDF time
netcdf_values   numbers of netCDF variables, and remarks on unusual attributes
"""
