"""Compute fields from stations: one day, years, or on a cluster.

estimation       one pass of the network: fields and their support
fuse             days in memory
streaming        any number of days, one after the other
run_summary      summary of a run
working_folder   hidden folder with the state of a run
finished_days    finished days, for --resume
finished_months  months with complete files, for --resume
output_files     one file for all days, or one per month
cluster          days on the workers of a Dask cluster
"""
