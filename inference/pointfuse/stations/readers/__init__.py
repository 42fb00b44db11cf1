"""Readers of station files: one module per format.

formats       list of formats, and their detection
unknown       what is said of a file in no known format
request       request to a reader
network_list  coordinates and cities by code
station_list  station lists
records       single records, and tables made from them
rows          tables with a row per station and time, by the columns that hold what
humidity      relative humidity from temperature and dew point
tidy_header   the header of tidy tables, under whatever usual names
tidy          one row per station and time
parquet       the same in Parquet
china         files of China
networks      files of networks elsewhere
low_cost      low-cost sensors
ncei          weather of NCEI
cf            CF time series in netCDF
"""
