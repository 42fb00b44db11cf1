"""The network of any place: optimal interpolation under covariances that a day chooses from.

Nothing in it belongs to a grid. Where the cells are and what is there are an input, and every cell
is computed for itself from the stations: a part of a domain comes out as it does within the whole.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from pointfuse_training.network.calibration import DEVIATION
from pointfuse_training.network.concentration_scale import transformed, transformed_back, unit_of
from pointfuse_training.network.conditioning import Conditioned, conditioned
from pointfuse_training.network.optimal_interpolation import held
from pointfuse_training.network.station_cells import station_cells
from pointfuse_training.network.summed_covariances import summed_correlations

PLACES = ("east", "north", "up", "edge")
"""Static layers that say where a cell is and how large, in 1,000 km."""

LAYERS = (
    "height",
    "broad_height",
    "broad_ruggedness",
    "log_lights",
    "broad_lights",
    "water_fraction",
    "urban_fraction",
    "cropland_fraction",
    "barren_fraction",
    "forest_fraction",
)
"""Static layers that say what is there, of order one."""

RELIEF_LAYERS = ("height", "broad_ruggedness", "broad_lights")
"""Layers that are coordinates of a place, beside those in space."""

SMOOTH = (False, False, False, False, True, True, True)
"""Of each covariance, whether its fields are smooth: of Matern's class with smoothness 3/2, as
those of models; else they are exponential, as those that stations see."""

HEARD = 3
"""Covariances whose fields are computed, at most: the likeliest of the day."""

QUIET = 1e-3
"""Probability up to which a covariance has no say."""

BELIEF = 0.1
"""Power of the probabilities of the covariances. None of them is the true one, and evidence then
decides too soon (Gruenwald, The safe Bayesian, 2012). Of the days that they were fitted to, with
three cells of ten left out, the RMSE is 0.998 (stations) and 0.991 (simulations) of that with all
of the evidence; between 0.05 and 0.2 it is about the same."""

TYPICAL_VARIANCE = 0.2
"""Variance of a field on the scale of the network: the median of the real days of the fit."""

BELIEVED = 5.0
"""Cells that a day needs to be believed as much as that in how much its field varies: one station,
or a few that agree, say nothing of it."""

TERMS = ("constant", "level", "deviation", "support", "unsupported", "stations")
"""What the logarithm of the factor of the error's size is linear in."""

_FIRST_LENGTHS = (0.15, 0.4, 0.4, 1.0, 0.15, 0.3, 0.6)
_FIRST_NOISES = (0.1, 0.05, 0.2, 0.1, 0.01, 0.01, 0.01)
_FIRST_RELIEF, _FIRST_LOG_VARIANCE = 0.5, -2.0

_WIDTH, _FEATURES = 16, 5


class Heard(NamedTuple):
    """What each of the likeliest covariances says of a day.

    Attributes
    ----------
    share : Tensor, shape (time, heard)
        Its probability.
    which : Tensor of int64, shape (time, heard)
        Which it is.
    said : Conditioned
        What the stations say under it, shapes as there with heard in place of voice.
    """

    share: Tensor
    which: Tensor
    said: Conditioned


class WorldEstimate(NamedTuple):
    """What the network makes of each day on its scale; of shape (time, 1, rows, columns).

    Attributes
    ----------
    mean, deviation : Tensor
        Mean and standard deviation of what a station in the cell would report.
    support : Tensor
        How far the field is known: 1 among stations, 0 far from all.
    stations : Tensor, shape (time, 1, 1, 1)
        Stations of the day.
    """

    mean: Tensor
    deviation: Tensor
    support: Tensor
    stations: Tensor


class WorldNetwork(nn.Module):
    r"""From station observations on any grid to a complete field and the size of its error.

    There are several covariances :math:`k_v` as in `OptimalInterpolation`, whose distances are
    those in space and in the `RELIEF_LAYERS`. A day weighs them by its evidence and by how often
    they were right before, and the field is the mean of theirs. Its variance is the mean of the
    variances, and that of the fields about their mean.

    Parameters
    ----------
    target : str
        Name of the variable that is fused.

    Attributes
    ----------
    log_length : Parameter, shape (voice,)
        Logarithms of the lengths, 1,000 km.
    relief : Parameter, shape (voice, relief layer)
        Further coordinates of a place for each unit of a layer, in lengths.
    log_noise : Parameter, shape (voice,)
        Logarithms of the variance of a station's noise, in units of the covariance.
    log_variances : Parameter, shape (voice, layer)
        Logarithms of the variances of the layers' slopes, in units of the covariance.
    log_share : Parameter, shape (voice,)
        Logarithms of the shares that each has of all days, but for a constant.
    unknown : Module
        What share of the variance stations leave, from what is near; see `features`.
    coefficients, mean_share : Tensor
        As in `Calibration`, for `TERMS`.
    """

    smooth: Tensor
    coefficients: Tensor
    mean_share: Tensor

    def __init__(self, target: str = "pm25") -> None:
        super().__init__()
        voices = len(SMOOTH)
        self.target = target
        self.register_buffer("smooth", torch.tensor(SMOOTH).float(), persistent=False)
        self.log_length = nn.Parameter(torch.tensor(_FIRST_LENGTHS).log())
        self.relief = nn.Parameter(torch.full((voices, len(RELIEF_LAYERS)), _FIRST_RELIEF))
        self.log_noise = nn.Parameter(torch.tensor(_FIRST_NOISES).log())
        self.log_variances = nn.Parameter(torch.full((voices, len(LAYERS)), _FIRST_LOG_VARIANCE))
        self.log_share = nn.Parameter(torch.zeros(voices))
        self.unknown = nn.Sequential(
            nn.Linear(_FEATURES, _WIDTH),
            nn.Softplus(),
            nn.Linear(_WIDTH, _WIDTH),
            nn.Softplus(),
            nn.Linear(_WIDTH, 1),
        )
        self.register_buffer("coefficients", torch.zeros(len(TERMS)))
        self.register_buffer("mean_share", torch.ones(1))

    @property
    def unit(self) -> float:
        """Unit of the target on the scale of the network."""
        return unit_of(self.target)

    def forward(
        self, observations: Tensor, observed: Tensor, static: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Fuse the observations of each day.

        Parameters
        ----------
        observations : Tensor, shape (time, 1, rows, columns)
            The target (ug/m3, CO in mg/m3); finite, and 0 where absent.
        observed : Tensor, the same shape
            Of how many stations it is the mean; 0 where there is none.
        static : Tensor, shape (layers, rows, columns)
            `PLACES` and `LAYERS`, in the order of their names.

        Returns
        -------
        tuple of two Tensor, shape (time, 1, rows, columns)
            The value that a station in each cell is expected to report, not negative; and the scale
            of the logistic distribution of its error, positive; both in the unit of the values.
        """
        estimate = self.estimate(observations, observed, static)
        field, deviation = transformed_back(
            estimate.mean, estimate.deviation, self.mean_share, self.unit
        )
        terms = self.terms(estimate)
        factor = (terms * self.coefficients[:, None, None]).sum(1, keepdim=True).exp()
        return field, factor * deviation / DEVIATION

    def terms(self, estimate: WorldEstimate) -> Tensor:
        """`TERMS` of each cell, of order one, shape (time, terms, rows, columns)."""
        median, _ = transformed_back(estimate.mean, estimate.deviation, 0.0)
        network = ((estimate.stations + 1).log() - 5).clamp(-3, 3).expand_as(median)
        return torch.cat(
            [
                torch.ones_like(median),
                ((median + 1).log() - 3.5).clamp(-2.5, 2.5),
                (estimate.deviation.log() + 1.5).clamp(-2, 2),
                estimate.support,
                (1 - estimate.support).clamp(min=0.02).log() + 1.5,
                network,
            ],
            dim=1,
        )

    def estimate(self, observations: Tensor, observed: Tensor, static: Tensor) -> WorldEstimate:
        """What `forward` does up to the transformation back."""
        cells = station_cells(observations * (observed > 0), observed)
        value = transformed(cells.value, self.unit)
        estimate = self.completed(value, cells.number, cells.at(static[None]), static)
        return estimate._replace(stations=observed.sum((2, 3), keepdim=True))

    def completed(
        self, value: Tensor, number: Tensor, there: Tensor, static: Tensor
    ) -> WorldEstimate:
        """Complete the cells of stations to fields.

        Parameters
        ----------
        value, number : Tensor, shape (time, cell)
            Means of the stations on the scale of the network, and how many they are.
        there : Tensor, shape (time, places and layers, cell)
            Static input there.
        static : Tensor, shape (places and layers, rows, columns)
            Static input wherever a field is wanted.
        """
        stations = number.sum(1, keepdim=True)
        level = (value * number).sum(1, keepdim=True) / stations.clamp(min=1)
        heard = self.heard(value - level, number, there)
        said, which = heard.said, heard.which
        everywhere = static.flatten(1)
        parts = self.parts(heard, number, there, static)
        of_layers = held(
            said.slopes[..., 1:] @ everywhere[len(PLACES) :],
            said.slopes[..., 1:] @ there[:, len(PLACES) :],
            number,
        )
        field = level[:, None] + said.slopes[..., :1] + of_layers + parts[..., 0]
        support = parts[..., 1].clamp(-0.2, 1.2)
        left = self.left(which, support, parts[..., 2])
        noise = self.log_noise.exp()[which]
        cells = (number > 0).to(number.dtype).sum(1)[:, None]
        unit = (cells * said.variance + BELIEVED * TYPICAL_VARIANCE) / (cells + BELIEVED)
        variance = unit[..., None] * (left + noise[..., None])
        share = (heard.share / heard.share.sum(1, keepdim=True))[..., None]
        mean = (share * field).sum(1, keepdim=True)
        spread = (share * (variance + (field - mean) ** 2)).sum(1, keepdim=True)
        shape = (-1, 1, *static.shape[1:])
        return WorldEstimate(
            mean.reshape(shape),
            spread.sqrt().reshape(shape),
            (share * support).sum(1, keepdim=True).reshape(shape),
            stations[..., None, None],
        )

    def heard(self, anomaly: Tensor, number: Tensor, there: Tensor) -> Heard:
        """The likeliest covariances of each day.

        Parameters
        ----------
        anomaly, number : Tensor, shape (time, cell)
            Values less the level of the day, and of how many stations each is the mean.
        there : Tensor, shape (time, places and layers, cell)
            Static layers there.
        """
        said = self.conditioned(anomaly, number, there)
        shares = torch.softmax(BELIEF * (said.evidence + self.log_share), dim=1)
        # Where stations are many, the others cost time alone.
        loud = (shares > QUIET).to(torch.int64).sum(1).max().clamp(1, HEARD)
        share, which = shares.topk(cast(int, loud.item()), dim=1)
        return Heard(share, which, Conditioned(*(self._of(which, one) for one in said)))

    def conditioned(self, anomaly: Tensor, number: Tensor, there: Tensor) -> Conditioned:
        """What the stations of each day say under each covariance; parameters as of `heard`."""
        precision = number.sqrt()[:, None] * (-self.log_noise / 2).exp()[:, None]
        correlation = self.correlations(there)
        layers = there[:, len(PLACES) :]
        covariance = precision[..., None] * correlation * precision[:, :, None]
        return conditioned(
            anomaly,
            number,
            layers,
            precision,
            torch.ones_like(precision),
            lambda: covariance,
            self.log_noise,
            self.log_variances,
        )

    def correlations(self, there: Tensor) -> Tensor:
        """Correlations of the cells of a day, shape (time, voice, cell, cell).

        Two places in one cell are half a cell apart.
        """
        at = self.coordinates(there)
        squares = sum(
            ((one[..., :, None] - one[..., None, :]) ** 2 for one in at[..., 1:, :].unbind(-2)),
            start=at[..., 0, :, None] ** 2,
        )
        far = squares.sqrt()
        return (1 + self.smooth[:, None, None] * far) * (-far).exp()

    def coordinates(self, there: Tensor) -> Tensor:
        """Coordinates of places in lengths, shape (time, voice, 1 + 3 + relief, place).

        The first is half the edge of the cell. Of smooth covariances, distances are stretched by
        the root of 3, as Matern's class has it.

        Parameters
        ----------
        there : Tensor, shape (time, places and layers, place)
            Static layers there.
        """
        names = (*PLACES, *LAYERS)
        relief = there[:, [names.index(name) for name in RELIEF_LAYERS]]
        stretched = (1 + (3**0.5 - 1) * self.smooth)[:, None]
        scale = torch.cat(
            [
                (-self.log_length).exp()[:, None] * torch.tensor([0.5, 1.0, 1.0, 1.0]),
                self.relief,
            ],
            1,
        )
        places = torch.cat([there[:, 3:4], there[:, :3], relief], 1)
        return (scale * stretched)[:, :, None] * places[:, None]

    def parts(self, heard: Heard, number: Tensor, there: Tensor, static: Tensor) -> Tensor:
        """What the stations add up to in each cell, shape (time, heard, cell, 3).

        The field about its trend; a field of ones; and the number of stations, each counted by the
        eighth power of its correlation.
        """
        which = heard.which
        shape = static.shape[1:]
        at_stations = self._of(which, self.coordinates(there)).flatten(0, 1)
        everywhere = self.coordinates(static.flatten(1)[None])[0]
        left, right = _factors(everywhere[which].flatten(0, 1).transpose(1, 2), at_stations)
        of_days = number[:, None].expand(-1, which.shape[1], -1).flatten(0, 1)
        weights = torch.stack([heard.said.weights, heard.said.support], -1).flatten(0, 1)
        sums = summed_correlations(
            left.reshape(-1, *shape, left.shape[2]),
            right,
            self.smooth[which].flatten(),
            weights,
            of_days[..., None],
        )
        shaped: Tensor = sums.reshape(*which.shape, -1, 3)
        return shaped

    def left(self, which: Tensor, support: Tensor, near: Tensor) -> Tensor:
        """Share of a field's variance that stations leave, shape (time, heard, cell).

        Parameters
        ----------
        which : Tensor of int64, shape (time, heard)
            The covariances.
        support, near : Tensor, shape (time, heard, cell)
            A field of ones, and the stations nearby.
        """
        left: Tensor = torch.sigmoid(self.unknown(self.features(which, support, near)))[..., 0]
        return left

    def features(self, which: Tensor, support: Tensor, near: Tensor) -> Tensor:
        """What that share depends on, shape (time, heard, cell, feature); parameters as `left`."""
        noise = self.log_noise[which][..., None].expand_as(support)
        smooth = self.smooth[which][..., None].expand_as(support)
        unsupported = (1 - support).abs().clamp(min=1e-4).log()
        counted = near.clamp(min=0).log1p()
        return torch.stack([support, unsupported, counted, noise, smooth], -1)

    def _of(self, which: Tensor, table: Tensor) -> Tensor:
        """Entries of some covariances, of a table of the shape (time, voice, ...)."""
        index = which.reshape(*which.shape, *[1] * (table.ndim - 2))
        return torch.gather(table, 1, index.expand(-1, -1, *table.shape[2:]))


def _factors(places: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Two tables whose product is the square of the distances, but for rounding, and above 0.

    Parameters
    ----------
    places : Tensor, shape (day, place, coordinate)
        Coordinates of cells; the first is half the edge, which two places in one cell are apart.
    others : Tensor, shape (day, coordinate, other)
        Those of stations.
    """
    one, other = places[..., 1:], others[..., 1:, :]
    squares = (places**2).sum(-1, keepdim=True)
    of_others = (other**2).sum(-2, keepdim=True)
    left = torch.cat([squares, torch.ones_like(squares), -2 * one], -1)
    return left, torch.cat([torch.ones_like(of_others), of_others, other], -2)
