"""The Gaussian process of a model.

process_settings   parameters and priors
covariates         covariates from static layers
covariance         covariance of two places
station_equations  equations of a day's stations, exact or approximated
gaussian_process   fields and uncertainty of a day
"""
