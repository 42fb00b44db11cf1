"""The reliability diagram of a cross-validation: what its intervals hold (extra `[plot]`)."""

from __future__ import annotations

from pointfuse.basics.printable import listed
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.pictures.figure_style import INK, ReportFigure, look_of_method
from pointfuse.pictures.map_drawing import figure_class
from pointfuse.trust.coverage import Coverage

_SIZE = (5.4, 4.8)
_LOWEST = 40.0
"""Per cent at which the axes begin, unless an interval holds less."""


def reliability_figures(uncertainty: Coverage | None) -> list[ReportFigure]:
    """Share of the observations that intervals hold against the share they should hold.

    Parameters
    ----------
    uncertainty : Coverage or None
        From `pointfuse.trust.coverage.evaluate_uncertainty`.

    Returns
    -------
    list of ReportFigure
        One, or none where there is no uncertainty to judge.
    """
    if uncertainty is None or not uncertainty.overall.share:
        return []
    classes = {"all": uncertainty.overall, **uncertainty.by_season}
    held = {
        name: [100 * share for share in entry.share.values()]
        for name, entry in classes.items()
        if entry.share
    }
    figure = figure_class("a report")(figsize=_SIZE)
    axes = figure.add_subplot(aspect="equal")
    low = min(_LOWEST, *(min(shares) - 5 for shares in held.values()))
    axes.plot([low, 100], [low, 100], color=INK, linewidth=1, linestyle="--")
    # The whole on top of its seasons.
    for number, (name, shares) in reversed(list(enumerate(held.items()))):
        axes.plot(
            list(MULTIPLES),
            shares,
            label=name,
            linewidth=1.6 if number == 0 else 1,
            markersize=5.5 if number == 0 else 4,
            **look_of_method(number),
        )
    axes.set(
        xlim=(low, 100),
        ylim=(low, 100),
        xlabel="share that the interval should hold (%)",
        ylabel="share that it holds (%)",
    )
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside upper center", ncols=len(held))
    return [
        ReportFigure(
            figure,
            "Whether the uncertainty is honest",
            f"Share of the withheld observations within the intervals of {listed(MULTIPLES)} %. "
            "Below the dashed line intervals are too narrow, above it wider than they need be.",
            "; ".join(
                f"{name}: {listed(f'{share:.0f}' for share in shares)} % held"
                for name, shares in held.items()
            )
            + f" by intervals that should hold {listed(MULTIPLES)} %.",
        )
    ]
