"""CF time series in netCDF.

days    which hour or day each value belongs to
flags   which values a quality flag rejects
series  the values of the stations
"""
