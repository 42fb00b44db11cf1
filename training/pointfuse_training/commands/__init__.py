"""What was typed: a module a command.

main        the group of commands
static      static layers of a grid
simulate    an archive of simulated days
parameters  what the simulation depends on
process     a Gaussian process from stations
sample      an archive of its samples
archive     an archive from the output of transport models
fit         a training
scale       the head of the scale
evaluate    how well a network completes simulated days
adapt       a network for stations of one's own

scenario_options  options of archives of scenarios, and of the grid
"""
