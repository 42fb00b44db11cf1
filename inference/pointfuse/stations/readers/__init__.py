"""A module a format, and what they share.

request       what is asked of a reader
station_file  what a reader gives of a file
table         rows and columns of text
csv_table     tables in CSV files, compressed or not
records       values one by one, and the tables they make
station_list  where the stations of a network are
weather       weather stations of NCEI
humidity      relative humidity from temperature and dew point
tidy          a row a value: station, place, time
parquet       the same in Parquet
cnemc         hours of the Chinese network
openaq        the archive of OpenAQ
aqs           days and hours of the EPA
isd           hours of NCEI
isd_lite      the same, shortened
gsod          days of NCEI
cf            CF time series in netCDF
"""
