"""The reduced chemical transport model: simulated days for those who have no simulations.

A deterministic Eulerian model of one layer. A stochastic synoptic flow carries particles and the
gases that they form from over terrain; `simulator` puts the processes together, a module each.
"""

from pointfuse_training.simulation.runs import simulate_archive
from pointfuse_training.simulation.simulator import SimulatedDay, Simulator
from pointfuse_training.simulation.static_inputs import StaticInputs, read_static_inputs

__all__ = [
    "SimulatedDay",
    "Simulator",
    "StaticInputs",
    "read_static_inputs",
    "simulate_archive",
]
