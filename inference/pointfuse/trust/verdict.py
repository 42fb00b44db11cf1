"""What the scores of a cross-validation say, in plain sentences made from the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pointfuse.basics.printable import listed
from pointfuse.basics.units import typeset_units
from pointfuse.grid.regions import ELSEWHERE
from pointfuse.model.metadata import Variable
from pointfuse.trust.evaluation import HIGH_CONCENTRATION

_WITHHELD = {
    "stations": "At withheld stations",
    "cities": "In cities whose stations were all withheld",
    "blocks": "In squares of {block_km:g} km whose stations were all withheld",
}


_NOMINAL = 0.9
_TOLERATED = 0.05
"""Share of the observations by which an interval may miss what it should hold: the stations of a
day err together, so that a few hundredths come and go with the days."""


def verdict(scores: Mapping[str, Any], target: Variable) -> tuple[str, str, str]:
    """Three sentences: how good the predictions are, where they are not, compared with what.

    Parameters
    ----------
    scores : mapping
        As `pointfuse.trust.evaluation.evaluate` gives them.
    target : Variable
        The variable that was predicted.
    """
    return _how_good(scores, target), _where_not(scores, target), _compared_with_what(scores)


def trust_in_intervals(uncertainty: Mapping[str, Any], target: Variable) -> str:
    """A sentence: whether the intervals of 90 hold what they should, and where they do not.

    Parameters
    ----------
    uncertainty : mapping
        As `pointfuse.trust.coverage.evaluate_uncertainty` gives it.
    target : Variable
        The variable that was predicted.

    Returns
    -------
    str
        Empty where there is no uncertainty to judge.
    """
    overall = uncertainty.get("overall", {})
    if "held" not in overall:
        return ""
    held = overall["held"]["90"]
    if held < _NOMINAL - _TOLERATED:
        judgement = "they are too narrow and should not be trusted"
    elif held > _NOMINAL + _TOLERATED:
        judgement = "they are wider than they need be"
    else:
        judgement = "they can be trusted on the whole"
    narrow = [
        f"{_place(kind, name, target)} ({_share(entry['held']['90'])})"
        for kind in ("by_season", "by_region", "by_distance", "by_level")
        for name, entry in uncertainty[kind].items()
        if "held" in entry and entry["held"]["90"] < _NOMINAL - _TOLERATED
    ]
    where = f"too narrow {listed(narrow)}" if narrow else "too narrow in no class"
    return (
        f"Its intervals of 90 % hold {_share(held)} of the withheld observations: {judgement}; "
        f"they are {where}."
    )


def comparison(name: str, paired: Mapping[str, Any]) -> str:
    """How the model compares with a baseline, of which `paired` holds the ratios."""
    parts = []
    for score in ("rmse", "nme"):
        ratio, interval = paired[f"{score}_ratio"], paired[f"{score}_ratio_interval"]
        text = f"{score.upper()} {_change(ratio)}"
        text += f" {'than' if _differs(ratio) else 'to'} {name}" if score == "rmse" else ""
        parts.append(f"{text}, 95 % interval {_range_of_change(interval)}")
    return f"{'; '.join(parts)}; lower RMSE on {100 * paired['days_better']:.0f} % of the days"


def clear_difference(interval: list[float | None]) -> bool:
    """Whether an interval of a ratio of scores leaves no doubt about which is larger."""
    low, high = interval
    return low is not None and high is not None and not low <= 1 <= high


def _how_good(scores: Mapping[str, Any], target: Variable) -> str:
    overall = scores["overall"]
    where = _WITHHELD[scores["scheme"]].format(block_km=scores["block_km"] or 0)
    if "nme" not in overall:
        return f"{where} there are {overall['pairs']} observations, too few to say how good it is."
    units = typeset_units(target.units)
    error = overall["nme"] * overall["mean_observed"]
    text = (
        f"{where}, the prediction of {target.long_name} from the other stations is off by "
        f"{error:.1f} {units} on average, {_share(overall['nme'])} of the mean of "
        f"{overall['mean_observed']:.1f}"
    )
    if overall["determination"] is not None:
        text += (
            f"; it explains {_share(max(overall['determination'], 0))} of the variance between "
            "days and places"
        )
    return f"{text}."


def _where_not(scores: Mapping[str, Any], target: Variable) -> str:
    """The worst class of each kind, of those that are worse than the whole beyond doubt."""
    limit = scores["overall"].get("interval", {}).get("nme", (None, None))[1]
    if limit is None:
        return "There are too few days to say where or when it is worse than on the whole."
    worst = [
        f"{_place(kind, name, target)} ({_share(score['nme'])})"
        for kind in ("by_region", "by_distance", "by_season")
        for name, score in _worst(scores[kind], limit)
    ]
    text = (
        f"Relative to what is observed, its error is largest {listed(worst)}."
        if worst
        else "In no season, region or class of distance is it clearly worse than on the whole."
    )
    high = scores["above_150"]
    low, top = high.get("interval", {}).get("nmb", (None, None))
    if low is not None and not low <= 0 <= top:
        units = typeset_units(target.units)
        side = "low" if high["nmb"] < 0 else "high"
        text = text[:-1] + (
            f"; where more than {HIGH_CONCENTRATION:g} {units} were observed it is "
            f"{_share(abs(high['nmb']))} too {side}."
        )
    return text


def _worst(classes: Mapping[str, Any], limit: float) -> list[tuple[str, Mapping[str, Any]]]:
    """The class with the largest normalised mean error, if its whole interval is above a limit."""
    known = {
        name: score
        for name, score in classes.items()
        if "nme" in score and score["interval"]["nme"][0] is not None
    }
    worst = sorted(known.items(), key=lambda item: float(item[1]["nme"]))[-1:]
    return [(name, score) for name, score in worst if score["interval"]["nme"][0] > limit]


def _place(kind: str, name: str, target: Variable) -> str:
    if kind == "by_level":
        return f"where {name} {typeset_units(target.units)} were predicted"
    if kind == "by_distance":
        return f"{name} from the nearest station that was left"
    if name == ELSEWHERE:
        return "outside the named regions"
    return f"in the region {name}" if kind == "by_region" else f"in {name}"


def _compared_with_what(scores: Mapping[str, Any]) -> str:
    baselines = {
        name: baseline["paired"]
        for name, baseline in scores["baselines"].items()
        if baseline["paired"]["rmse_ratio"] is not None
    }
    if not baselines:
        return "It was not compared with another method."
    # The largest ratio of errors is that of the strongest rival.
    name = max(baselines, key=lambda name: float(baselines[name]["rmse_ratio"]))
    ratio, interval = (baselines[name][key] for key in ("rmse_ratio", "rmse_ratio_interval"))
    rivals = f", the best of {len(baselines)} other methods," if len(baselines) > 1 else ""
    text = (
        f"Compared with {name}{rivals} on the same observations, its RMSE is {_change(ratio)} "
        f"(95 % interval {_range_of_change(interval)})"
    )
    return text + ("." if clear_difference(interval) else ", which is no clear difference.")


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


def _range_of_change(interval: list[float | None]) -> str:
    """Interval of a ratio as changes, the smaller first: 2.0 to 4.2 % lower."""
    low, high = interval
    if low is None or high is None:
        # Of a method without any error, or of too few days to draw from.
        return "unknown"
    low_text, high_text = _change(low), _change(high)
    if low_text.endswith("lower") and high_text.endswith("lower"):
        return f"{high_text.split()[0]} to {low_text}"
    if low_text.endswith("higher") and high_text.endswith("higher"):
        return f"{low_text.split()[0]} to {high_text}"
    return f"{low_text} to {high_text}"


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"
