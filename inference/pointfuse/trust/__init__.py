"""Cross-validation and scores; verification of the installation.

scores        R2, RMSE and the others, from sums
baselines     other ways to predict, found by their entry points
crossval      withheld stations, predicted from the others
classes       seasons, regions and distances of what was withheld
levels        classes of concentrations of each pollutant
fairmode      what error measurements would forgive
coverage      how often intervals hold
evaluation    scores by season, region, distance and level
verdict       what the scores say, in plain sentences
golden_case   a day whose field is known
verification  the golden case on a device
doctor        whether this installation can fuse
"""
