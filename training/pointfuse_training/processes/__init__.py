"""Gaussian processes over terrain and land: what stations teach about their neighbours.

covariates       layers that the process knows of a cell
terrain_process  the process, and what the stations of a day say under it
station_days     days of stations, as the process takes them
unscored         days and cities for a fit, with others left for scores
distribution     which processes and which days there are
likelihood_fit   both, from the stations of some days
process_file     both, in a file
random_fields    fields of the process on a whole grid
sampler          days as the distribution has them
runs             from a seed to an archive
"""
