"""The published evaluation: an archive is sampled at stations, completed, and held against itself.

Section "Model Evaluation" of Lyu et al., Geosci. Model Dev. 15, 2022, with its figures 3 to 5.
"""

from pointfuse_training.evaluation.archive_evaluation import ArchiveEvaluation, evaluate_archive
from pointfuse_training.evaluation.reconstruction import (
    Reconstructor,
    load_reconstructor,
    network_reconstructor,
)
from pointfuse_training.evaluation.sampling import SampledCells

__all__ = [
    "ArchiveEvaluation",
    "Reconstructor",
    "SampledCells",
    "evaluate_archive",
    "load_reconstructor",
    "network_reconstructor",
]
