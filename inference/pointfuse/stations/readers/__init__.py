"""Readers of station files: one module per format.

formats       list of formats, and their detection
request       request to a reader
network_list  coordinates and cities by code
station_list  station lists
records       single records, and tables made from them
weather       common parts of NCEI weather formats
humidity      relative humidity from temperature and dew point
tidy          one row per station and time
parquet       the same in Parquet
frame         the same in a table of pandas, polars or pyarrow
cnemc         hourly files of the Chinese network
openaq        OpenAQ archive
aqs           daily and hourly files of the EPA
isd           hourly files of NCEI
isd_lite      the same in a short form
gsod          daily files of NCEI
cf            CF time series in netCDF
"""
