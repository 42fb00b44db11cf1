"""The parameters of all processes as tables for people."""

from __future__ import annotations

from pointfuse_training.simulation.chemistry import ChemistryParameters
from pointfuse_training.simulation.deposition import DepositionParameters
from pointfuse_training.simulation.emissions import EmissionParameters
from pointfuse_training.simulation.meteorology import MeteorologyParameters
from pointfuse_training.simulation.parameters import Parameters
from pointfuse_training.simulation.pollutants.carried import CleanAirParameters
from pointfuse_training.simulation.pollutants.losses import LossParameters
from pointfuse_training.simulation.pollutants.photochemistry import PhotochemistryParameters
from pointfuse_training.simulation.pollutants.sectors import SectorParameters
from pointfuse_training.simulation.simulator import BackgroundParameters
from pointfuse_training.simulation.transport import TransportParameters
from pointfuse_training.simulation.wind import WindParameters

TABLES: dict[str, type[Parameters]] = {
    "wind": WindParameters,
    "meteorology": MeteorologyParameters,
    "emissions": EmissionParameters,
    "transport": TransportParameters,
    "chemistry": ChemistryParameters,
    "deposition": DepositionParameters,
    "background": BackgroundParameters,
    "sectors": SectorParameters,
    "losses": LossParameters,
    "photochemistry": PhotochemistryParameters,
    "clean air": CleanAirParameters,
}


def parameters_markdown() -> str:
    """One table for all processes, in Markdown."""
    lines = ["| process | parameter | value or range | unit | meaning |", "| - | - | - | - | - |"]
    for process, parameters in TABLES.items():
        for name, value, unit, meaning in parameters.table():
            lines.append(f"| {process} | `{name}` | {value} | {unit} | {meaning} |")
    return "\n".join(lines)
