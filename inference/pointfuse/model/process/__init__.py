"""The Gaussian process beside the network.

process_settings   its parameters, and what is thought before a day
covariates         what it knows of a place
covariance         how much two places have in common
station_equations  a day's stations, all together or by the nearest
gaussian_process   fields and their uncertainty from the stations of a day
"""
