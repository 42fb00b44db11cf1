"""Errors of the training beside those of the light package."""

from __future__ import annotations

from pointfuse.errors import PointfuseError


class DivergedError(PointfuseError, ArithmeticError):
    """A training whose loss is no number any more."""
