"""Compute fields from stations: one time, years, or on a cluster.

where            the grid of a model, or a domain around the stations
estimation       one pass of the network: fields and their support
fuse             days or hours in memory
streaming        any number of days or hours, one after the other
bounded          PM10 is nowhere below PM2.5
run_summary      summary of a run
working_folder   hidden folder with the state of a run
finished_days    finished days, for --resume
finished_months  months with complete files, for --resume
output_files     one file for all, or one per month and variable
cluster          days on the workers of a Dask cluster
"""
