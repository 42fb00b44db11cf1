"""A module a format, and what they share.

formats         the list of formats, and which of them a file is in
request         what is asked of a reader
station_places  where the stations of a network are
station_list    the files of such lists
records         values one by one, and the tables they make
weather         weather stations of NCEI
humidity        relative humidity from temperature and dew point
tidy            a row a value: station, place, time
parquet         the same in Parquet
frame           the same in a table of pandas and its like
cnemc           hours of the Chinese network
openaq          the archive of OpenAQ
aqs             days and hours of the EPA
isd             hours of NCEI
isd_lite        the same, shortened
gsod            days of NCEI
cf              CF time series in netCDF
"""
