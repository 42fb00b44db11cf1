"""How far a file of each precision may be from the file that it was made from."""

from __future__ import annotations

from dataclasses import dataclass

from pointfuse.trust.verification import TOLERANCE


@dataclass(frozen=True)
class Tolerance:
    """What an export lets pass.

    Parameters
    ----------
    golden : float
        Largest difference from the golden case, in the units of the field; the light package
        verifies with the same.
    mean, p999, largest : float
        Errors over all cells of simulated days, in the units of the field: mean absolute, the
        one that 99.9 % of the cells do not exceed, and the largest.
    scale : float
        Mean absolute error of the scale of the error, as a share of its mean.
    nme : float
        Change of the normalised mean error at withheld stations, and elsewhere, as a share of it.
    """

    golden: float
    mean: float
    p999: float
    largest: float
    scale: float
    nme: float


TOLERANCES = {
    # Orders of summation alone, of which the inverse of the interpolation makes more.
    "fp32": Tolerance(TOLERANCE["fp32"], 5e-3, 2e-2, 0.1, 1e-4, 1e-4),
    # Eleven bits of some 100 ug/m3 through some twenty layers.
    "fp16": Tolerance(TOLERANCE["fp16"], 0.01, 0.1, 0.5, 2e-3, 1e-3),
    # Eight bits; one per cent of the NME is what deployers are promised.
    "int8": Tolerance(TOLERANCE["int8"], 0.6, 6.0, 15.0, 0.05, 0.01),
}
"""By precision; at least twice what the shipped model needs, but for the NME."""
