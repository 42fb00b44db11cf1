"""The networks of pointfuse in PyTorch, and their parts."""

from pointfuse_training.network.fusion_network import FusionNetwork
from pointfuse_training.network.optimal_interpolation import OptimalInterpolation
from pointfuse_training.network.paper_network import PaperNetwork
from pointfuse_training.network.pointconv import PointConv, PointConvFields, PositiveKernelConv
from pointfuse_training.network.regr_unetpp import RegrUnetPP
from pointfuse_training.network.variants import VARIANTS, build_network

__all__ = [
    "VARIANTS",
    "FusionNetwork",
    "OptimalInterpolation",
    "PaperNetwork",
    "PointConv",
    "PointConvFields",
    "PositiveKernelConv",
    "RegrUnetPP",
    "build_network",
]
