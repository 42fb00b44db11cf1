"""Sentences say what the numbers say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pointfuse.stations.reading import DEFAULT_VARIABLES
from pointfuse.trust.coverage import Coverage, Held
from pointfuse.trust.evaluation import Comparison, Evaluation, MethodScores, QualityObjective
from pointfuse.trust.scores import Score, Scores
from pointfuse.trust.verdict import comparison, trust_in_intervals, verdict

PM25 = DEFAULT_VARIABLES[0]


def score(nme: float, low: float, high: float) -> Scores:
    return Scores(100, 40.0, nme=Score(nme, low, high))


def compared(ratio: float, low: float, high: float) -> Comparison:
    return Comparison(Score(ratio, low, high), Score(1.0, 0.98, 1.02), days_better=0.25)


MODEL = MethodScores(
    overall=Scores(
        1000, 40.0, nme=Score(0.21, 0.20, 0.22), determination=Score(0.796), nmb=Score(-0.04)
    ),
    high_level=150.0,
    high=Scores(50, 180.0, nmb=Score(-0.16, -0.2, -0.1)),
    by_season={"winter": score(0.23, 0.21, 0.25), "summer": Scores(3)},
    by_region={"Delta": score(0.25, 0.23, 0.27), "elsewhere": score(0.41, 0.38, 0.44)},
    by_distance={"0 to 10 km": score(0.1, 0.09, 0.11), "over 200 km": score(0.6, 0.5, 0.7)},
    quality_objective=QualityObjective(0),
)
EVALUATION = Evaluation(
    scheme="cities",
    folds=10,
    block_km=None,
    days=20,
    stations=50,
    places=50,
    model=MODEL,
    baselines={},
    comparisons={},
    uncertainty=None,
)


def of_model(**changed: Any) -> Evaluation:
    return replace(EVALUATION, model=replace(MODEL, **changed))


def test_how_good() -> None:
    # 0.21 of 40 is 8.4.
    first = verdict(EVALUATION, PM25)[0].replace("\N{NO-BREAK SPACE}", " ")
    assert first == (
        "In cities whose stations were all withheld, the prediction of daily mean PM2.5 from the "
        "other stations is off by 8.4 µg m⁻³ on average, 21 % of the mean of 40.0; it explains "
        "80 % of the variance between days and places."
    )
    blocks = replace(EVALUATION, scheme="blocks", block_km=300.0)
    assert verdict(blocks, PM25)[0].startswith("In squares of 300 km whose stations were all")
    assert verdict(of_model(overall=Scores(7)), PM25)[0].endswith(
        "there are 7 observations, too few to say how good it is."
    )


def test_nothing_is_relative_to_a_mean_of_nothing() -> None:
    zeros = of_model(overall=Scores(1000, 0.0, rmse=Score(3.0)))
    assert verdict(zeros, PM25)[0].replace("\N{NO-BREAK SPACE}", " ") == (
        "In cities whose stations were all withheld the mean of the observations is 0 µg m⁻³, so "
        "no error is relative to it."
    )


def test_where_not_names_what_is_worse_beyond_doubt() -> None:
    second = verdict(EVALUATION, PM25)[1].replace("\N{NO-BREAK SPACE}", " ")
    # Winter is larger, but its interval overlaps that of the whole.
    assert second == (
        "Relative to what is observed, its error is largest outside the named regions (41 %) and "
        "over 200 km from the nearest station that was left (60 %); where more than 150 µg m⁻³ "
        "were observed it is 16 % too low."
    )
    near = {"0 to 10 km": score(0.1, 0.09, 0.11)}
    even = of_model(by_region={}, high_level=150.0, high=Scores(2), by_distance=near)
    assert verdict(even, PM25)[1] == (
        "In no season, region or class of distance is it clearly worse than on the whole."
    )
    few_days = of_model(overall=replace(MODEL.overall, nme=Score(0.21)))
    assert verdict(few_days, PM25)[1].startswith("There are too few days to say where")


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        (compared(0.969, 0.958, 0.98), "is 3.1 % lower (95 % interval 2.0 to 4.2 % lower)."),
        (compared(1.13, 1.07, 1.208), "is 13.0 % higher (95 % interval 7.0 to 20.8 % higher)."),
        (
            compared(0.99, 0.97, 1.01),
            "is 1.0 % lower (95 % interval 3.0 % lower to 1.0 % higher), which is no clear "
            "difference.",
        ),
        (compared(1.0, 1.0, 1.0), "is equal (95 % interval equal to equal), which is no clear"),
    ],
)
def test_compared_with_what(baseline: Comparison, expected: str) -> None:
    third = verdict(replace(EVALUATION, comparisons={"idw": baseline}), PM25)[2]
    assert third.startswith(f"Compared with idw on the same observations, its RMSE {expected}")


def test_the_strongest_rival_is_compared() -> None:
    baselines = {"weak": compared(0.8, 0.7, 0.9), "strong": compared(0.95, 0.9, 0.99)}
    assert verdict(replace(EVALUATION, comparisons=baselines), PM25)[2].startswith(
        "Compared with strong, the best of 2 other methods, on the same observations"
    )
    assert verdict(EVALUATION, PM25)[2] == "It was not compared with another method."


def test_comparison_in_plain_words() -> None:
    assert comparison("idw", compared(0.969, 0.958, 0.98)) == (
        "RMSE 3.1 % lower than idw, 95 % interval 2.0 to 4.2 % lower; NME equal, 95 % interval "
        "2.0 % lower to 2.0 % higher; lower RMSE on 25 % of the days"
    )


def test_a_method_without_error_cannot_be_compared() -> None:
    perfect = replace(compared(1.0, 1.0, 1.0), rmse_ratio=Score())
    assert comparison("truth", perfect).startswith(
        "RMSE not comparable to truth, 95 % interval unknown; NME equal"
    )
    third = verdict(replace(EVALUATION, comparisons={"truth": perfect}), PM25)[2]
    assert third == "It was not compared with another method."


def coverage(held: float) -> Held:
    return Held(100, {50: 0.5, 80: 0.8, 90: held, 95: 0.95}, width=20.0)


UNCERTAINTY = Coverage(
    overall=coverage(0.88),
    by_season={"winter": coverage(0.86), "summer": coverage(0.84)},
    by_region={"Delta": coverage(0.98), "elsewhere": coverage(0.7)},
    by_distance={"0 to 10 km": coverage(0.9), "over 200 km": coverage(0.6)},
    by_level={"0 to 20": Held(4), "over 150": coverage(0.5)},
)


def test_intervals_are_judged_by_what_they_hold() -> None:
    sentence = trust_in_intervals(UNCERTAINTY, PM25).replace("\N{NO-BREAK SPACE}", " ")
    assert sentence == (
        "Its intervals of 90 % hold 88 % of the withheld observations: they can be trusted on the "
        "whole; they are too narrow in summer (84 %), outside the named regions (70 %), over 200 "
        "km from the nearest station that was left (60 %) and where over 150 µg m⁻³ were "
        "predicted (50 %)."
    )


@pytest.mark.parametrize(
    ("held", "judgement"),
    [
        (0.84, "hold 84 % of the withheld observations: they are too narrow and should not be"),
        (0.851, "hold 85 % of the withheld observations: they can be trusted on the whole;"),
        (0.949, "hold 95 % of the withheld observations: they can be trusted on the whole;"),
        (0.97, "hold 97 % of the withheld observations: they are wider than they need be;"),
    ],
)
def test_too_narrow_and_too_wide_are_told_apart(held: float, judgement: str) -> None:
    sentence = trust_in_intervals(Coverage(coverage(held), {}, {}, {}, {}), PM25)
    assert judgement in sentence
    assert sentence.endswith("they are too narrow in no class.")


@pytest.mark.parametrize("uncertainty", [None, Coverage(Held(3), {}, {}, {}, {})])
def test_of_no_uncertainty_nothing_is_said(uncertainty: Coverage | None) -> None:
    assert trust_in_intervals(uncertainty, PM25) == ""
