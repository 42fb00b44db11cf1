"""What the scores of a cross-validation say, in plain sentences made from the numbers."""

from __future__ import annotations

from collections.abc import Mapping

from pointfuse.basics.printable import listed
from pointfuse.basics.units import typeset_units
from pointfuse.grid.regions import ELSEWHERE
from pointfuse.model.metadata import Variable
from pointfuse.trust.coverage import Coverage
from pointfuse.trust.evaluation import Comparison, Evaluation, MethodScores
from pointfuse.trust.scores import Score, Scores

_WITHHELD = {
    "stations": "At withheld stations",
    "cities": "In cities whose stations were all withheld",
    "blocks": "In squares of {block_km:g} km whose stations were all withheld",
}


_NOMINAL = 0.9
_TOLERATED = 0.05
"""Share of the observations by which an interval may miss what it should hold: the stations of a
day err together, so that a few hundredths come and go with the days."""


def verdict(evaluation: Evaluation, target: Variable) -> tuple[str, str, str]:
    """Three sentences: how good the predictions are, where they are not, compared with what.

    Parameters
    ----------
    evaluation : Evaluation
        From `pointfuse.evaluate`.
    target : Variable
        The variable that was predicted.
    """
    return (
        _how_good(evaluation, target),
        _where_not(evaluation.model, target),
        _compared_with_what(evaluation.comparisons),
    )


def trust_in_intervals(uncertainty: Coverage | None, target: Variable) -> str:
    """A sentence: whether the intervals of 90 hold what they should, and where they do not.

    Parameters
    ----------
    uncertainty : Coverage or None
        From `pointfuse.trust.coverage.evaluate_uncertainty`.
    target : Variable
        The variable that was predicted.

    Returns
    -------
    str
        Empty where there is no uncertainty to judge.
    """
    if uncertainty is None or not uncertainty.overall.share:
        return ""
    overall = uncertainty.overall.share[90]
    if overall < _NOMINAL - _TOLERATED:
        judgement = "they are too narrow and should not be trusted"
    elif overall > _NOMINAL + _TOLERATED:
        judgement = "they are wider than they need be"
    else:
        judgement = "they can be trusted on the whole"
    narrow = [
        f"{_place(kind, name, target)} ({_share(held.share[90])})"
        for kind, classes in (
            ("season", uncertainty.by_season),
            ("region", uncertainty.by_region),
            ("distance", uncertainty.by_distance),
            ("level", uncertainty.by_level),
        )
        for name, held in classes.items()
        if held.share and held.share[90] < _NOMINAL - _TOLERATED
    ]
    where = f"too narrow {listed(narrow)}" if narrow else "too narrow in no class"
    return (
        f"Its intervals of 90 % hold {_share(overall)} of the withheld observations: {judgement}; "
        f"they are {where}."
    )


def comparison(name: str, compared: Comparison) -> str:
    """How the model compares with a baseline of a name."""
    rmse, nme = compared.rmse_ratio, compared.nme_ratio
    return (
        f"RMSE {_change(rmse.value)} {'than' if _differs(rmse.value) else 'to'} {name}, "
        f"95 % interval {_range_of_change(rmse)}; NME {_change(nme.value)}, "
        f"95 % interval {_range_of_change(nme)}; "
        f"lower RMSE on {100 * compared.days_better:.0f} % of the days"
    )


def clear_difference(ratio: Score) -> bool:
    """Whether the interval of a ratio of scores leaves no doubt about which is larger."""
    return ratio.low is not None and ratio.high is not None and not ratio.low <= 1 <= ratio.high


def _how_good(evaluation: Evaluation, target: Variable) -> str:
    overall = evaluation.model.overall
    where = _WITHHELD[evaluation.scheme].format(block_km=evaluation.block_km or 0)
    if not overall.known:
        return f"{where} there are {overall.pairs} observations, too few to say how good it is."
    units = typeset_units(target.units)
    if overall.nme.value is None:
        return f"{where} the mean of the observations is 0 {units}, so no error is relative to it."
    error = overall.nme.value * overall.mean_observed
    text = (
        f"{where}, the prediction of {target.long_name} from the other stations is off by "
        f"{error:.1f} {units} on average, {_share(overall.nme.value)} of the mean of "
        f"{overall.mean_observed:.1f}"
    )
    if overall.determination.value is not None:
        text += (
            f"; it explains {_share(max(overall.determination.value, 0))} of the variance between "
            "days and places"
        )
    return f"{text}."


def _where_not(model: MethodScores, target: Variable) -> str:
    """The worst class of each kind, of those that are worse than the whole beyond doubt."""
    limit = model.overall.nme.high
    if limit is None:
        return "There are too few days to say where or when it is worse than on the whole."
    worst = [
        f"{_place(kind, name, target)} ({_share(error)})"
        for kind, classes in (
            ("region", model.by_region),
            ("distance", model.by_distance),
            ("season", model.by_season),
        )
        for name, error in _worst(classes, limit)
    ]
    text = (
        f"Relative to what is observed, its error is largest {listed(worst)}."
        if worst
        else "In no season, region or class of distance is it clearly worse than on the whole."
    )
    bias = model.high.nmb
    if bias.value is None or bias.low is None or bias.high is None or bias.low <= 0 <= bias.high:
        return text
    units = typeset_units(target.units)
    return text[:-1] + (
        f"; where more than {model.high_level:g} {units} were observed it is "
        f"{_share(abs(bias.value))} too {'low' if bias.value < 0 else 'high'}."
    )


def _worst(classes: Mapping[str, Scores], limit: float) -> list[tuple[str, float]]:
    """The class with the largest normalised mean error, if its whole interval is above a limit."""
    known = [
        (scores.nme.value, scores.nme.low, name)
        for name, scores in classes.items()
        if scores.nme.value is not None and scores.nme.low is not None
    ]
    worst = sorted(known, key=lambda entry: entry[0])[-1:]
    return [(name, value) for value, low, name in worst if low > limit]


def _place(kind: str, name: str, target: Variable) -> str:
    if kind == "level":
        return f"where {name} {typeset_units(target.units)} were predicted"
    if kind == "distance":
        return f"{name} from the nearest station that was left"
    if name == ELSEWHERE:
        return "outside the named regions"
    return f"in the region {name}" if kind == "region" else f"in {name}"


def _compared_with_what(comparisons: Mapping[str, Comparison]) -> str:
    ratios = {
        name: compared.rmse_ratio.value
        for name, compared in comparisons.items()
        if compared.rmse_ratio.value is not None
    }
    if not ratios:
        return "It was not compared with another method."
    # The largest ratio of errors is that of the strongest rival.
    name = max(ratios, key=lambda name: ratios[name])
    ratio = comparisons[name].rmse_ratio
    rivals = f", the best of {len(ratios)} other methods," if len(ratios) > 1 else ""
    text = (
        f"Compared with {name}{rivals} on the same observations, its RMSE is "
        f"{_change(ratio.value)} (95 % interval {_range_of_change(ratio)})"
    )
    return text + ("." if clear_difference(ratio) else ", which is no clear difference.")


def _change(ratio: float | None) -> str:
    # A method without any error has no ratio.
    if ratio is None:
        return "not comparable"
    if not _differs(ratio):
        return "equal"
    return f"{100 * abs(ratio - 1):.1f} % {'lower' if ratio < 1 else 'higher'}"


def _differs(ratio: float | None) -> bool:
    """Whether a ratio differs from 1 by at least a tenth of a per cent, as texts show it."""
    return ratio is not None and round(1000 * (ratio - 1)) != 0


def _range_of_change(ratio: Score) -> str:
    """Interval of a ratio as changes, the smaller first: 2.0 to 4.2 % lower."""
    if ratio.low is None or ratio.high is None:
        # Of a method without any error, or of too few days to draw from.
        return "unknown"
    low_text, high_text = _change(ratio.low), _change(ratio.high)
    if low_text.endswith("lower") and high_text.endswith("lower"):
        return f"{high_text.split()[0]} to {low_text}"
    if low_text.endswith("higher") and high_text.endswith("higher"):
        return f"{low_text.split()[0]} to {high_text}"
    return f"{low_text} to {high_text}"


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"
