"""The published evaluation: an archive is sampled, completed, and held against itself.

Section "Model Evaluation" of Lyu et al., Geosci. Model Dev. 15, 2022, with its figures 3 to 5.

sampling            which cells are given
archive_days        which days were held out
region              over which cells scores go
first_guess         kernels of a network, and fields on the way to the last
reconstruction      what completes a day
density             how pairs of values lie to each other
archive_evaluation  all days, sampled, completed and compared
tables              what comes out, as JSON and as a table
figures             figures 3 to 5
report              one HTML file
"""
