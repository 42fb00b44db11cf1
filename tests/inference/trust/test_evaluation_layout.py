"""Scores are written under the names, and in the order, that other programs read."""

from __future__ import annotations

import json

from pointfuse.trust.coverage import Coverage, Held
from pointfuse.trust.evaluation import Comparison, Evaluation, MethodScores, QualityObjective
from pointfuse.trust.scores import Score, Scores

SCORES = Scores(
    pairs=40,
    mean_observed=52.5,
    r2=Score(0.9, 0.8, 0.95),
    determination=Score(0.89, 0.79, 0.94),
    rmse=Score(12.5, 11.0, 14.0),
    nme=Score(0.2, 0.18, 0.22),
    nmb=Score(-0.01, -0.02, 0.0),
    mfb=Score(0.01, 0.0, 0.02),
    mfe=Score(0.21),
)
METHOD = MethodScores(
    overall=SCORES,
    high=Scores(3),
    high_level=150.0,
    by_season={"winter": SCORES, "summer": Scores(0)},
    by_region={},
    by_distance={"0 to 10 km": Scores(7)},
    quality_objective=QualityObjective(5, 0.8, 1.1),
)
RIVAL = MethodScores(SCORES, Scores(3), 150.0, {}, {}, {}, QualityObjective(0))
EVALUATION = Evaluation(
    scheme="blocks",
    folds=4,
    block_km=300.0,
    days=8,
    stations=6,
    places=5,
    model=METHOD,
    baselines={"idw": RIVAL},
    comparisons={"idw": Comparison(Score(0.9, 0.8, 1.0), Score(0.95), 0.75)},
    uncertainty=Coverage(
        overall=Held(40, {50: 0.5, 80: 0.8, 90: 0.9, 95: 0.95}, 30.25),
        by_season={"winter": Held(2)},
        by_region={},
        by_distance={},
        by_level={"over 150": Held(0)},
    ),
)
OVERALL = """{"pairs": 40, "mean_observed": 52.5,
    "r2": 0.9, "determination": 0.89, "rmse": 12.5, "nme": 0.2, "nmb": -0.01,
    "mfb": 0.01, "mfe": 0.21,
    "interval": {"r2": [0.8, 0.95], "determination": [0.79, 0.94], "rmse": [11.0, 14.0],
        "nme": [0.18, 0.22], "nmb": [-0.02, 0.0], "mfb": [0.0, 0.02], "mfe": [null, null]}}"""
LAYOUT = f"""{{
  "scheme": "blocks", "folds": 4, "block_km": 300.0, "days": 8, "stations": 6, "places": 5,
  "overall": {OVERALL},
  "above_150": {{"pairs": 3}},
  "by_season": {{"winter": {OVERALL}, "summer": {{"pairs": 0}}}},
  "by_region": {{}},
  "by_distance": {{"0 to 10 km": {{"pairs": 7}}}},
  "quality_objective": {{"stations": 5, "share_met": 0.8, "indicator_90th_percentile": 1.1}},
  "baselines": {{"idw": {{
    "overall": {OVERALL},
    "above_150": {{"pairs": 3}}, "by_season": {{}}, "by_region": {{}}, "by_distance": {{}},
    "quality_objective": {{"stations": 0}},
    "paired": {{"rmse_ratio": 0.9, "rmse_ratio_interval": [0.8, 1.0],
      "nme_ratio": 0.95, "nme_ratio_interval": [null, null], "days_better": 0.75}}}}}},
  "uncertainty": {{
    "overall": {{"pairs": 40, "held": {{"50": 0.5, "80": 0.8, "90": 0.9, "95": 0.95}},
      "width": 30.25}},
    "by_season": {{"winter": {{"pairs": 2}}}}, "by_region": {{}}, "by_distance": {{}},
    "by_level": {{"over 150": {{"pairs": 0}}}}}}
}}"""


def test_the_layout_of_the_file_of_scores() -> None:
    # Names, values, types of numbers and order, to the byte.
    assert json.dumps(EVALUATION.to_dict()) == json.dumps(json.loads(LAYOUT))


def test_without_uncertainty_its_place_is_empty() -> None:
    alone = Evaluation("stations", 2, None, 1, 2, 2, METHOD, {}, {}, None).to_dict()
    assert (alone["block_km"], alone["baselines"], alone["uncertainty"]) == (None, {}, {})
