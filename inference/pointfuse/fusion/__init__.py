"""How stations become fields: for a day, for years, on a cluster.

estimation       one day: network, process, and their mean
fuse             days that are in memory
streaming        days of any number, one after the other
run_summary      what a run tells of itself
working_folder   where a run keeps what it has finished
finished_days    days that need not be computed again
finished_months  months whose file is written
output_files     one file of all days, or one a month
cluster          days on the workers of a Dask cluster
"""
