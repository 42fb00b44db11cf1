"""CF time series in netCDF.

days        which hour or day each value belongs to
flag_words  what the words of a quality flag say of a value
flags       which values a quality flag rejects
series      the values of the stations
"""
