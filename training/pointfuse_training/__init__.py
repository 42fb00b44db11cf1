"""The network of pointfuse in PyTorch: PointConv, RegrUnetPP, and the two put together."""

from pointfuse_training.network.fusion_network import VARIANTS, FusionNetwork, Variant
from pointfuse_training.network.pointconv import PointConv, PointConvFields, PositiveKernelConv
from pointfuse_training.network.regr_unetpp import RegrUnetPP
from pointfuse_training.network.scale_head import ScaleHead
from pointfuse_training.network.seed_weights import load_seed_network

__all__ = [
    "VARIANTS",
    "FusionNetwork",
    "PointConv",
    "PointConvFields",
    "PositiveKernelConv",
    "RegrUnetPP",
    "ScaleHead",
    "Variant",
    "load_seed_network",
]
