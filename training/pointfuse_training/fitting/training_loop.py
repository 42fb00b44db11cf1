"""The steps of a training: loss, optimiser, moving average, validation, and its state."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pointfuse.errors import InputError
from pointfuse.trust.scores import SCORES, PairSums
from pointfuse_training.errors import DivergedError
from pointfuse_training.fitting.losses import (
    absolute_error,
    deviation_error,
    field_errors,
    share_left,
)
from pointfuse_training.fitting.process_team import Team
from pointfuse_training.fitting.recipes import Recipe
from pointfuse_training.fitting.training_inputs import Start, TrainingInputs
from pointfuse_training.fitting.training_state import TrainingState
from pointfuse_training.network.fusion_network import Estimate
from pointfuse_training.network.paper_network import PaperNetwork
from pointfuse_training.network.pointconv import PositiveKernelConv
from pointfuse_training.network.variants import Network, build_network, field_of
from pointfuse_training.network.weights import check_complete, network_weights
from pointfuse_training.samples.training_days import Batch, ValidationDays, seeded_generator

DEVIATION_SHARE = 0.2
"""Weight of the likelihood beside the share of the interpolation's error that is left."""

_VALIDATION_DRAWS = 1  # added to the seed, so that no draw of the training comes again
_TIMED_PASSES = 3
_PRECISIONS = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


class Training:
    """A network that is being trained.

    Parameters
    ----------
    recipe : Recipe
        Configuration.
    inputs : TrainingInputs
        Data.
    team : Team
        This process among those that train together.
    start : Start, optional
        Weights to begin with; random ones without.

    Raises
    ------
    InputError
        If the recipe keeps statistics that no weights bring.
    """

    def __init__(
        self, recipe: Recipe, inputs: TrainingInputs, team: Team, start: Start | None = None
    ) -> None:
        self.recipe = recipe
        self.inputs = inputs
        self.team = team
        self.iteration = 0
        self.point_conv = "direct"
        self.precision = _chosen_precision(recipe.precision, team.device)
        torch.manual_seed(recipe.seed)
        if recipe.keep_statistics and start is None:
            raise InputError(
                "random weights have no statistics to keep; name weights with --from, or set "
                "'keep_statistics' to false in the recipe"
            )
        network = build_network(recipe.variant, inputs.static_layers, recipe.widths)
        if start is not None:
            check_complete("the start", start.weights, network_weights(network))
            network.load_state_dict(start.weights, strict=False)
        elif isinstance(network, PaperNetwork):
            day = inputs.training.draw(0, seeded_generator(recipe.seed, 0))
            _begin_at_level(network, float(day.truth.mean()))
        self.network = network.to(team.device)
        self.averaged = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.network.precision = _PRECISIONS[self.precision]
        if self.network.precision is not None:
            # The layout that tensor cores, and processors with tiles (AMX), take.
            layout = {"memory_format": torch.channels_last}
            self.network.regr_unetpp.to(**layout)  # type: ignore[call-overload]
        self._model = team.wrapped(_Learner(self.network))
        self.optimiser = torch.optim.AdamW(
            self._learning(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self._scaler = torch.amp.GradScaler(team.device.type, enabled=self.precision == "fp16")

    def choose_point_conv(self, batch: Batch) -> None:
        """Settle how PointConv convolves, by measuring a loss of either way if need be."""
        chosen = self.recipe.point_conv
        if chosen == "auto":
            direct, fourier = (self._seconds_of_loss(batch, way) for way in ("direct", "fourier"))
            chosen = "fourier" if self.team.agreed(fourier) < self.team.agreed(direct) else "direct"
        self.set_point_conv(chosen)

    def set_point_conv(self, way: str) -> None:
        """Convolve in PointConv ``direct`` or ``fourier``."""
        self.point_conv = way
        for module in (*self.network.modules(), *self.averaged.modules()):
            if isinstance(module, PositiveKernelConv):
                module.through_fourier = way == "fourier"

    def _seconds_of_loss(self, batch: Batch, way: str) -> float:
        self.set_point_conv(way)
        self._ready_to_learn()
        for passed in range(_TIMED_PASSES + 1):
            if passed == 1:  # the first one plans and compiles
                began = self._now()
            torch.autograd.grad(self.loss(batch), self._learning(), allow_unused=True)
        return self._now() - began

    def _learning(self) -> list[nn.Parameter]:
        return [weight for weight in self.network.parameters() if weight.requires_grad]

    def _now(self) -> float:
        if self.team.device.type == "cuda":
            torch.cuda.synchronize(self.team.device)
        return time.perf_counter()

    def learning_rate(self, progress: float) -> float:
        """Learning rate at a share of the training: warm-up, then half a cosine.

        Parameters
        ----------
        progress : float
            Share of the iterations, or of the time, that is over.
        """
        recipe = self.recipe
        warm = min(1.0, (self.iteration + 1) / recipe.warm_up) if recipe.warm_up else 1.0
        # It ends at a thousandth rather than at nothing.
        annealed = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0))) + 1e-3
        return recipe.learning_rate * warm * annealed

    def step(self, batch: Batch, progress: float) -> Tensor:
        """Learn from a batch; the loss, not yet checked."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate(progress)
        self._ready_to_learn()
        self.optimiser.zero_grad()
        loss = self.loss(batch)
        torch.autograd.backward(self._scaler.scale(loss))
        self._scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.largest_gradient)
        self._scaler.step(self.optimiser)
        self._scaler.update()
        self._update_average()
        self.iteration += 1
        return loss.detach()

    def _ready_to_learn(self) -> None:
        self.network.train()
        if self.recipe.keep_statistics:
            for module in self.network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()

    def loss(self, batch: Batch) -> Tensor:
        """What is made small."""
        static = batch.patches(self.inputs.static_layers.to(self.team.device))
        given = self._model(batch.observations, batch.observed, static)
        if isinstance(self.network, PaperNetwork):
            return absolute_error(given, batch)
        unit = self.network.unit
        errors = field_errors(given.mean, given.level, batch, unit)
        before = field_errors(given.interpolated, given.level, batch, unit)
        return share_left(errors, before) + DEVIATION_SHARE * deviation_error(given, batch, unit)

    def _update_average(self) -> None:
        """Move the averaged weights; at first quickly, lest they remember the random start."""
        kept = min(self.recipe.average, (1 + self.iteration) / (10 + self.iteration))
        current = network_weights(self.network)
        for name, mean in network_weights(self.averaged).items():
            mean.lerp_(current[name], 1 - kept)

    def check(self, loss: Tensor) -> float:
        """The loss as a number.

        Raises
        ------
        DivergedError
            If it is none.
        """
        value = float(loss)
        if not math.isfinite(value):
            raise DivergedError(
                f"the loss is {value} after {self.iteration} iterations; lower the learning rate, "
                "or use fp32, and resume or begin anew"
            )
        return value

    def state(self) -> TrainingState:
        """What is needed to go on from here; `restore` takes it."""
        tensors = {f"network/{name}": w for name, w in self.network.state_dict().items()}
        tensors |= {f"average/{name}": w for name, w in network_weights(self.averaged).items()}
        steps = []
        for name, parameter in self.network.named_parameters():
            if not parameter.requires_grad:
                continue
            remembered = self.optimiser.state[parameter]
            steps.append(float(remembered["step"]))
            tensors[f"first/{name}"] = remembered["exp_avg"]
            tensors[f"second/{name}"] = remembered["exp_avg_sq"]
        facts = {
            "iteration": self.iteration,
            "optimiser_steps": steps,
            "scaler": self._scaler.state_dict(),
            "tensors": len(tensors),
        }
        return TrainingState(tensors, facts)

    def restore(self, state: TrainingState) -> None:
        """Go on from a state."""
        tensors, facts = state
        self.iteration = facts["iteration"]
        self.network.load_state_dict(_under("network/", tensors))
        self.averaged.load_state_dict(_under("average/", tensors), strict=False)
        remembered = {}
        learning = [n for n, weight in self.network.named_parameters() if weight.requires_grad]
        for index, name in enumerate(learning):
            remembered[index] = {
                "step": torch.tensor(facts["optimiser_steps"][index]),
                "exp_avg": tensors[f"first/{name}"],
                "exp_avg_sq": tensors[f"second/{name}"],
            }
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": remembered, "param_groups": groups})
        self._scaler.load_state_dict(facts["scaler"])

    def share_statistics(self) -> None:
        """Give all processes the running statistics of the first, and their average."""
        self.team.share([*self.network.buffers(), *self.averaged.buffers()])

    def validate(self) -> dict[str, float]:
        """Scores of the averaged network on the held-out days."""
        return validation_scores(
            self.averaged, self.inputs.validation, self.recipe.seed + _VALIDATION_DRAWS
        )


def validation_scores(network: Network, days: ValidationDays, seed: int) -> dict[str, float]:
    """Scores over all cells that the days give a weight.

    Parameters
    ----------
    network : FusionNetwork or PaperNetwork
        Network that is ready for inference.
    days : ValidationDays
        Days, each of which is observed once.
    seed : int
        Seed of the draws.

    Returns
    -------
    dict of str to float
        R2, RMSE (ug/m3) and NME.
    """
    device = network.static_layers.device
    sums = []
    for day in days.each(seed):
        with torch.no_grad():
            field = field_of(network(day.observations.to(device), day.observed.to(device)))
        scored = day.weights > 0
        truth, predicted = (fields[scored].double().numpy() for fields in (day.truth, field.cpu()))
        sums.append(PairSums.of(truth, predicted).over())
    if not sums or not sum(float(one.pairs) for one in sums):
        raise InputError("there is no cell to validate in; hold out more days, or check the land")
    total = PairSums(*(np.sum(parts, axis=0) for parts in zip(*map(_terms, sums), strict=True)))
    return {name: round(float(SCORES[name](total)), 4) for name in ("r2", "rmse", "nme")}


class _Learner(nn.Module):
    """What a loss is made of: for the default network more than its forward pass gives."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, observations: Tensor, observed: Tensor, static_layers: Tensor
    ) -> Tensor | Estimate:
        if isinstance(self.network, PaperNetwork):
            field: Tensor = self.network(observations, observed, static_layers)
            return field
        return self.network.estimate(observations, observed, static_layers)


def _begin_at_level(network: PaperNetwork, level: float) -> None:
    """Have an untrained network give fields of the size of a day rather than of order one.

    The last ReLU would otherwise hide much of them, and the last weights would have a long way to
    go.
    """
    weight, bias = network.regr_unetpp.head.parameters()
    with torch.no_grad():
        weight.mul_(level)
        bias.add_(level)


def _terms(sums: PairSums) -> list[Any]:
    return list(vars(sums).values())


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _chosen_precision(wish: str, device: torch.device) -> str:
    if wish != "auto":
        return wish
    if device.type != "cuda":
        # Processors with tiles for it (AMX) convolve twice as fast.
        return "bf16" if torch.cpu._is_amx_tile_supported() else "fp32"
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
