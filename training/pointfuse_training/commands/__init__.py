"""What was typed: a module a command.

main        the group of commands
static      static layers of a grid
world       static layers of the whole Earth
domains     domains drawn all over the Earth
simulate    an archive of simulated days
parameters  what the simulation depends on
patterns    static layers with the patterns of an archive
process     a Gaussian process from stations
sample      an archive of its samples
archive     an archive from the output of transport models
fit         a training
covariance  the beginning of a network: how far a station speaks for others
calibrate   the error's size held to stations
evaluate    how well a network completes simulated days
adapt       a network for stations of one's own
anywhere    the network of any place

archive_options   which archive is made, and how
unscored_options  which days and cities are learned from
"""
