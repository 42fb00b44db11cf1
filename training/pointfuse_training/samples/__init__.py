"""Days to learn from, and what of them a network is given.

sampling         how simulated days are observed
pseudo_stations  cells of a simulated day that are observed
hidden_stations  stations of a real day that are predicted
patterns         mean of simulated days, and how they differ most
static_channels  what a network is told of a cell that never changes
simulated_days   days of an archive, and how they are observed
training_days    batches, each a function of the seed and its number
observed_days    days of a real network of stations
"""
