"""Global CF attributes of files of fused fields: contents and provenance."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from pointfuse.basics.counted import counted
from pointfuse.basics.printable import listed
from pointfuse.basics.timezones import OwnClocks, zone_name
from pointfuse.fields.cf.field_variables import (
    CONVENTIONS,
    CRS_AMONG_COORDINATES,
    model_attributes,
    now,
)
from pointfuse.fields.cf.station_variables import has_place
from pointfuse.fields.timed_fields import TimedFields
from pointfuse.model.conditions import beyond_training
from pointfuse.stations.observations import Observations
from pointfuse.stations.pollutants import long_name
from pointfuse.version import __version__

REFERENCES = (
    "Lyu, B. et al.: Deep-learning spatial principles from deterministic chemical transport models "
    "for chemical reanalysis, Geosci. Model Dev., 15, 2022"
)
_FILES_NAMED = 12
_PARTIAL_NAMED = 31


def partial_days(fields: TimedFields) -> list[str]:
    """The days with a field that are not whole in the files, or not over, with their hours."""
    hours = fields.stations.hours
    not_whole = (hours.partial | hours.unfinished) & fields.fused
    return [
        f"{day}: {text}"
        for day, text, named in zip(fields.days, hours.texts(), not_whole, strict=True)
        if named
    ]


def global_attributes(
    bundle: Sequence[TimedFields],
    history: str,
    time: datetime.datetime | None = None,
    partial: Sequence[str] | None = None,
) -> dict[str, str]:
    """Attributes of the file: what it is, and how it came to be.

    Parameters
    ----------
    bundle : sequence of TimedFields
        What is in it: fields of each variable.
    history : str
        What was done.
    time : datetime.datetime, optional
        When; now by default.
    partial : sequence of str, optional
        Days that are not whole, as of `partial_days`; those of the fields by default.
    """
    import onnxruntime

    if partial is None:
        partial = [text for fields in bundle for text in partial_days(fields)]
    first = bundle[0]
    observations = first.stations.observations
    everywhere = first.stations.listed.stations
    nowhere = everywhere.code[~has_place(first.stations.listed)]
    zone = zone_name(observations.timezone)
    done = (time or now()).isoformat(timespec="seconds")
    models = [fields.model for fields in bundle]
    titles = listed([long_name(model.target, hourly=first.hourly) for model in models])
    networks = listed([f"{model.name} {model.version}" for model in models])
    were = "which was" if len(bundle) == 1 else "which were"
    return {
        "Conventions": CONVENTIONS,
        **CRS_AMONG_COORDINATES,
        "title": f"{titles[:1].upper()}{titles[1:]}, fused from station observations",
        "institution": "not given",
        "source": f"pointfuse {__version__} with the network{'s' * (len(bundle) > 1)} {networks}, "
        f"{were} {_trained_text(first)}, applied to station observations",
        "history": f"{done} pointfuse {__version__}: {history}",
        "references": REFERENCES,
        "comment": f"{_days_text(observations.timezone)} Observations from "
        f"{_files_text(observations)}.{_beyond_text(bundle)}",
        "day_timezone": zone,
        # Where all days are whole there is nothing to say.
        **({"partial_days": _partial_text(partial)} if partial else {}),
        "quality_control": "; ".join(dict.fromkeys(map(_quality_text, bundle))),
        "stations_without_place": " ".join(nowhere.tolist()) or "none",
        # Of several models each variable names its own.
        **(model_attributes(first) if len(bundle) == 1 else {}),
        "device": first.device,
        "execution_provider": first.provider,
        "runtime": f"onnxruntime {onnxruntime.__version__}",
    }


def _trained_text(fields: TimedFields) -> str:
    """What a network learned from, in a few words."""
    if fields.model.takes_static:
        return "fitted to simulated days of the whole Earth and to days of the Chinese network"
    return "trained on simulations alone"


def _days_text(zone: datetime.tzinfo) -> str:
    """When days begin and end, as a sentence."""
    if isinstance(zone, OwnClocks):
        return (
            "Days that were made of hours are those of the sun at each station, in whole hours of "
            "its longitude; time_bnds are those at Greenwich."
        )
    return f"Days begin and end in the time zone {zone_name(zone)}."


def _beyond_text(bundle: Sequence[TimedFields]) -> str:
    """What the models were not trained for, as a sentence; nothing where that is not known."""
    beyond = beyond_training(bundle[0].model)
    return f" Beyond what the network was trained on: {listed(beyond)}." if beyond else ""


def _partial_text(partial: Sequence[str]) -> str:
    """Days that are not whole; of many the first, as the variable day_hours has all."""
    more = len(partial) - _PARTIAL_NAMED
    return "; ".join(partial[:_PARTIAL_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _files_text(observations: Observations) -> str:
    """Names of the files that were read; of a year of them the first and the last."""
    names = list(dict.fromkeys(file.name for file in observations.files))
    if len(names) > _FILES_NAMED:
        return f"{len(names)} files, {names[0]} to {names[-1]}"
    return ", ".join(names) or "an array"


def _quality_text(fields: TimedFields) -> str:
    """What quality control did, in a few words."""
    quality = fields.stations.quality
    if fields.stations.listed.step.unit not in quality:
        return "switched off; only values out of the valid range were left out"
    texts = [
        f"{counted(sum(reasons.values()), f'{step} value')} of {name} {state.replace('_', ' ')}"
        + (f" ({', '.join(f'{key} {n}' for key, n in reasons.items())})" if reasons else "")
        for step, variables in quality.items()
        for name, by_state in variables.items()
        for state, reasons in by_state.items()
    ]
    return f"pointfuse {__version__}: {'; '.join(texts)}"
