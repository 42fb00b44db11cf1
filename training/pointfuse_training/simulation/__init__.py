"""The reduced transport model: simulated days for those who have no simulations.

A deterministic Eulerian model of one layer. A stochastic synoptic flow carries particles and the
gases that they form from over terrain.

parameters      values and distributions, with units and meanings
random_streams  random numbers by seed, scenario and process
waves           smooth random fields
static_inputs   terrain, land cover and lights
terrain         slopes that block, basins that hold
wind            travelling eddies
meteorology     season, humidity, rain, mixing height
emissions       particles and gases from the ground
chemistry       particles from gases
deposition      losses to the ground, into rain, into the air above
transport       by wind and eddies, in flux form
simulator       all of them, hour after hour
runs            from a seed to an archive
pollutants      coarse particles, gases and ozone, where they are wanted
tables          the parameters for people
"""
