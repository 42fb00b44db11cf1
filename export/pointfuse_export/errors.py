"""Errors of the export, of the same family as those of pointfuse."""

from __future__ import annotations

from pointfuse.errors import PointfuseError


class DescriptionError(PointfuseError, ValueError):
    """A description that lacks something, or does not fit the model that it describes."""


class VerificationError(PointfuseError, RuntimeError):
    """A model that is not what it should be; it must not be published."""


class EngineError(PointfuseError, RuntimeError):
    """An engine that TensorRT does not build, or not as it was asked for."""
