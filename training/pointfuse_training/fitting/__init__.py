"""How weights are found.

recipes            all that a training depends on beside its data
devices            what PyTorch computes on
process_team       processes that train one network together
provenance         where a network comes from
training_inputs    what a training starts from
adaptation_inputs  what an adaptation starts from
training_state     what a training goes on from
losses             what a network is trained for
withheld           ways of withholding stations
covariance_fit     the covariance of the interpolation held to withheld stations
calibration        the error's size held to withheld stations
world_days         days of many places, for the network of any place
world_fit          its covariances
world_errors       the size of its errors
training_loop      loss, optimiser, average, validation
fit                a run, from data to a checkpoint
"""
