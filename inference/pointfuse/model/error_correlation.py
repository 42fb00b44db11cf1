"""How errors of a field go together, from place to place and from time to time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import ModelFileError
from pointfuse.model.json_block import Block

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ErrorCorrelation:
    """Correlation of errors, before it is looked at where the stations of a day are.

    An error is the difference of a station to the field, over its standard uncertainty. A share of
    its variance is each station's own; the rest goes together with that of others, the less the
    farther they are. In time some parts are forgotten sooner or later, and one lasts.

    Parameters
    ----------
    length : float
        Distance at which what is not a station's own has fallen to 1/e, km.
    own : float
        Share of the variance that each station has for itself.
    hours : tuple of float
        Times after which the correlation of each part that passes has fallen to 1/e, h.
    passing : tuple of float
        Shares of the variance of these parts; what they lack to 1 lasts.
    """

    length: float
    own: float
    hours: tuple[float, ...]
    passing: tuple[float, ...]

    def __post_init__(self) -> None:
        if (
            self.length <= 0
            or not 0 <= self.own <= 1
            or len(self.hours) != len(self.passing)
            or not all(hours > 0 for hours in self.hours)
            or not all(share >= 0 for share in self.passing)
            or sum(self.passing) > 1
        ):
            raise ValueError(
                "expected a length and hours above 0, and shares of 0 to 1, one for each of the "
                f"hours, of 1 together at most; got {self.to_dict()}"
            )

    @property
    def lasting(self) -> float:
        """Share of the variance that is the same at all times."""
        return 1 - sum(self.passing)

    def between(self, distance: Floats) -> Floats:
        """Covariance of the errors of two stations, without what each has for itself.

        Parameters
        ----------
        distance : ndarray
            Distances, km.

        Returns
        -------
        ndarray
            Of the same shape and type.
        """
        together: Floats = np.exp(distance / distance.dtype.type(-self.length))
        return together * distance.dtype.type(1 - self.own)

    def to_dict(self) -> dict[str, object]:
        """As JSON types, laid out as in the metadata."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def of_block(cls, entry: Block) -> ErrorCorrelation:
        """Read and check what was laid out by `to_dict`.

        Raises
        ------
        ModelFileError
            If an entry is lacking, garbled or impossible.
        """
        numbers = entry.number("length"), entry.number("own")
        times = entry.numbers("hours"), entry.numbers("passing")
        try:
            return cls(*numbers, *times)
        except ValueError as error:
            raise ModelFileError(f"'{entry.path}' in the model's metadata: {error}") from error
